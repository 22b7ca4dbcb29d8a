import {
  newTemplateSchema, pageSchema, removedSchema, templateBodySchema, templateViewSchema,
} from '@holdfast/contracts';
import { listQuerySchema } from '../../http/list.js';
import type { Routes } from '../route.js';

const answer = { status: 200, schema: templateViewSchema } as const;

export const templateRoutes: Routes = {
  'GET /api/v1/templates': {
    operationId: 'listTemplates',
    summary: 'Templates of VMs, page by page',
    query: listQuerySchema,
    answer: { status: 200, schema: pageSchema(templateViewSchema) },
  },
  'POST /api/v1/templates': {
    operationId: 'newTemplate',
    summary: 'Make a template: a VM with places for parameters',
    description:
      'A text `{{cpus}}` in `vm` stands for the parameter `cpus`. In `cloudInit` only a text that is nothing but ' +
      'such a place counts: other braces are for the guest.',
    body: newTemplateSchema,
    answer: { ...answer, status: 201 },
  },
  'GET /api/v1/templates/:template': {
    operationId: 'getTemplate',
    summary: 'A template',
    answer: { ...answer, isVersioned: true },
  },
  'PUT /api/v1/templates/:template': {
    operationId: 'replaceTemplate',
    summary: 'Give a template that there is another content; VMs that were made of it stay as they are',
    body: templateBodySchema,
    answer: { ...answer, isEdit: true },
  },
  'DELETE /api/v1/templates/:template': {
    operationId: 'deleteTemplate',
    summary: 'Delete a template; VMs that were made of it stay as they are',
    answer: { status: 200, schema: removedSchema, isEdit: true },
  },
};

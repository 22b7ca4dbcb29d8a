import { imageViewSchema, pageSchema } from '@holdfast/contracts';
import { listQuerySchema } from '../../http/list.js';
import type { Routes } from '../route.js';

export const imageRoutes: Routes = {
  'GET /api/v1/images': {
    operationId: 'listImages',
    summary: 'What new VMs can be made from, and who has it',
    query: listQuerySchema,
    answer: { status: 200, schema: pageSchema(imageViewSchema) },
  },
};

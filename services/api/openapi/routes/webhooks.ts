import {
  deliverySchema,
  newWebhookSchema,
  pageSchema,
  redeliveredSchema,
  removedSchema,
  webhookTestSchema,
  webhookViewSchema,
} from '@holdfast/contracts';
import { newWebhookRequestSchema, redeliverSchema } from '../../http/webhooks.controller.js';
import type { Routes } from '../route.js';

export const webhookRoutes: Routes = {
  'GET /api/v1/webhooks': {
    operationId: 'listWebhooks',
    summary: 'All webhooks, with how much is on its way to each',
    answer: { status: 200, schema: pageSchema(webhookViewSchema) },
  },
  'POST /api/v1/webhooks': {
    operationId: 'newWebhook',
    summary: 'Have events sent to a URL; the secret that they are signed with is answered this once',
    body: newWebhookRequestSchema,
    answer: { status: 201, schema: newWebhookSchema },
  },
  'GET /api/v1/webhooks/:webhook': {
    operationId: 'getWebhook',
    summary: 'A webhook',
    answer: { status: 200, schema: webhookViewSchema },
  },
  'DELETE /api/v1/webhooks/:webhook': {
    operationId: 'deleteWebhook',
    summary: 'Delete a webhook, with all that is on its way to it',
    answer: { status: 200, schema: removedSchema },
  },
  'GET /api/v1/webhooks/:webhook/deliveries': {
    operationId: 'listDeliveries',
    summary: 'Its dead letters, then what is on its way to it; of each the oldest first, 500 in all',
    answer: { status: 200, schema: pageSchema(deliverySchema) },
  },
  'POST /api/v1/webhooks/:webhook/test': {
    operationId: 'testWebhook',
    summary: 'Send it one event that says that it is a test, and tell what became of it',
    answer: { status: 200, schema: webhookTestSchema },
  },
  'POST /api/v1/webhooks/:webhook/redeliver': {
    operationId: 'redeliver',
    summary: 'Try all dead letters anew, or one',
    body: redeliverSchema,
    answer: { status: 200, schema: redeliveredSchema },
  },
};

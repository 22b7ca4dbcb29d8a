import { z } from 'zod';
import { nameSchema } from '../names.js';
import { eventSchema } from '../transition.js';

/** Who is told of events; the secret that they are signed with is shown once, at its making. */
export const webhookViewSchema = z.object({
  name: nameSchema,
  url: z.string(),
  filter: z.string().describe('As of GET /events: `vm`, `vm.web1`, `vm.*.started`; empty for all.'),
  enabled: z.boolean(),
  createdAt: z.iso.datetime(),
  pending: z.number().int().nonnegative().describe('Events on their way.'),
  dead: z.number().int().nonnegative().describe('Events that it did not take within 24 hours.'),
});
export type WebhookView = z.infer<typeof webhookViewSchema>;

export const newWebhookSchema = z.object({
  webhook: webhookViewSchema,
  secret: z.string().describe('32 bytes in base64url, the key of the HMAC-SHA256; shown this once.'),
});
export type NewWebhook = z.infer<typeof newWebhookSchema>;

export const deliverySchema = z.object({
  id: z.uuid().describe('The header Holdfast-Delivery; the same at each attempt.'),
  state: z.enum(['pending', 'dead']),
  attempts: z.number().int().nonnegative(),
  nextAtMs: z.number().int().nullable().describe('Of a dead one null.'),
  failure: z.string().nullable().describe('Why the newest attempt failed.'),
  event: eventSchema,
});
export type DeliveryView = z.infer<typeof deliverySchema>;

export const webhookTestSchema = z.object({
  taken: z.boolean(),
  failure: z.string().nullable().describe('Why it was not taken.'),
});
export type WebhookTest = z.infer<typeof webhookTestSchema>;

export const redeliveredSchema = z.object({ redelivered: z.number().int().nonnegative() });
export type Redelivered = z.infer<typeof redeliveredSchema>;

import { z } from 'zod';
import { nameSchema } from '../names.js';
import { templateBodySchema } from '../template.js';

export const templateViewSchema = templateBodySchema.extend({
  name: nameSchema,
  description: z.string(),
  changedAt: z.iso.datetime(),
  vm: templateBodySchema.shape.vm.describe('Of cloud-init only its lengths, unless one may change templates.'),
});
export type TemplateView = z.infer<typeof templateViewSchema>;

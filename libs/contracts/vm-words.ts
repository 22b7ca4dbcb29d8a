/** What people say of a VM: nothing of it reaches its guest or its host. */
import { z } from 'zod';
import { labelKeySchema, labelValueSchema } from './host-command.js';

export const maxVmLabels = 16;

const note = z
  .string()
  .max(2000, 'at most 2,000 characters')
  .regex(/^(?:[^\p{Cc}]|[\n\t])*$/u, 'leave out control characters other than line ends and tabs')
const labels = z.record(labelKeySchema, labelValueSchema);

/** In the record of a VM; what is left out is empty, or not so. */
export const vmWordsShape = {
  note: note.optional(),
  labels: labels
    .refine((given) => Object.keys(given).length <= maxVmLabels, `at most ${maxVmLabels} labels`)
    .optional(),
  /** Its deletion is refused until that is taken back. */
  protected: z.boolean().optional(),
};
export const vmWordsSchema = z.strictObject(vmWordsShape);
export type VmWords = z.infer<typeof vmWordsSchema>;

/** What is left out stays as it is; an empty note takes the note away. */
export const wordChangesShape = {
  note,
  labels: z.strictObject({ set: labels.default({}), remove: z.array(labelKeySchema).max(64).default([]) }),
};
export const vmWordsChangeSchema = z
  .strictObject({ ...wordChangesShape, protected: z.boolean() })
  .partial()
  .refine((change) => Object.keys(change).length > 0, 'name at least one thing to change');
export type VmWordsChange = z.infer<typeof vmWordsChangeSchema>;

import { z } from 'zod';
import { nameSchema } from './names.js';

/** Of a record in phase `renaming`: which of the two it is, and the name that the other one has. */
export const renamingSchema = z.object({
  is: z.enum(['old', 'new']),
  other: nameSchema,
  /** Of the new one: this is the record that goes on, and the old one leaves. */
  isTaken: z.boolean().optional(),
});
export type Renaming = z.infer<typeof renamingSchema>;

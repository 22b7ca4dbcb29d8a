import { z } from 'zod';
import { eventSchema } from '../transition.js';

/** A public event as it is kept. */
export const historyEntrySchema = z.object({
  number: z.number().int().positive().describe('Its place in the history, over all incarnations of the cluster.'),
  event: eventSchema,
});
export type HistoryEntry = z.infer<typeof historyEntrySchema>;

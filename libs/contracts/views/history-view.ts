import { z } from 'zod';
import { eventSchema } from '../transition.js';

/** A public event as it is kept. */
export const historyEntrySchema = z.object({
  number: z.number().int().positive().describe('Its place in the history, over all incarnations of the cluster.'),
  event: eventSchema,
});
export type HistoryEntry = z.infer<typeof historyEntrySchema>;

const hours = z.number().nonnegative();

/** What a VM took up within a month. */
export const usageViewSchema = z.object({
  vm: z.string().describe('Its last name.'),
  uid: z.string(),
  project: z.string().nullable(),
  runningHours: hours,
  vcpuHours: hours,
  memoryGiBHours: hours,
  diskGiBHours: hours.describe('From its creation to its deletion, whether or not it runs.'),
});
export type UsageView = z.infer<typeof usageViewSchema>;

import { z } from 'zod';
import { machineSummarySchema, vmSummaryShape } from '../load-summary.js';
import { nameSchema, timeSchema } from '../names.js';
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

export const projectUsageViewSchema = usageViewSchema.omit({ vm: true, uid: true }).extend({
  vms: z.number().int().describe('How many VMs it had, also for a while.'),
});
export type ProjectUsageView = z.infer<typeof projectUsageViewSchema>;

const summaryShape = {
  host: nameSchema,
  atMs: timeSchema.describe('When it begins.'),
  forMs: z.number().int().positive(),
};

/** What a host used within a quarter of an hour. */
export const hostLoadViewSchema = z.object({
  ...summaryShape,
  samples: z.number().int().positive()
    .describe('Measurements this is made of: fewer where it was heard for a part only.'),
  machine: machineSummarySchema.nullable().describe('Null where the machine says nothing of this host.'),
});
export type HostLoadView = z.infer<typeof hostLoadViewSchema>;

/** What a VM used within a quarter of an hour on one host. */
export const vmLoadViewSchema = z.object({ ...summaryShape, ...vmSummaryShape });
export type VmLoadView = z.infer<typeof vmLoadViewSchema>;

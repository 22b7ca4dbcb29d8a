import { z } from 'zod';
import { nameSchema } from '../names.js';
import { contentVersion } from './page.js';

const limit = z.number().int().nonnegative().max(1e12).nullable().describe('Null: as much as there is.');
/** How much all VMs of a project may take up together, whether they run or not. */
export const quotaSchema = z.strictObject({ vms: limit, cpus: limit, memoryMiB: limit, diskMiB: limit });
export type Quota = z.infer<typeof quotaSchema>;

export const quotaChangeSchema = quotaSchema.partial();

const used = z.number().int().nonnegative();
export const quotaViewSchema = z.object({
  project: nameSchema,
  quota: quotaSchema,
  version: contentVersion,
  used: z
    .object({ vms: used, cpus: used, memoryMiB: used, diskMiB: used })
    .describe('By the VMs that there are, and by what has been asked for and is not there yet.'),
});
export type QuotaView = z.infer<typeof quotaViewSchema>;

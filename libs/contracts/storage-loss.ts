/** A disk that does not answer one host, while that host and its agent are well. */
import { z } from 'zod';
import { generationSchema, idSchema, nameSchema, timeSchema } from './names.js';

export const storageLostReasons = {
  path: 'storage does not answer that host',
  target: 'storage answers, but has no target for that copy',
  error: 'storage answers, but its disk returns errors',
  session: 'storage would let that copy log in, but its hypervisor no longer tries',
} as const;
export type StorageLostReason = keyof typeof storageLostReasons;

const reasonSchema = z.enum(Object.keys(storageLostReasons) as [StorageLostReason, ...StorageLostReason[]]);

/** What an agent says of a copy whose disks it cannot reach; left out while they answer. */
export const copyStorageLossSchema = z.object({
  reason: reasonSchema,
  /** Those that do not answer; one whose disk returns errors is not told from others of that copy. */
  volumes: z.array(idSchema).max(16),
  /** Since when it is lost for this reason, by the agent's clock. */
  sinceMs: timeSchema,
});
export type CopyStorageLoss = z.infer<typeof copyStorageLossSchema>;

/** What a VM's record says of a loss, for as long as it lasts. */
export const vmStorageLossSchema = z.object({
  host: nameSchema,
  generation: generationSchema,
  reason: reasonSchema,
  /** Since when the scheduler knows of it, by its own clock. */
  sinceMs: timeSchema,
  /** Why it stays where it is was told. */
  isHeld: z.boolean(),
});

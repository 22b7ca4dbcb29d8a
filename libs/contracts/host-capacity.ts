/** What hosts offer to VMs besides CPUs and memory, and what VMs ask for. */
import { z } from 'zod';
import { nameSchema } from './names.js';

/** `MODEL` or `MODEL,+FEATURE,+FEATURE`, by the hypervisor's names: `Nehalem,+aes`. */
export const cpuModelSchema = z
  .string()
  .max(400)
  .regex(
    /^[A-Za-z0-9][\w.-]*(,\+[A-Za-z0-9][\w.-]*)*$/,
    'give a CPU model, and features after it: MODEL or MODEL,+FEATURE,+FEATURE',
  );

export function cpuPartsOf(cpuModel: string): { model: string; features: string[] } {
  const [model = '', ...features] = cpuModel.split(',+');
  return { model, features: [...new Set(features)] };
}

export const hugePageSizes = ['2M', '1G'] as const;

/** `single`: its CPUs and memory have to fit into one NUMA node of its host. */
export const numaSchema = z.enum(['single']);

/** Shares of what a host has; left out: none, and no limit. */
export const vmSharesShape = {
  /** Its memory is made of such pages, and of nothing else. */
  hugePages: z.enum(hugePageSizes).optional(),
  /** Bandwidth of its NIC, each way, in Mbit/s: kept free for it, and its limit. */
  netMbits: z.number().int('give whole Mbit/s').min(1).max(1_000_000).optional(),
  /** Bandwidth of all its disks, in MB/s (10^6 bytes): kept free for it, and its limit. */
  diskMBs: z.number().int('give whole MB/s').min(1).max(1_000_000).optional(),
};

/** What an agent says that VMs may use of its host. Left out: it does not say. */
export const hostCapacitySchema = z.object({
  cpus: z.number().int().positive(),
  memoryMiB: z.number().int().positive(),
  /** CPU models that its hypervisor can give to guests as they are, and every feature that it can; blanks between. */
  cpuModels: z.string().max(8000).optional(),
  cpuFeatures: z.string().max(16_000).optional(),
  /** Of its memory, what is reserved in huge pages, by their size. */
  hugePagesMiB: z.partialRecord(z.enum(hugePageSizes), z.number().int().nonnegative()).optional(),
  /** Its NUMA nodes. */
  numaNodes: z
    .array(z.object({ cpus: z.number().int().nonnegative(), memoryMiB: z.number().int().nonnegative() }))
    .max(256)
    .optional(),
  /** Bandwidth of its guest networks, each way, and of its way to storage (10^6 bytes a second). */
  netMbits: z.number().int().nonnegative().optional(),
  diskMBs: z.number().int().nonnegative().optional(),
  /** The guest networks that it is to be on, by name, and whether it reaches them. */
  networks: z.record(nameSchema, z.enum(['up', 'down'])).optional(),
});
export type HostCapacity = z.infer<typeof hostCapacitySchema>;

/** Its memory that is not reserved in huge pages; never 0, since use is told in shares of it. */
export function ordinaryMemoryOf({ memoryMiB, hugePagesMiB }: HostCapacity): number {
  return Math.max(1, memoryMiB - (hugePagesMiB?.['2M'] ?? 0) - (hugePagesMiB?.['1G'] ?? 0));
}

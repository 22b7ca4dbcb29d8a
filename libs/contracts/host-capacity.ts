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

/** What an agent says that VMs may use of its host. Left out: it does not say. */
export const hostCapacitySchema = z.object({
  cpus: z.number().int().positive(),
  memoryMiB: z.number().int().positive(),
  /** CPU models that its hypervisor can give to guests as they are, and every feature that it can; blanks between. */
  cpuModels: z.string().max(8000).optional(),
  cpuFeatures: z.string().max(16_000).optional(),
  /** The guest networks that it is to be on, by name, and whether it reaches them. */
  networks: z.record(nameSchema, z.enum(['up', 'down'])).optional(),
});
export type HostCapacity = z.infer<typeof hostCapacitySchema>;

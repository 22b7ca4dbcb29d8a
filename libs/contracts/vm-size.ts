/** How large a VM is, and how large it may become while it runs. */
import { z } from 'zod';

const cpusSchema = z.number().int('give a whole number').min(1, 'a VM needs at least 1 CPU').max(512);
const memorySchema = z
  .number()
  .int('give whole MiB')
  .min(32, 'a VM needs at least 32 MiB')
  .max(16 * 1024 * 1024, 'at most 16 TiB');

export const sizeShape = {
  cpus: cpusSchema,
  memoryMiB: memorySchema,
  /** As many as it can be given while it runs; left out: no more than it starts with. */
  maxCpus: cpusSchema.optional(),
  /** As much as it can be given while it runs; left out: no more than it starts with. */
  maxMemoryMiB: memorySchema.optional(),
};

/** What a running copy can be given, and is counted by. */
export type VmSize = { cpus: number; memoryMiB: number };

export const nextSizeSchema = z.object(sizeShape);
export type NextSize = z.infer<typeof nextSizeSchema>;

/** Null takes a maximum away; what is left out stays as it is. */
export const vmSizeChangeSchema = z.strictObject({
  cpus: cpusSchema.optional(),
  memoryMiB: memorySchema.optional(),
  maxCpus: cpusSchema.nullable().optional(),
  maxMemoryMiB: memorySchema.nullable().optional(),
});
export type VmSizeChange = z.infer<typeof vmSizeChangeSchema>;

/** A guest takes memory in blocks of this size while it runs. */
export const memoryBlockMiB = 128;

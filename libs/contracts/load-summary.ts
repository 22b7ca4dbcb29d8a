/** What was measured over a while: of a host, and of each VM that ran there. */
import { z } from 'zod';
import { stream } from './contract.js';
import { idSchema, nameSchema, timeSchema } from './names.js';

/** Each summary is of a quarter of an hour, from a full one on (UTC). */
export const loadSummaryMs = 900_000;

const figure = z.number().nonnegative();
export const meanAndMaxSchema = z.object({ mean: figure, max: figure });
export type MeanAndMax = z.infer<typeof meanAndMaxSchema>;

/** Pressures are shares of the time in which some task waited, 0 to 1. */
export const machineSummarySchema = z.object({
  busy: meanAndMaxSchema.describe('CPUs kept busy, VMs included'),
  cpuPressure: meanAndMaxSchema,
  memoryPressure: meanAndMaxSchema,
  ioPressure: meanAndMaxSchema,
});

export const vmSummaryShape = {
  used: meanAndMaxSchema.describe('CPUs that it used'),
  waited: meanAndMaxSchema.describe('CPUs for which it waited although it was ready to run'),
  samples: z.number().int().positive().describe('Measurements this is made of: fewer where it ran for a part only.'),
};

export const loadSummarySchema = z.object({
  host: nameSchema,
  atMs: timeSchema,
  samples: z.number().int().positive(),
  /** Null where the machine says nothing of this host. */
  machine: machineSummarySchema.nullable(),
  /** By uid: a name may come to be another VM's. */
  vms: z.record(idSchema, z.object(vmSummaryShape)),
});
export type LoadSummary = z.infer<typeof loadSummarySchema>;

/** By host. Every API makes them of what all hear; the first one to arrive is kept. */
export const loadSummaries = stream({
  name: 'load',
  owner: 'api',
  readers: ['api'],
  days: 7,
  mebibytes: 256,
  schema: loadSummarySchema,
});

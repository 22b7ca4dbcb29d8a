import { z } from 'zod';

const dayMs = 86_400_000;

/** The times that may be set. What is not named keeps its default (`core/timing.ts`). */
export const timingConfigSchema = z
  .strictObject({
    unmanagedAfterMs: z.number().int().min(1000).max(dayMs).optional(),
    clockMarginMs: z.number().int().min(0).max(60_000).optional(),
    leaseProofWaitsMs: z.number().int().min(1000).max(dayMs).optional(),
    flapFences: z.number().int().min(1).max(16).optional(),
    flapSuspicions: z.number().int().min(1).max(16).optional(),
    flapWithinMs: z.number().int().min(1000).max(dayMs).optional(),
    holdOffMs: z.array(z.number().int().min(0).max(dayMs)).min(1).max(16).optional(),
  })
  .default({});

import { z } from 'zod';

const dayMs = 86_400_000;

/** The times that may be set. What is not named keeps its default (`core/timing.ts`). */
export const timingConfigSchema = z
  .strictObject({
    unmanagedAfterMs: z.number().int().min(1000).max(dayMs).optional(),
  })
  .default({});

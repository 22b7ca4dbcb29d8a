import { z } from 'zod';

/** What Prometheus reads from an HTTP service discovery (its documentation, "Writing HTTP service discovery"). */
export const scrapeTargetsSchema = z
  .array(z.strictObject({
    targets: z.array(z.string()).describe('HOST:PORT.'),
    labels: z.record(z.string(), z.string()),
  }))
  .max(20_000);
export type ScrapeTargets = z.infer<typeof scrapeTargetsSchema>;

import { serviceConfigSchema } from '@holdfast/runtime';
import { z } from 'zod';

export const apiConfigSchema = serviceConfigSchema.extend({
  /** File of mode 600 with the one bearer token. */
  tokenFile: z.string(),
  /** PEM files; null: plain HTTP, for tests on the loopback only. */
  tls: z.strictObject({ certFile: z.string(), keyFile: z.string() }).nullable().default(null),
  /** How many APIs run in the cluster: one cannot see the others. */
  apiReplicas: z.number().int().min(1).default(1),
});
export type ApiConfig = z.infer<typeof apiConfigSchema>;

/** Injection tokens. */
export const apiConfig = Symbol('ApiConfig');
export const apiBus = Symbol('Bus');

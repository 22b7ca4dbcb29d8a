import { z } from 'zod';
import { bucket, command } from './contract.js';
import { idSchema, timeSchema } from './names.js';
import { transitionsShape } from './transition.js';

/** The one key of its bucket. */
export const clusterKey = 'cluster';

/** What concerns the cluster as a whole. There is none until somebody disarms it: a new cluster is armed. */
export const clusterSchema = z.object({
  /** False: nothing is fenced and nothing is started unless a person asks for it. */
  armed: z.boolean(),
  reason: z.string().max(500),
  by: z.string().max(200),
  sinceMs: timeSchema,
  ...transitionsShape,
});
export type ClusterRecord = z.infer<typeof clusterSchema>;

export const clusters = bucket({
  name: 'cluster',
  owner: 'failover',
  readers: ['failover', 'scheduler', 'api'],
  schema: clusterSchema,
});

/** What a service makes of the cluster's record. */
export interface Arming {
  armed: boolean;
  /** `disarmed by X: why`; empty while armed. */
  text: string;
}

export function armingOf(record: ClusterRecord | null): Arming {
  if (record === null || record.armed) return { armed: true, text: '' };
  return { armed: false, text: `disarmed by ${record.by}: ${record.reason}` };
}

/** Disarms the cluster, or arms it again. */
export const haArm = command({
  name: 'ha-arm',
  service: 'failover',
  scope: 'service',
  callers: ['api'],
  request: z.strictObject({
    armed: z.boolean(),
    /** Needed to disarm. */
    reason: z.string().max(500, 'say it in at most 500 characters'),
    by: z.string().max(200),
    operation: idSchema,
  }),
  value: z.object({ armed: z.boolean(), changed: z.boolean() }),
});

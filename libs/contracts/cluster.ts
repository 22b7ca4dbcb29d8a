import { z } from 'zod';
import { bucket, command } from './contract.js';
import { idSchema, timeSchema } from './names.js';
import { transitionsShape } from './transition.js';

/** The one key of its bucket. */
export const clusterKey = 'cluster';

/** What concerns the cluster as a whole. As long as there is none the cluster is armed. */
export const clusterSchema = z.object({
  /** False: nothing is fenced and nothing is started unless a person asks for it. */
  armed: z.boolean(),
  /** Of a cluster that is not armed: what would be done is decided and written down. */
  shadow: z.boolean().optional(),
  reason: z.string().max(500),
  by: z.string().max(200),
  sinceMs: timeSchema,
  /** When the records were found to come from a backup; null if they never did. */
  restoredAtMs: timeSchema.nullable(),
  /** False from then until every host and VM goes on above all numbers that were used before. */
  reconciled: z.boolean(),
  ...transitionsShape,
});
export type ClusterRecord = z.infer<typeof clusterSchema>;

export const clusters = bucket({
  name: 'cluster',
  owner: 'failover',
  readers: ['failover', 'scheduler', 'storage', 'api', 'host-agent'],
  schema: clusterSchema,
});

/** What a service makes of the cluster's record. */
export interface Arming {
  armed: boolean;
  /** Not armed, but what would be done is written down. */
  shadow?: boolean;
  /** `disarmed by X: why`; empty while armed. */
  text: string;
  /** A person has seen the records that come from a backup: their owners may take them up. */
  reconciles: boolean;
}

/** A record of another incarnation comes from a backup: nothing is done before this cluster has a word of its own. */
export function armingOf(record: ClusterRecord | null, incarnation: string): Arming {
  if (record === null) return { armed: true, text: '', reconciles: false };
  if (record.incarnation !== incarnation) {
    return { armed: false, text: 'restored from a backup', reconciles: false };
  }
  if (record.armed) return { armed: true, text: '', reconciles: true };
  if (record.shadow) {
    return { armed: false, shadow: true, text: `in shadow mode by ${record.by}: ${record.reason}`, reconciles: false };
  }
  return { armed: false, text: `disarmed by ${record.by}: ${record.reason}`, reconciles: false };
}

/** Disarms the cluster, puts it in shadow mode, or arms it again. */
export const haArm = command({
  name: 'ha-arm',
  service: 'failover',
  scope: 'service',
  callers: ['api'],
  request: z.strictObject({
    armed: z.boolean(),
    /** With `armed: false`. */
    shadow: z.boolean().optional(),
    /** Needed unless it is to arm. */
    reason: z.string().max(500, 'say it in at most 500 characters'),
    by: z.string().max(200),
    operation: idSchema,
  }),
  value: z.object({ armed: z.boolean(), changed: z.boolean() }),
});

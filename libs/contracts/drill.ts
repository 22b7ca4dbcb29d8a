import { z } from 'zod';
import { bucket, command } from './contract.js';
import { idSchema, nameSchema, timeSchema } from './names.js';
import { transitionsShape } from './transition.js';

export const drillStages = {
  power: 'Its power switch is asked which machine it belongs to, and how it reads.',
  starting: 'A canary VM is being started on it.',
  evicting: 'It counts as lost for the canary: storage shuts its copy out, and it is started elsewhere.',
  clearing: 'The canary is being removed.',
  done: 'Its results stand until they expire.',
  expired: 'Its results are too old to rest on.',
} as const;
export type DrillStage = keyof typeof drillStages;

/** What is tried, in this order. */
export const drillChecks = {
  power: 'login at the power switch, the identity of its machine, a reading',
  watchdog: 'a watchdog is armed',
  revocation: 'storage shuts a copy of the canary out and proves it',
  failover: 'the canary runs on another host, and its old copy is gone',
} as const;
export type DrillCheck = keyof typeof drillChecks;
export const drillCheckNames = Object.keys(drillChecks) as [DrillCheck, ...DrillCheck[]];

export const drillResultSchema = z.object({
  /** `absent`: there is nothing to try. */
  result: z.enum(['running', 'passed', 'failed', 'absent']),
  /** What was found; of a failure also what to do about it. */
  detail: z.string().max(1000),
  atMs: timeSchema,
  tookMs: timeSchema.nullable(),
});
export type DrillResult = z.infer<typeof drillResultSchema>;

/** The newest drill of one host: what failover needs on it was tried on a VM made for that, and what came of it. */
export const drillSchema = z.object({
  host: nameSchema,
  /** New for every drill. */
  uid: idSchema,
  stage: z.enum(Object.keys(drillStages) as [DrillStage, ...DrillStage[]]),
  stageSinceMs: timeSchema,
  by: z.string().max(200),
  /** The VM made for it, as long as there may be one. */
  canary: nameSchema.nullable(),
  checks: z.record(z.enum(drillCheckNames), drillResultSchema),
  begunAtMs: timeSchema,
  endedAtMs: timeSchema.nullable(),
  expiresAtMs: timeSchema.nullable(),
  ...transitionsShape,
});
export type DrillRecord = z.infer<typeof drillSchema>;

export const drills = bucket({
  name: 'drills',
  owner: 'failover',
  readers: ['failover', 'api'],
  schema: drillSchema,
});

/** Whether it is being carried out. */
export function isDrilling({ stage }: Pick<DrillRecord, 'stage'>): boolean {
  return stage !== 'done' && stage !== 'expired';
}

/** Tries on one host what its failover would need. */
export const drillBegin = command({
  name: 'drill-begin',
  service: 'failover',
  scope: 'service',
  callers: ['api'],
  request: z.strictObject({ operation: idSchema, host: nameSchema, by: z.string().max(200) }),
  value: z.object({ host: nameSchema, drill: idSchema }),
});

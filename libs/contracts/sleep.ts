/** A host that holds nothing, switched off to save power until it is needed. */
import { z } from 'zod';
import { command } from './contract.js';
import { nameSchema, timeSchema } from './names.js';

export const sleepStages = {
  closing: 'It takes no VM any more; one that was on its way there calls it off.',
  'switching-off': 'Shut out of all storage, then switched off.',
  off: 'Switched off.',
  waking: 'Being switched on.',
} as const;

/** In the host's record, where each stage is stored before anything is done. */
export const sleepSchema = z.object({
  stage: z.enum(Object.keys(sleepStages) as [keyof typeof sleepStages, ...(keyof typeof sleepStages)[]]),
  /** When the stage began. */
  sinceMs: timeSchema,
  /** Why it sleeps, or why it is woken. */
  reason: z.string().max(500),
  /** Longer than this it should not take to wake. */
  wakeWithinMs: z.number().int().positive(),
  /** Of `waking`: when it had taken too long. It is waited for all the same. */
  failedAtMs: timeSchema.optional(),
});
export type HostSleep = z.infer<typeof sleepSchema>;

/** On its way back, and no longer than that takes. */
export function isWaking(sleep: HostSleep | null | undefined): boolean {
  return sleep?.stage === 'waking' && sleep.failedAtMs === undefined;
}

/** The host's `transitionCount` that the scheduler has seen: a request that comes late changes nothing. */
const after = z.number().int().nonnegative();
const value = z.object({ host: nameSchema });
const reason = z.string().min(1).max(500);

/** The scheduler can do without an empty host: failover switches it off, if it finds it empty as well. */
export const hostSleep = command({
  service: 'failover',
  scope: 'service',
  callers: ['scheduler'],
  name: 'host-sleep',
  request: z.strictObject({ host: nameSchema, after, reason, wakeWithinMs: z.number().int().positive() }),
  value,
});

/** A host that sleeps, or is about to, is needed; `after` is left out by people. */
export const hostWake = command({
  service: 'failover',
  scope: 'service',
  callers: ['scheduler', 'api'],
  name: 'host-wake',
  request: z.strictObject({ host: nameSchema, after: after.optional(), reason }),
  value,
});

import { z } from 'zod';
import { bucket, command } from './contract.js';
import { idSchema, nameSchema, timeSchema } from './names.js';
import { transitionsShape } from './transition.js';

export const drainStates = {
  draining: 'Its VMs are moving away; it takes no new ones.',
  drained: 'None of its VMs is left: it is in maintenance.',
  ending: 'It is being put back to work.',
  ended: 'It takes VMs again; the record goes once its events are out.',
} as const;
export type DrainState = keyof typeof drainStates;

/** What becomes of VMs that cannot move away while they run. */
export const stuckChoices = {
  leave: 'They stay, and the host is not in maintenance before they are gone.',
  shutdown: 'They are shut down once all others are gone, and stay down.',
  restart: 'Those that fail to move, and have a host to go to, are stopped and started there; others stay.',
} as const;
export type StuckChoice = keyof typeof stuckChoices;
export const stuckSchema = z.enum(Object.keys(stuckChoices) as [StuckChoice, ...StuckChoice[]]);

export const drainProgressSchema = z.object({
  /** Memory of the VMs there when it began. */
  totalMiB: z.number().nonnegative(),
  leftVms: z.number().int().nonnegative(),
  leftMiB: z.number().nonnegative(),
  /** Of those that are left: they do not move as things are. */
  stuckVms: z.number().int().nonnegative(),
  stuckMiB: z.number().nonnegative(),
  atMs: timeSchema,
});
export type DrainProgress = z.infer<typeof drainProgressSchema>;

/** A host that is being emptied, or stays empty, because somebody wants to work on it. */
export const drainSchema = z.object({
  host: nameSchema,
  uid: idSchema,
  state: z.enum(Object.keys(drainStates) as [DrainState, ...DrainState[]]),
  reason: z.string().max(2000),
  startedAtMs: timeSchema,
  /** VMs on it when it began, and those still there with what each waits for. */
  vmCount: z.number().int().nonnegative(),
  left: z.array(z.object({ vm: nameSchema, text: z.string().max(2000) })).max(100),
  /** Left out: `leave`. */
  stuck: stuckSchema.optional(),
  progress: drainProgressSchema.optional(),
  /** The host's `adminChanges` when failover was last asked to note what is wanted: a later one has overtaken it. */
  askedAfter: z.number().int().nonnegative().optional(),
  /** Those that were shut down because they could not move. */
  shutDown: z.array(nameSchema).max(100).optional(),
  ...transitionsShape,
});
export type DrainRecord = z.infer<typeof drainSchema>;

export const drains = bucket({
  name: 'drains',
  owner: 'scheduler',
  readers: ['scheduler', 'api'],
  schema: drainSchema,
});

/** On: moves every VM away, then keeps the host empty, through reboots too. Off: lets it work again. */
export const hostMaintenance = command({
  service: 'scheduler',
  scope: 'service',
  callers: ['api'],
  name: 'host-maintenance',
  request: z.strictObject({
    operation: idSchema,
    host: nameSchema,
    on: z.boolean(),
    reason: z.string().max(1000).default(''),
    /** With `on`; left out of a drain under way: as it is. */
    stuck: stuckSchema.optional(),
  }),
  value: z.object({ host: nameSchema }),
});

/**
 * How long until the rest has moved, by the speed of this drain so far; null as long as nothing has left. Those that
 * are stuck are not counted.
 */
export function drainRemainingMs(drain: Pick<DrainRecord, 'startedAtMs' | 'progress'>): number | null {
  const { startedAtMs, progress } = drain;
  if (!progress) return null;
  const { totalMiB, leftMiB, stuckMiB, atMs } = progress;
  const movedMiB = totalMiB - leftMiB;
  const tookMs = atMs - startedAtMs;
  if (movedMiB <= 0 || tookMs <= 0) return null;
  return Math.round(((leftMiB - stuckMiB) * tookMs) / movedMiB);
}

export const drainPlanSchema = z.object({
  host: nameSchema,
  totalMiB: z.number(),
  /** In this order, as many at once as the bounds allow; as the cluster is now. */
  moves: z.array(z.object({ vm: nameSchema, memoryMiB: z.number(), to: nameSchema })).max(1000),
  /** Those that cannot move, and why. */
  stuck: z.array(z.object({ vm: nameSchema, memoryMiB: z.number(), text: z.string().max(2000) })).max(1000),
  /** Measured in the last moves of this cluster, one move by itself; null where there was none. */
  mibPerSecond: z.number().nullable(),
  /** How long all moves would take at that speed. */
  takesMs: z.number().nullable(),
});
export type DrainPlan = z.infer<typeof drainPlanSchema>;

/** Says how a host would be emptied; changes nothing. */
export const drainPlan = command({
  name: 'drain-plan',
  service: 'scheduler',
  scope: 'service',
  callers: ['api'],
  request: z.strictObject({ host: nameSchema }),
  value: drainPlanSchema,
});

/** The scheduler has emptied a host, or lets it work again: failover keeps that in the host's record. */
export const hostAdmin = command({
  service: 'failover',
  scope: 'service',
  callers: ['scheduler'],
  name: 'host-admin',
  request: z.strictObject({
    host: nameSchema,
    admin: z.enum(['active', 'maintenance']),
    /** Only if the record's `adminChanges` is this still: a request that comes late changes nothing. */
    after: z.number().int().nonnegative(),
    reason: z.string().max(1000),
  }),
  value: z.object({ host: nameSchema }),
});

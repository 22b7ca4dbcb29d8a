/** Measured load, and the moves that even it out. */
import { z } from 'zod';
import { bucket, broadcast, command } from './contract.js';
import { generationSchema, idSchema, nameSchema, timeSchema } from './names.js';
import { transitionsShape } from './transition.js';

/** How often an agent tells what it has measured. */
export const loadIntervalMs = 10_000;

/** 0 to 1: the share of the time in which some task waited (`/proc/pressure`, `some avg10`). */
const pressure = z.number().min(0).max(1);
const cores = z.number().min(0).max(100_000);

/** Since the message before. */
export const hostLoadSchema = z.object({
  host: nameSchema,
  /** Of the whole machine; null where it says nothing of this host. `busy`: CPUs kept busy, VMs included. */
  machine: z
    .object({ busy: cores, cpuPressure: pressure, memoryPressure: pressure, ioPressure: pressure })
    .nullable(),
  /** CPUs that a copy used, and for which it waited although it was ready to run. */
  vms: z.record(nameSchema, z.object({ generation: generationSchema, used: cores, waited: cores })),
});
export type HostLoad = z.infer<typeof hostLoadSchema>;

/** Kept by nobody: who listens smooths it. */
export const hostLoad = broadcast({
  name: 'load',
  senders: ['host-agent'],
  readers: ['scheduler', 'api'],
  schema: hostLoadSchema,
});

export const rebalanceMoveSchema = z.object({
  vm: nameSchema,
  from: nameSchema,
  to: nameSchema,
  memoryMiB: z.number(),
  /** CPUs that it wants; and in an hour, null where its past does not tell. */
  cpus: z.number(),
  soon: z.number().nullable().default(null),
  /** What the plan is worth more by it, less what the copy costs; below zero for one that makes room for others. */
  gain: z.number().default(0),
  /** A VM that has to leave its host, and finds room once this one has moved. */
  makesRoomFor: nameSchema.nullable().default(null),
});
export type RebalanceMove = z.infer<typeof rebalanceMoveSchema>;

const share = z.number().default(0);
const forecast = z.number().nullable().default(null);
export const rebalanceHostSchema = z.object({
  host: nameSchema,
  /** Load. 1: all its CPUs are wanted, all the time. */
  before: z.number(),
  after: z.number(),
  /** In an hour, as things stand and with the moves made; null where nobody's past tells. */
  soon: forecast,
  soonAfter: forecast,
  /** Share of its memory that VMs have. */
  memoryBefore: share,
  memoryAfter: share,
});
export type RebalanceHost = z.infer<typeof rebalanceHostSchema>;

export const rebalancePlanSchema = z.object({
  /** In this order; each was tried upon those before it. */
  moves: z.array(rebalanceMoveSchema).max(64),
  /** Those that count: of which the load is known, by name. */
  hosts: z.array(rebalanceHostSchema).max(10_000),
  /** Standard deviation of the loads, each VM with the larger of its load now and in an hour. */
  before: z.number(),
  after: z.number(),
  /** Likewise of the shares of memory. */
  memoryBefore: share,
  memoryAfter: share,
  /** VMs that stay on hosts that are used far above the others even then, and why. */
  left: z.array(z.object({ vm: nameSchema, host: nameSchema, text: z.string().max(500) })).max(50).default([]),
});
export type RebalancePlan = z.infer<typeof rebalancePlanSchema>;

export const rebalanceStates = {
  idle: 'Nothing is to be moved.',
  proposed: 'Moves are proposed; `holdfast rebalance apply` carries them out.',
  applying: 'Moves are being carried out, as many at once as the bounds allow.',
} as const;
export type RebalanceState = keyof typeof rebalanceStates;

export const rebalanceSchema = z.object({
  uid: idSchema,
  state: z.enum(Object.keys(rebalanceStates) as [RebalanceState, ...RebalanceState[]]),
  moves: z.array(rebalanceMoveSchema).max(64),
  before: z.number(),
  after: z.number(),
  /** When this state began. */
  sinceMs: timeSchema,
  ...transitionsShape,
});
export type RebalanceRecord = z.infer<typeof rebalanceSchema>;

/** The one key of its bucket. */
export const rebalanceKey = 'cluster';

export const rebalances = bucket({
  name: 'rebalance',
  owner: 'scheduler',
  readers: ['scheduler', 'api'],
  schema: rebalanceSchema,
});

const asked = { service: 'scheduler', scope: 'service', callers: ['api'] } as const;

/** What would be moved now, by the loads that the replica that answers has heard; changes nothing. */
export const rebalancePlan = command({
  ...asked,
  name: 'rebalance-plan',
  request: z.strictObject({}),
  value: rebalancePlanSchema.extend({ state: rebalanceSchema.shape.state }),
});

/** Plans anew and carries it out, also where `rebalance` is `off`. */
export const rebalanceApply = command({
  ...asked,
  name: 'rebalance-apply',
  request: z.strictObject({ operation: idSchema }),
  value: rebalancePlanSchema,
});

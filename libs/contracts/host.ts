import { z } from 'zod';
import { broadcast, bucket } from './contract.js';
import { epochSchema, generationSchema, idSchema, nameSchema, timeSchema } from './names.js';
import { hostCapacitySchema } from './host-capacity.js';
import { copyStorageLossSchema } from './storage-loss.js';
import { watchdogReleaseSchema, watchdogSchema } from './lease.js';
import { transitionsShape } from './transition.js';
import { incidentLedgerSchema, proofKinds } from './incident.js';
import { sleepSchema } from './sleep.js';
import { guestHealthSchema } from './vm-probe.js';

export const hostHealths = {
  joining: 'Known and heard, but not cleaned up yet: stale copies go before it counts as online.',
  online: 'Heard on time; takes VMs.',
  suspect: 'Silent on the bus; the other paths are being asked. Nothing is done to it yet.',
  held: 'Silent, but so is much else: fencing waits for better evidence or for a person.',
  fencing: 'Judged dead or cut off; proofs that its VMs cannot write any more are being raced.',
  fenced: 'Proven: its VMs may start elsewhere. It takes none until it has come back and cleaned up.',
  asleep: 'Empty, and switched off to save power: it is woken when it is needed.',
} as const;
export type HostHealth = keyof typeof hostHealths;

/** Proof that nothing this host started in an epoch below `epoch` can write any more. */
export const evidenceSchema = z.object({
  kind: z.enum(proofKinds),
  epoch: epochSchema,
  atMs: timeSchema,
  detail: z.string().max(1000),
  /** Set when a later sign of life contradicts it; then it proves nothing. */
  voidedAtMs: timeSchema.nullable(),
});
export type Evidence = z.infer<typeof evidenceSchema>;

/** What is wrong with a host whose VMs run on: nothing new is placed there, and nobody is fenced for it. */
export const hostConditions = {
  'agent-down': 'The host answers, its agent does not run.',
  'agent-hung': 'The host answers, its agent runs and does not.',
  'hypervisor-down': 'Its hypervisor does not answer its agent.',
  'storage-path-lost': 'No storage node hears it, and its agent says that its disks do not answer.',
  'bus-path': 'Its agent runs, but its way to the bus is broken.',
} as const;
export const hostConditionSchema = z.object({
  kind: z.enum(Object.keys(hostConditions) as [keyof typeof hostConditions, ...(keyof typeof hostConditions)[]]),
  sinceMs: timeSchema,
  text: z.string().max(500),
  /** When a person was told that nobody can manage its VMs; null if not yet. */
  alertedAtMs: timeSchema.nullable(),
});
export type HostCondition = z.infer<typeof hostConditionSchema>;

/** A host that fails again and again is held off: others are placed there only if no other host can take them. */
export const hostFlappingSchema = z.object({
  /** Its latest returns, from a fence or from a mere suspicion, oldest first. */
  returns: z.array(z.object({ atMs: timeSchema, from: z.enum(['fence', 'suspicion']) })).max(16),
  /** Hold-offs in a row, without a quiet period between them. */
  holdOffCount: z.number().int().nonnegative(),
  heldOffUntilMs: timeSchema.nullable(),
});
export type HostFlapping = z.infer<typeof hostFlappingSchema>;

export const hostSchema = z.object({
  host: nameSchema,
  uuid: z.uuid(),
  bootId: z.uuid(),
  /** Boots that are over, newest last: what comes late of one of them says nothing. */
  pastBootIds: z.array(z.uuid()).max(8).default([]),
  epoch: epochSchema,
  health: z.enum(Object.keys(hostHealths) as [HostHealth, ...HostHealth[]]),
  admin: z.enum(['active', 'maintenance']),
  /** How often the scheduler has had that noted; left out for never. */
  adminChanges: z.number().int().nonnegative().optional(),
  labels: z.record(z.string(), z.string()),
  addresses: z.object({ management: z.string(), storage: z.string() }),
  /** Port of the agent's direct health endpoint on the management address. */
  probePort: z.number().int(),
  /** Its power switch: only one that was seen to belong to this very machine may prove anything. */
  power: z.object({
    state: z.enum(['none', 'unchecked', 'verified', 'mismatch']),
    detail: z.string().max(500),
    /** Of `verified`: level by level, the devices that were seen to; without it, the BMC alone. */
    levels: z.array(z.array(z.string().max(80)).max(4)).max(5).optional(),
    /** Those that have not said yet, and are asked again. */
    unanswered: z.array(z.string().max(80)).max(20).optional(),
    /** Fingerprint of the configuration that this was found with. */
    configuration: z.string().max(64).optional(),
  }),
  reason: z.string().max(2000),
  condition: hostConditionSchema.nullable().optional(),
  flapping: hostFlappingSchema.nullable().optional(),
  /** From the intent to switch it off to save power until it is online again. */
  sleep: sleepSchema.nullable().optional(),
  /** Nothing rests on these bindings of its watchdog any more. */
  watchdogReleased: watchdogReleaseSchema.optional(),
  evidence: z.array(evidenceSchema).max(16),
  /** The incident being worked on, whole; `incidents` holds a copy for history. */
  incident: incidentLedgerSchema.nullable(),
  ...transitionsShape,
});
export type HostRecord = z.infer<typeof hostSchema>;

export const hosts = bucket({
  name: 'hosts',
  owner: 'failover',
  readers: ['failover', 'scheduler', 'storage', 'api'],
  ownNodeReaders: ['host-agent'],
  schema: hostSchema,
});

export const observedVmStates = [
  'starting',
  'running',
  'paused',
  'stopping',
  'stopped',
  'failed',
  'receiving',
  /** Moved here, whole, and paused: it goes on when it is told to. */
  'arrived',
  'migrating',
] as const;

export const observedVmSchema = z.object({
  uid: idSchema,
  generation: generationSchema,
  hostEpoch: epochSchema,
  state: z.enum(observedVmStates),
  /** Why it failed or stopped; empty otherwise. */
  reason: z.string().max(1000),
  /** Times the agent tried to carry out this generation's start. */
  sinceMs: timeSchema,
  /** The last reboot asked for; `done` only when the hypervisor has seen the guest reset. */
  reboot: z
    .object({
      operation: idSchema,
      result: z.enum(['asked', 'done', 'failed']),
      reason: z.string().max(1000),
    })
    .nullable(),
  /** The last growth that was asked for; `failed` is said when it has what it had before, or at most `has`. */
  resize: z
    .object({
      operation: idSchema,
      result: z.enum(['asked', 'done', 'failed']),
      reason: z.string().max(1000),
      has: z.object({ cpus: z.number().int(), memoryMiB: z.number().int() }).optional(),
    })
    .optional(),
  /** The last disk or NIC that it was to be given, or to give back; `failed` is said when that has changed nothing. */
  plug: z
    .object({ id: idSchema, result: z.enum(['asked', 'done', 'failed']), reason: z.string().max(1000) })
    .optional(),
  /** The probes that its guest is looked at by, and what they say; null while nothing is known. */
  watch: idSchema.optional(),
  guest: guestHealthSchema.nullable().optional(),
  /** A person had it paused: its agent does not let it go on by itself. */
  held: z.boolean().optional(),
  /** How long it stood here paused, from its arrival by migration until it went on. */
  heldMs: z.number().nonnegative().optional(),
  /** Its disks do not answer this host; left out while they do. */
  storageLost: copyStorageLossSchema.optional(),
  /**
   * Result of the last outgoing migration, by its target generation. `moved` attests that this copy has ended and did
   * not run on after its memory was sent; after `failed` it may have.
   */
  migration: z
    .object({
      generation: generationSchema,
      result: z.enum(['moving', 'moved', 'failed']),
      downtimeMs: z.number().nullable(),
      reason: z.string().max(1000),
    })
    .nullable(),
});
export type ObservedVm = z.infer<typeof observedVmSchema>;

export const staleCopySchema = z.object({
  vm: nameSchema,
  uid: idSchema,
  generation: generationSchema,
  hostEpoch: epochSchema,
});

/** What an agent remembers of an earlier incarnation: numbers that must not be used again. */
export const formerSchema = z.object({
  incarnation: z.string(),
  epoch: epochSchema,
  /** By uid of the VM: the largest that was ever ordered here. */
  generations: z.record(idSchema, generationSchema),
});
export type Former = z.infer<typeof formerSchema>;

/** What one agent sees on its host. Its only writer is that agent. */
export const observedSchema = z.object({
  host: nameSchema,
  uuid: z.uuid(),
  bootId: z.uuid(),
  incarnation: z.string(),
  /** The epoch this agent has accepted, having destroyed every copy of an older one; 0 before its first. */
  epoch: epochSchema,
  /** Start of this agent process. */
  startedAtMs: timeSchema,
  /** X25519 public key (base64url) to which this host's secrets are encrypted. */
  sealKey: z.string().max(100),
  capacity: hostCapacitySchema,
  addresses: z.object({ management: z.string(), storage: z.string() }),
  probePort: z.number().int(),
  hypervisor: z.enum(['connected', 'disconnected']),
  /** The host is going down in an orderly way: its VMs are being stopped, and run elsewhere. */
  leaving: z.boolean(),
  /** By VM name. */
  vms: z.record(nameSchema, observedVmSchema),
  staleCopies: z.array(staleCopySchema).max(1024),
  /** The kernels that it can start a VM with. */
  images: z.array(nameSchema).max(200).optional(),
  /** Pools whose storage node does not answer this host over the storage network, and since when. */
  lostPools: z.record(nameSchema, timeSchema).optional(),
  former: formerSchema.optional(),
  /** Null, or left out: it has none that is proof of anything. */
  watchdog: watchdogSchema.nullable().optional(),
  atMs: timeSchema,
});
export type Observed = z.infer<typeof observedSchema>;

/** Whether a report says anything that the one before it did not, besides when it was made. */
export function isNews(before: Observed | null, after: Observed | null): boolean {
  if (before === null || after === null) return before !== after;
  return !isEqual(before, after, 'atMs');
}

/** Of plain data; one key of the outermost object may differ. */
function isEqual(a: unknown, b: unknown, exceptKey?: string): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  for (const key of keys) {
    if (key === exceptKey) continue;
    if (!(key in b) || !isEqual(a[key as keyof typeof a], b[key as keyof typeof b])) return false;
  }
  return true;
}

export const observed = bucket({
  name: 'observed',
  owner: 'host-agent',
  writes: 'own-node',
  readers: ['failover', 'scheduler', 'storage', 'api'],
  schema: observedSchema,
});

/** How often an agent says that it lives. */
export const heartbeatIntervalMs = 250;

/** Sent by every agent each `heartbeatIntervalMs`, to the bus and to every storage node. */
export const heartbeatSchema = z.object({
  host: nameSchema,
  uuid: z.uuid(),
  bootId: z.uuid(),
  epoch: epochSchema,
  sequence: z.number().int().nonnegative(),
  sentAtMs: timeSchema,
  /** New with each start of the agent's program: what acknowledges another one's heartbeats counts for nothing. */
  life: z.string().max(64).optional(),
});
export type Heartbeat = z.infer<typeof heartbeatSchema>;

export const heartbeat = broadcast({
  name: 'host',
  senders: ['host-agent'],
  readers: ['failover', 'api'],
  schema: heartbeatSchema,
  counters: ['sequence', 'sentAtMs'],
});

/** Replicas of a service hear each other and rank themselves (soft leadership). */
export const replica = broadcast({
  name: 'replica',
  senders: ['scheduler', 'failover'],
  readers: ['scheduler', 'failover', 'api'],
  schema: z.object({
    service: z.string(),
    replica: z.string(),
    startedAtMs: timeSchema,
    sequence: z.number().int().nonnegative(),
  }),
});

/**
 * The proof `lease-expired`: storage nodes renew a host's lease by acknowledging its heartbeats, its agent pets a
 * watchdog only while the lease holds, and once every storage node has closed the lease it is a matter of time until
 * the host is reset, whatever its agent does.
 */
import { z } from 'zod';
import { command } from './contract.js';
import { epochSchema, nameSchema } from './names.js';

/** Proof are these only: a program that supervises another may hang with it. */
export const watchdogKinds = {
  hardware: 'a device of the machine',
  softdog: "the kernel's own timer",
} as const;
export type WatchdogKind = keyof typeof watchdogKinds;

/** What an agent says of its host's watchdog. */
export const watchdogSchema = z.object({
  kind: z.enum(Object.keys(watchdogKinds) as [WatchdogKind, ...WatchdogKind[]]),
  /** Not petted for so long, it resets the host. */
  timeoutMs: z.number().int().positive(),
  /** It is petted only while the lease holds. False: not yet, or its agent asks to be released from that. */
  armed: z.boolean(),
  /** Grows with each new binding within one boot. One that failover has released binds no more. */
  binding: z.number().int().nonnegative(),
  /** The lease holds for so long from the sending of the last heartbeat that was acknowledged. */
  leaseMs: z.number().int().positive(),
  /** The storage nodes whose acknowledgements renew it: no other one's do. */
  nodes: z.array(nameSchema).max(64),
  /** Why it is not armed; empty when there is nothing to say. */
  detail: z.string().max(500),
});
export type Watchdog = z.infer<typeof watchdogSchema>;

/** What failover has released in one boot: every binding up to that number. */
export const watchdogReleaseSchema = z.object({ bootId: z.uuid(), binding: z.number().int().nonnegative() });

/** What the proof in hand rests on, as it was when the fence began. */
export const leaseInHandSchema = z.object({
  kind: watchdogSchema.shape.kind,
  nodes: watchdogSchema.shape.nodes,
  /** So long after the last renewal the host has been reset. */
  waitMs: z.number().int().positive(),
});
export type LeaseInHand = z.infer<typeof leaseInHandSchema>;

/** An agent's lease, from the sending of the last heartbeat that renewed it. */
export const hostLeaseMs = 15_000;
/** At least so often the watchdog is petted while the lease holds. */
export const pettingIntervalMs = 1000;
/** By so much the clocks of a host, its watchdog, a storage node and failover may differ over one proof. */
export const clockMarginMs = 2000;
/** The share by which two clocks' rates may differ: far more than any crystal's. */
const clockDrift = 0.01;
/** A last pet that came late, one more when the device is closed, the watchdog's own time. */
const watchdogTimes = 3;
/** A watchdog must forgive so many missed pets, or a busy moment resets a host. */
const missedPets = 3;
export const leastWatchdogMs = missedPets * pettingIntervalMs;

export interface LeaseTimes {
  leaseMs: number;
  pettingIntervalMs: number;
  watchdogMs: number;
  clockMarginMs: number;
}

/**
 * So long after the last renewal nothing of that host runs any more. The watchdog's time counts three times: a program
 * may be stopped between its decision to pet, while the lease holds, and the pet itself, for almost as long as the
 * watchdog allows since the pet before it; and if it is then killed within the watchdog's time, the kernel closes the
 * device for it, and pets once more.
 */
export function leaseProofMs({ leaseMs, watchdogMs, clockMarginMs }: Omit<LeaseTimes, 'pettingIntervalMs'>): number {
  return leaseMs + watchdogTimes * watchdogMs + clockMarginMs;
}

/** The inequality that does not hold, with its numbers and what to do; null when a lease cannot outlive its proof. */
export function leaseRefusal(times: LeaseTimes, proofWaitsMs = leaseProofMs(times)): string | null {
  const { leaseMs, pettingIntervalMs, watchdogMs, clockMarginMs } = times;
  const forgivenMs = missedPets * pettingIntervalMs;
  if (forgivenMs > watchdogMs) {
    const sum = `${missedPets} x pettingIntervalMs ${pettingIntervalMs} = ${forgivenMs}`;
    return `${sum} > watchdogMs ${watchdogMs}: give the watchdog more time, or a busy moment resets the host`;
  }
  const driftMs = Math.ceil(clockDrift * (leaseMs + watchdogTimes * watchdogMs));
  if (driftMs > clockMarginMs) {
    const sum = `1 % of (leaseMs ${leaseMs} + ${watchdogTimes} x watchdogMs ${watchdogMs}) = ${driftMs}`;
    return `${sum} > clockMarginMs ${clockMarginMs}: give the watchdog less time, or clocks may differ by more`;
  }
  const neededMs = leaseProofMs(times);
  if (neededMs > proofWaitsMs) {
    const watchdog = `${watchdogTimes} x watchdogMs ${watchdogMs}`;
    const sum = `leaseMs ${leaseMs} + ${watchdog} + clockMarginMs ${clockMarginMs} = ${neededMs}`;
    return `${sum} > leaseProofWaitsMs ${proofWaitsMs}: raise leaseProofWaitsMs, or a lease outlives its proof`;
  }
  return null;
}

/** From its answer on this node renews no lease of that host in an epoch below `epochFloor`, ever. Idempotent. */
export const leaseClose = command({
  service: 'storage',
  scope: 'node',
  name: 'lease-close',
  callers: ['failover'],
  request: z.strictObject({ incarnation: z.string(), host: nameSchema, epochFloor: epochSchema }),
  value: z.object({
    node: nameSchema,
    /** Its floor here: at least the one asked for. */
    epochFloor: epochSchema,
    /**
     * Milliseconds since it last renewed that host's lease, by a clock that nobody sets. One that was started meanwhile
     * does not know what it did before, and counts from its start.
     */
    renewedAgoMs: z.number().nonnegative(),
  }),
});

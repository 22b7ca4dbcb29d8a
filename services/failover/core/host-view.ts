import type { Arming, Heartbeat, HostRecord, Observed, Reply } from '@holdfast/contracts';
import type { Env, Step } from '@holdfast/kernel';
import { beaten, deadlineMs, type Rhythm } from './deadline.js';
import { isPowerOpen } from './power-word.js';
import type { Silence } from './silence.js';
import type { Timing } from './timing.js';

/** What the agent's direct endpoint says; see the probe port. */
export type ProbeKind = 'answers' | 'refused' | 'hung' | 'silent';

/** One storage node's word on a host. */
export interface StorageView {
  heardAgoMs: number | null;
  /** For how long it has heard hosts at all without a gap. */
  hearsForMs: number;
  sessions: number;
}

export interface HeardHost {
  heartbeat: Heartbeat;
  atMs: number;
  /** Null until it is known. */
  rhythm: Rhythm | null;
}

/** All that this replica knows of one host besides its record. Volatile: a new replica starts from nothing. */
export interface HostView {
  host: HostRecord;
  env: Env;
  timing: Timing;
  /** The newest heartbeat and when it came, by our own clock; null if none has come since we started listening. */
  heard: HeardHost | null;
  /** When its record came to say that somebody hears it again: by our own clock; null if it never did. */
  clearedAtMs: number | null;
  /** When we saw the newest change of its record, by our own clock. */
  seenAtMs: number;
  /** Since when we have been listening without a break: silence counts only from there. */
  listeningSinceMs: number;
  /** Whether the bus answers us at all. */
  busAnswers: boolean;
  /** Whether a fence may begin, and if not, on whose word. */
  arming: Arming;
  observed: Observed | null;
  storageNodes: string[];
  /** A few other hosts that may be asked to probe it. */
  peers: string[];
  /** It ran a VM for which storage's proof is not enough: only power, or the like, proves that one. */
  needsPowerProof: boolean;
  /** Its VMs run on there while it is merely isolated, by the policy of each. */
  isLeftIsolated: boolean;
  /** A VM that the records have on it or on its way there; null for none. */
  held: string | null;
  /** Counted when asked: a host that is well does not ask. */
  silence(): Silence;
  answer(effectKey: string): { atMs: number; reply: Reply<unknown> } | null;
}

export type HostEffect = { key: string; resendMs?: number } & (
  | { kind: 'probe' }
  | { kind: 'storage-view'; node: string }
  | { kind: 'revoke'; node: string; epochFloor: number }
  | { kind: 'peer-probe'; peer: string }
  /** Answered once that has been so for `waitMs` since the node last may have renewed the lease. */
  | { kind: 'lease-close'; node: string; epochFloor: number; waitMs: number }
  | { kind: 'power-off' }
  | { kind: 'power-on' }
  | { kind: 'power-view' }
  | { kind: 'check-power' }
  | { kind: 'floors'; node: string }
);

export type HostStep = Step<HostRecord, HostEffect>;

export const probeKey = (incident: string): string => `probe/${incident}`;
export const storageViewKey = (incident: string, node: string): string => `view/${incident}/${node}`;
export const peerKey = (incident: string, peer: string): string => `peer/${incident}/${peer}`;
export const revokeKey = (epoch: number, node: string): string => `revoke/e${epoch}/${node}`;
export const leaseCloseKey = (epoch: number, node: string): string => `lease/e${epoch}/${node}`;
/** One that was voided is asked for anew: what was answered before counts no more. */
export const powerOffKey = (epoch: number, voided: number): string =>
  voided === 0 ? `power-off/e${epoch}` : `power-off/e${epoch}/${voided + 1}`;
export const sleepOffKey = (epoch: number): string => `sleep-off/e${epoch}`;
export const powerOnKey = (epoch: number): string => `power-on/e${epoch}`;
export const powerViewKey = (incident: string): string => `power-view/${incident}`;
export const floorsKey = (node: string): string => `floors/${node}`;
export const checkPowerKey = (bootId: string): string => `check-power/${bootId}`;

/** Whose machine the power switch is, asked once in every boot: a swapped cable must not prove anything. */
export function checkPower(host: HostRecord): HostEffect[] {
  if (!isPowerOpen(host)) return [];
  const resendMs = host.power.state === 'unchecked' ? 5000 : 60_000;
  return [{ key: checkPowerKey(host.bootId), kind: 'check-power', resendMs }];
}

/** How long the host has been silent, counted only while we could have heard it. */
export function silentForMs(view: HostView): number {
  return view.env.nowMs - lastHeardMs(view);
}

/** How long it may be silent before it is suspected. */
export function mayBeSilentMs({ heard, timing }: Pick<HostView, 'heard' | 'timing'>): number {
  return deadlineMs(heard?.rhythm ?? null, timing);
}

export function lastHeardMs(view: HostView): number {
  const heardAtMs = heardSince(view, 0) ? (view.heard?.atMs ?? 0) : 0;
  return Math.max(heardAtMs, view.listeningSinceMs);
}

/**
 * Heard since that moment, as the same machine. A boot id counts as new only from a heartbeat younger than the record:
 * what a replica remembers may be of the boot *before* the one that another has recorded meanwhile. What comes late of
 * a boot that is known to be over is no sign of anything.
 */
export function heardSince(view: HostView, atMs: number): Heartbeat | null {
  const { heard, host } = view;
  if (!heard || heard.atMs <= atMs || heard.heartbeat.uuid !== host.uuid) return null;
  return host.pastBootIds.includes(heard.heartbeat.bootId) ? null : heard.heartbeat;
}

/** What is known of a host with one more heartbeat. A new boot has a rhythm of its own. */
export function heardNow(
  heartbeat: Heartbeat,
  before: HeardHost | null,
  now: { atMs: number; listeningSinceMs: number; timing: Timing },
): HeardHost {
  const { atMs, listeningSinceMs, timing } = now;
  if (before?.heartbeat.bootId !== heartbeat.bootId) return { heartbeat, atMs, rhythm: null };
  // While we did not listen ourselves, a gap says nothing about the host.
  const isGap = before.atMs < listeningSinceMs;
  return { heartbeat, atMs, rhythm: isGap ? before.rhythm : beaten(before.rhythm, atMs - before.atMs, timing) };
}

/**
 * Sent no later than the newest that we know of this boot: delivered late, or twice, it is no sign of life. An agent
 * that was started again counts from the beginning, a clock that was set back runs behind; hardly ever both at once.
 */
export function isLate(heartbeat: Heartbeat, newest: Heartbeat | undefined): boolean {
  if (newest?.bootId !== heartbeat.bootId) return false;
  return heartbeat.sequence <= newest.sequence && heartbeat.sentAtMs <= newest.sentAtMs;
}

const keptBootIds = 8;

/** What changes in the record when the host is met in that boot: the one before is over for good. */
export function inBoot(host: HostRecord, bootId: string): Pick<HostRecord, 'bootId' | 'pastBootIds'> {
  if (bootId === host.bootId) return { bootId, pastBootIds: host.pastBootIds };
  return { bootId, pastBootIds: [...host.pastBootIds, host.bootId].slice(-keptBootIds) };
}

import type { Arming, Heartbeat, HostRecord, Observed, Reply } from '@holdfast/contracts';
import type { Env, Step } from '@holdfast/kernel';
import type { Timing } from './timing.js';

/** What the agent's direct endpoint says; see the probe port. */
export type ProbeKind = 'answers' | 'refused' | 'hung' | 'silent';

/** One storage node's word on a host. */
export interface StorageView {
  heardAgoMs: number | null;
  sessions: number;
}

/** All that this replica knows of one host besides its record. Volatile: a new replica starts from nothing. */
export interface HostView {
  host: HostRecord;
  env: Env;
  timing: Timing;
  /** The newest heartbeat and when it came, by our own clock; null if none has come since we started listening. */
  heard: { heartbeat: Heartbeat; atMs: number } | null;
  /** Since when we have been listening without a break: silence counts only from there. */
  listeningSinceMs: number;
  /** Whether the bus answers us at all. */
  busAnswers: boolean;
  /** Whether a fence may begin, and if not, on whose word. */
  arming: Arming;
  observed: Observed | null;
  storageNodes: string[];
  /** It ran a VM that storage cannot speak for (safety rule 6): only power, or the like, proves that one. */
  needsPowerProof: boolean;
  /** Hosts that count (not fenced), and how many of them are silent now. */
  hostCount: number;
  silentCount: number;
  answer(effectKey: string): { atMs: number; reply: Reply<unknown> } | null;
}

export type HostEffect = { key: string; resendMs?: number } & (
  | { kind: 'probe' }
  | { kind: 'storage-view'; node: string }
  | { kind: 'revoke'; node: string; epochFloor: number }
  | { kind: 'power-off' }
  | { kind: 'check-power' }
);

export type HostStep = Step<HostRecord, HostEffect>;

export const probeKey = (incident: string): string => `probe/${incident}`;
export const storageViewKey = (incident: string, node: string): string => `view/${incident}/${node}`;
export const revokeKey = (epoch: number, node: string): string => `revoke/e${epoch}/${node}`;
export const powerOffKey = (epoch: number): string => `power-off/e${epoch}`;
export const checkPowerKey = (bootId: string): string => `check-power/${bootId}`;

/** How long the host has been silent, counted only while we could have heard it. */
export function silentForMs(view: HostView): number {
  return view.env.nowMs - lastHeardMs(view);
}

export function lastHeardMs(view: HostView): number {
  const isSameMachine = view.heard?.heartbeat.uuid === view.host.uuid;
  return Math.max(isSameMachine ? (view.heard?.atMs ?? 0) : 0, view.listeningSinceMs);
}

/**
 * Heard since that moment, as the same machine. A boot id counts as new only from a heartbeat younger than the record:
 * what a replica remembers may be of the boot *before* the one that another has recorded meanwhile.
 */
export function heardSince(view: HostView, atMs: number): Heartbeat | null {
  const { heard, host } = view;
  return heard && heard.atMs > atMs && heard.heartbeat.uuid === host.uuid ? heard.heartbeat : null;
}

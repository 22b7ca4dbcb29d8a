/**
 * When a host's watchdog is petted. While it is **bound**, only while storage renews the host's lease: so that, once
 * every storage node has closed the lease, it is a matter of time until the host is reset, though its agent hang.
 *
 *   free ──(released, storage renews)──► bound ──(storage silent, disarmed, ending)──► asking ──(released)──► free
 *                                          ▲                                             │
 *                                          └─────────────(storage renews again)──────────┘
 *
 * Invariants
 *  1. Bound or asking, it is petted only while the lease holds. Free, for as long as the agent lives.
 *  2. It is free only once failover's record says that this very binding, or a later one, is released: failover rests
 *     no proof on that any more. So storage that is out for all resets nobody whom failover hears.
 *  3. Only the storage nodes that a binding names renew its lease; a binding with others begins when the one before is
 *     released.
 *  4. Numbers of bindings grow within one boot, over restarts of the agent too.
 *
 * All times are of a clock that nobody sets; the number of a binding is the time since boot at which it began.
 */
import type { HostRecord, Watchdog, WatchdogKind } from '@holdfast/contracts';
import { lastRenewedMs, type Contact } from './contact.js';

export interface WatchdogDeviceFacts {
  kind: WatchdogKind;
  timeoutMs: number;
}

export interface WatchdogTiming {
  leaseMs: number;
  /** Without a word of storage for so long it asks to be released, in good time before its lease is over. */
  isolatedAfterMs: number;
  pettingIntervalMs: number;
}

export interface WatchdogState {
  mode: 'free' | 'bound' | 'asking';
  binding: number;
  /** Who renews. */
  nodes: readonly string[];
  pettedAtMs: number | null;
  /** The watchdog let a time pass that it should not have: nothing may rest on it. */
  isBroken: boolean;
}

export interface WatchdogView {
  nowMs: number;
  /** The same since the boot of this kernel. */
  sinceBootMs: number;
  contact: Contact;
  /** The storage nodes there are. */
  nodes: readonly string[];
  /** People have not disarmed the cluster, as far as is known. */
  isArmed: boolean;
  /** The agent is about to end. */
  isEnding: boolean;
  /** The largest binding of this boot that failover has released; null for none. */
  released: number | null;
}

/** A watchdog that has let so much more than its time pass does not work. */
const brokenAfterMs = 2000;
const noChange = { isNews: false, pets: false };

/** At the start of an agent: whatever one before it was bound to in this boot ends when this number is released. */
export function firstWatchdog(sinceBootMs: number): WatchdogState {
  return { mode: 'asking', binding: Math.floor(sinceBootMs), nodes: [], pettedAtMs: null, isBroken: false };
}

function holdsLease({ nodes }: WatchdogState, { nowMs, contact }: WatchdogView, leaseMs: number): boolean {
  const renewedAtMs = lastRenewedMs(contact, nodes);
  return renewedAtMs !== null && nowMs - renewedAtMs < leaseMs;
}

/** Called with every heartbeat. `pets`: now. `isNews`: what it says of itself has changed. */
export function stepWatchdog(
  before: WatchdogState,
  view: WatchdogView,
  device: WatchdogDeviceFacts,
  timing: WatchdogTiming,
): { state: WatchdogState; pets: boolean; isNews: boolean } {
  const moved = withMode(before, view, timing);
  const isFree = moved.mode === 'free';
  const mayPet = isFree ? moved.pettedAtMs !== null : holdsLease(moved, view, timing.leaseMs);
  const agoMs = moved.pettedAtMs === null ? Infinity : view.nowMs - moved.pettedAtMs;
  const isNews = moved !== before;
  if (!mayPet || agoMs < timing.pettingIntervalMs) return { ...noChange, state: moved, isNews };
  const isBroken = moved.isBroken || (agoMs !== Infinity && agoMs > device.timeoutMs + brokenAfterMs);
  const state = { ...moved, pettedAtMs: view.nowMs, isBroken };
  return { state, pets: true, isNews: isNews || isBroken !== before.isBroken };
}

function withMode(state: WatchdogState, view: WatchdogView, timing: WatchdogTiming): WatchdogState {
  const isReleased = view.released !== null && view.released >= state.binding;
  const renewedAtMs = lastRenewedMs(view.contact, view.nodes);
  const isRenewed = renewedAtMs !== null && view.nowMs - renewedAtMs < timing.isolatedAfterMs;
  const mayBind = isRenewed && view.isArmed && !view.isEnding && !state.isBroken;
  const isCovered = view.nodes.every((node) => state.nodes.includes(node));
  if (mayBind && isReleased) {
    // Two within one millisecond would be one.
    const binding = Math.max(Math.floor(view.sinceBootMs), state.binding + 1);
    return { ...state, mode: 'bound', binding, nodes: [...view.nodes] };
  }
  if (isReleased) return state.mode === 'free' ? state : { ...state, mode: 'free' };
  const mode = mayBind && isCovered && state.nodes.length > 0 ? 'bound' : 'asking';
  return state.mode === mode ? state : { ...state, mode };
}

/** The largest binding of this boot that failover has released, as its record of the host says; null for none. */
export function releasedBinding(record: HostRecord | null, bootId: string): number | null {
  const released = record?.watchdogReleased;
  return released?.bootId === bootId ? released.binding : null;
}

/** For the agent's report. */
export function toldOf(state: WatchdogState, device: WatchdogDeviceFacts, leaseMs: number): Watchdog {
  const { binding, isBroken } = state;
  const armed = state.mode === 'bound' && state.pettedAtMs !== null && !isBroken;
  return { ...device, armed, binding, leaseMs, nodes: [...state.nodes], detail: armed ? '' : why(state) };
}

function why({ mode, isBroken }: WatchdogState): string {
  if (isBroken) return 'it was not petted for longer than its time, and has not reset the host';
  return mode === 'asking' ? 'storage does not renew its lease, or the cluster is disarmed' : 'released';
}

/** It may be stopped: failover rests no proof on it. */
export function mayClose({ mode }: WatchdogState): boolean {
  return mode === 'free';
}

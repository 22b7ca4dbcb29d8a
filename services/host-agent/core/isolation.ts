/**
 * What a host does that finds itself cut off from everybody: it cuts its guests' links, so that an old copy does not
 * answer beside a new one, and ends the VMs that others may start, before anybody could take its silence for its end.
 * All times are of one monotonic clock.
 */
import type { LocalState, LocalVm } from './vm.js';
import { isLive } from './vm.js';

export interface IsolationTiming {
  /** Without a word of the bus or of any storage node for so long, a host is cut off. */
  isolatedAfterMs: number;
  /** For so long after the sending of the last heartbeat that was acknowledged, a host may run its VMs. */
  leaseMs: number;
  /** Ending them may take so long: it begins so much earlier. */
  killTakesMs: number;
  /** One that was itself asleep gives others so long to answer before it judges their silence. */
  wakeGraceMs: number;
}

export const defaultIsolationTiming: IsolationTiming = {
  isolatedAfterMs: 3000,
  leaseMs: 15_000,
  killTakesMs: 3000,
  wakeGraceMs: 1000,
};

/** Why a copy has stopped that its own host ended because it was cut off. */
export const selfFencedReason = 'self-fenced';

export interface Isolation {
  lookedAtMs: number | null;
  /** When it woke from a sleep of its own; null once somebody has answered since. */
  wokeAtMs: number | null;
  /** When the bus was last there. */
  busAtMs: number | null;
}

export const noIsolation: Isolation = { lookedAtMs: null, wokeAtMs: null, busAtMs: null };

export interface IsolationView {
  nowMs: number;
  isBusConnected: boolean;
  /** When the bus last answered a question. A connection may be dead for a while before that is noticed. */
  busAnsweredAtMs: number | null;
  /** When the last heartbeat was sent that a storage node has acknowledged; null if none ever was. */
  ackedAtMs: number | null;
  /** As far as is known. While people work on the network nobody takes silence for anything. */
  isArmed: boolean;
  /** Its guests' links are cut, or were being cut. */
  isCut: boolean;
}

export interface IsolationStep {
  isolation: Isolation;
  /** What becomes of the guests' links; null leaves them. */
  links: 'cut' | 'restore' | null;
  /** The VMs that others may start are to be ended. */
  ends: boolean;
  /** It woke, and asks the bus whether it is still there. */
  asksBus: boolean;
}

/** Called with every heartbeat. One whose heartbeats no storage node has ever acknowledged does nothing of this. */
export function stepIsolation(before: Isolation, view: IsolationView, timing: IsolationTiming): IsolationStep {
  const { nowMs, ackedAtMs } = view;
  const hasSlept = before.lookedAtMs !== null && nowMs - before.lookedAtMs > timing.isolatedAfterMs;
  const wokeAtMs = hasSlept ? nowMs : before.wokeAtMs;
  const isBusThere = view.isBusConnected && (wokeAtMs === null || (view.busAnsweredAtMs ?? 0) > wokeAtMs);
  const busAtMs = isBusThere ? nowMs : before.busAtMs;
  const contactAtMs = Math.max(busAtMs ?? -Infinity, ackedAtMs ?? -Infinity);
  const silentMs = nowMs - contactAtMs;
  const isAwake = wokeAtMs === null || contactAtMs >= wokeAtMs;
  const isolation = { lookedAtMs: nowMs, wokeAtMs: isAwake ? null : wokeAtMs, busAtMs };
  const nothing = { isolation, links: null, ends: false, asksBus: !isAwake };
  if (silentMs < timing.isolatedAfterMs) return { ...nothing, links: view.isCut ? 'restore' : null };
  if (ackedAtMs === null || !view.isArmed) return nothing;
  if (wokeAtMs !== null && !isAwake && nowMs - wokeAtMs < timing.wakeGraceMs) return nothing;
  return { ...nothing, links: 'cut', ends: silentMs >= timing.leaseMs - timing.killTakesMs };
}

/** Copies that others may start once this host is taken for lost. */
export function endedWhenCutOff(local: LocalState): [string, LocalVm & { copy: NonNullable<LocalVm['copy']> }][] {
  return Object.entries(local.vms).flatMap(([name, vm]) =>
    isLive(vm.copy) && vm.restart !== 'never' ? [[name, { ...vm, copy: vm.copy }] as const] : [],
  ) as ReturnType<typeof endedWhenCutOff>;
}

/** When a running VM moves without being asked: its host is to be empty, a rule forbids it, a better host is back. */
import type { VmRecord } from '@holdfast/contracts';
import type { Cluster } from './cluster.js';
import { isAnotherFirst } from './drain-turn.js';
import { isWantedEmpty } from './holding.js';
import { hasTurn, mustLeaveAfterMs } from './move-bounds.js';
import { place, seekerOf } from './place.js';
import { isHeldOff, type Refusal } from './placement/facts.js';
import { snapshotOf } from './placement/feed.js';
import { limitsOf, ruleRefusal } from './placement/limits.js';
import type { VmView } from './vm-record.js';

const returnsAfterMs = 10_000;

export interface OwnMove {
  to: string;
  why: string;
  /** It comes back here once that is possible. */
  home: string | null;
}

/** What keeps a VM from staying where it is; null when nothing does. */
export function whyLeave(cluster: Cluster, vm: VmRecord): string | null {
  const at = vm.assignment?.host;
  if (at === undefined) return null;
  if (isWantedEmpty(cluster, at) || cluster.host(at)?.admin === 'maintenance') return `${at} is being drained`;
  const { refusal } = rulesAt(cluster, vm, at);
  return refusal === null ? null : `${at} ${refusal.text}`;
}

/** Whether a strict rule keeps a VM from that host. */
export function isForbidden(cluster: Cluster, vm: VmRecord, host: string): boolean {
  return rulesAt(cluster, vm, host).refusal !== null;
}

/** The move it makes now, or in how long to look again; null when it is well where it is. `stuck`: nobody takes it. */
export function ownMove(view: VmView): OwnMove | { inMs: number; stuck?: boolean } | null {
  const { vm, cluster, env } = view;
  const at = vm.assignment?.host;
  const isFree = cluster.rules().length === 0 && (vm.home === null || vm.home === vm.assignment?.host);
  const isWorking = at !== undefined && !isWantedEmpty(cluster, at) && cluster.host(at)?.admin === 'active';
  if (at === undefined || (isFree && isWorking)) return null;
  const reason = whyLeave(cluster, vm);
  if (reason === null && !vm.spec.policy.failback) return null;
  const choice = place(cluster, vm, { avoid: new Map([[at, 'runs it now']]), wish: null });
  if (!choice.host) return reason === null ? null : { inMs: 5000, stuck: true };
  const isPreferred = rulesAt(cluster, vm, choice.host.host).weight > rulesAt(cluster, vm, at).weight;
  if (reason === null && (!isPreferred || isHeldOff(choice.host))) return null;
  const dueInMs = vm.phaseSinceMs + (reason === null ? returnsAfterMs : mustLeaveAfterMs) - env.nowMs;
  if (dueInMs > 0) return { inMs: dueInMs };
  const to = choice.host.host;
  if (!hasTurn(cluster, at, to) || isAnotherFirst(view, at)) return { inMs: 1000 };
  const why = reason ?? `${to} is preferred`;
  return { to, why, home: !isWorking && vm.spec.policy.failback ? (vm.home ?? at) : vm.home };
}

/** What the rules say of a VM on this host. */
function rulesAt(cluster: Cluster, vm: VmRecord, host: string): { refusal: Refusal | null; weight: number } {
  const snapshot = snapshotOf(cluster);
  const slot = snapshot.hosts.slot(host);
  if (slot === undefined) return { refusal: null, weight: 0 };
  const limits = limitsOf(snapshot, vm.name, seekerOf(vm).home);
  return { refusal: ruleRefusal(limits, slot), weight: limits.weights.get(slot) ?? 0 };
}

/**
 * Which host may be switched off to save power, and which has to be woken.
 *
 * A host is asked to sleep when it was empty for long, when enough empty hosts stay awake beside it, and when every
 * loss that is survived now is survived without it as well. Hosts that sleep count as no room anywhere. One is woken
 * when a VM finds room there and nowhere else, when a loss would be survived with its room and is not now, or when too
 * few empty hosts are awake. Both are asked by the same facts, so that neither undoes the other.
 */
import { isWaking, type HostRecord } from '@holdfast/contracts';
import type { Env } from '@holdfast/kernel';
import { admissionBook } from './capacity/admission.js';
import type { CapacityBook } from './capacity/book.js';
import { prove } from './capacity/prove.js';
import type { Cluster } from './cluster.js';
import { hostsHolding } from './holding.js';
import { place, placeOn, seekerOf } from './place.js';
import { isHeldOff, type Refusal } from './placement/facts.js';
import { snapshotOf } from './placement/feed.js';
import type { Snapshot } from './placement/snapshot.js';

/** A host with this label is never switched off. */
export const staysOn = { key: 'powerSaving', value: 'off' } as const;
/** VMs that wait for room, looked at in one go. */
const waitingAtMost = 100;
/** Losses that are proven again in one go, each with other hosts awake; what is left is looked at the next time. */
const provenAtMost = 300;

export interface PowerView {
  cluster: Cluster;
  env: Env;
  /** Nodes that carry services; they are not switched off, nor are storage nodes. */
  carriers: ReadonlySet<string>;
  /** Since when each host is empty, as far as this replica has seen. */
  emptySinceMs: ReadonlyMap<string, number>;
}

export interface PowerPlan {
  wake: { host: string; reason: string }[];
  sleep: { host: string; reason: string } | null;
  /** It may not sleep as things are: it is looked at again after as long as it has to be idle. */
  unproven: string | null;
}

/** What failover is asked, by the name of its command. */
export type PowerAsk =
  | { name: 'host-wake'; request: { host: string; after: number; reason: string } }
  | { name: 'host-sleep'; request: { host: string; after: number; reason: string; wakeWithinMs: number } };

/** One look, now and then, by the first replica: what to ask, and what to remember until the next. */
export function lookPower(view: PowerView): { asks: PowerAsk[]; emptySinceMs: Map<string, number> } {
  const { cluster, env } = view;
  const { policy, powerWakeSeconds } = cluster.settings();
  if (policy !== 'power-saving' && cluster.hosts().every(({ sleep }) => sleep == null)) {
    return { asks: [], emptySinceMs: new Map() };
  }
  const emptySinceMs = new Map<string, number>();
  for (const host of emptyHosts(cluster)) {
    const record = cluster.host(host);
    const isAwake = record?.health === 'online' && record.sleep == null;
    if (isAwake) emptySinceMs.set(host, Math.min(view.emptySinceMs.get(host) ?? env.nowMs, env.nowMs));
  }
  const { wake, sleep, unproven } = planPower({ ...view, emptySinceMs });
  if (unproven !== null) emptySinceMs.set(unproven, env.nowMs);
  const after = (host: string): number => cluster.host(host)?.transitionCount ?? 0;
  const asks: PowerAsk[] = wake.map((each) =>
    ({ name: 'host-wake', request: { ...each, after: after(each.host) } }));
  const wakeWithinMs = powerWakeSeconds * 1000;
  if (sleep) asks.push({ name: 'host-sleep', request: { ...sleep, after: after(sleep.host), wakeWithinMs } });
  return { asks, emptySinceMs };
}

const nothing: PowerPlan = { wake: [], sleep: null, unproven: null };

/** Of those that could sleep: nothing is on it, comes to it, or wants to return to it. */
function emptyHosts(cluster: Cluster): Set<string> {
  const busy = new Set<string>();
  for (const vm of cluster.vms()) {
    for (const host of hostsHolding(vm)) busy.add(host);
    // It has moved away, and its access there is still being taken.
    for (const { volume } of vm.migration ? vm.volumes : []) {
      for (const { host } of cluster.attachment(volume)?.holders ?? []) busy.add(host);
    }
    if (vm.home !== null) busy.add(vm.home);
    if (vm.wish !== null && vm.assignment === null && vm.desired === 'running') busy.add(vm.wish);
  }
  return new Set(cluster.hosts().filter(({ host }) => !busy.has(host)).map(({ host }) => host));
}

export function planPower(view: PowerView): PowerPlan {
  const { cluster } = view;
  if (!cluster.arming().armed) return nothing;
  const sleepers = cluster.hosts().filter((host) => mayWake(cluster, host));
  const wake = sleepers.length === 0 ? [] : toWake(view, sleepers);
  if (wake.length > 0) return { ...nothing, wake };
  return cluster.settings().policy === 'power-saving' ? toSleep(view) : nothing;
}

/** It sleeps, or is about to, and nothing else keeps VMs from it. */
function mayWake(cluster: Cluster, { host, sleep, admin }: HostRecord): boolean {
  const isAsked = sleep != null && sleep.stage !== 'waking';
  return isAsked && admin === 'active' && !isDrained(cluster, host);
}

function isDrained(cluster: Cluster, host: string): boolean {
  const state = cluster.drain(host)?.state;
  return state !== undefined && state !== 'ended';
}

function toWake(view: PowerView, sleepers: HostRecord[]): PowerPlan['wake'] {
  const { cluster } = view;
  const { policy, powerSpareHosts } = cluster.settings();
  const [first] = sleepers;
  const waking = cluster.hosts().filter(({ sleep }) => isWaking(sleep));
  const forRoom = wantedByVms(cluster, sleepers, waking);
  if (forRoom.length > 0 || !first) return forRoom;
  // One after the other, for what is not urgent.
  if (waking.length > 0) return [];
  if (policy !== 'power-saving') return [{ host: first.host, reason: `the policy is ${policy}` }];
  const spare = awakeAndEmpty(view).length;
  if (spare < powerSpareHosts) {
    const reason = `${spare} empty host${spare === 1 ? ' is' : 's are'} awake, ${powerSpareHosts} should be`;
    return [{ host: first.host, reason }];
  }
  const missing = missingAwake(cluster, sleepers);
  return missing ? [{ host: first.host, reason: missing }] : [];
}

/** VMs that no host takes, each upon those before it; a host that wakes already counts as room. */
function wantedByVms(cluster: Cluster, sleepers: HostRecord[], waking: HostRecord[]): PowerPlan['wake'] {
  const waiting = cluster.vms().filter(({ desired, phase }) =>
    desired === 'running' && (phase === 'waiting' || phase === 'recovering'));
  // Whoever finds room by itself needs nobody woken.
  const stuck = waiting
    .slice(0, waitingAtMost)
    .filter((vm) => place(cluster, vm, { avoid: new Map(), wish: null }).host === null)
    .sort((a, b) => b.spec.policy.priority - a.spec.policy.priority || (a.name < b.name ? -1 : 1));
  if (stuck.length === 0) return [];
  const snapshot = snapshotOf(cluster);
  const wake: PowerPlan['wake'] = [];
  return snapshot.tryOut(() => {
    for (const { host } of waking) open(snapshot, host);
    for (const vm of stuck) {
      const seeker = seekerOf(vm);
      const fits = (): boolean => {
        const found = placeOn(snapshot, seeker, { avoid: new Map(), wish: null });
        const slot = found.host === null ? undefined : snapshot.hosts.slot(found.host);
        const own = snapshot.vms.slot(vm.name);
        if (slot !== undefined && own !== undefined) snapshot.put(own, slot);
        return slot !== undefined;
      };
      if (fits()) continue;
      const found = sleepers.find(({ host }) => {
        if (wake.some((each) => each.host === host)) return false;
        open(snapshot, host);
        if (fits()) return true;
        close(snapshot, host);
        return false;
      });
      if (found) wake.push({ host: found.host, reason: `${vm.name} finds room nowhere else` });
    }
    return wake;
  });
}

/** Which loss is not survived now and would be with all of them awake. */
function missingAwake(cluster: Cluster, sleepers: HostRecord[]): string | null {
  const snapshot = snapshotOf(cluster);
  const failing = provenBook(cluster, snapshot)?.failing().slice(0, provenAtMost) ?? [];
  if (failing.length === 0) return null;
  return snapshot.tryOut(() => {
    for (const { host } of sleepers) open(snapshot, host);
    const cured = failing.find(({ hosts }) => prove(snapshot, hosts).witness !== null);
    if (!cured) return null;
    const lost = cured.hosts.map((slot) => snapshot.hosts.nameOf(slot)).sort().join(', ');
    return `after the loss of ${lost} not all VMs would start again`.slice(0, 400);
  });
}

/** Null: nothing is asked of it, or not all is known yet. */
function provenBook(cluster: Cluster, snapshot: Snapshot): CapacityBook | null {
  const book = admissionBook(cluster, snapshot);
  book?.proveSome(provenAtMost);
  return book?.dueCount === 0 ? book : null;
}

function toSleep(view: PowerView): PowerPlan {
  const { cluster, env, emptySinceMs } = view;
  const { powerIdleSeconds, powerSpareHosts } = cluster.settings();
  if (!isCalm(cluster)) return nothing;
  const idle = awakeAndEmpty(view);
  if (idle.length <= powerSpareHosts) return nothing;
  const isDue = ({ host }: HostRecord): boolean =>
    env.nowMs - (emptySinceMs.get(host) ?? env.nowMs) >= powerIdleSeconds * 1000;
  // The last by name: placement takes the first of equals.
  const host = idle.filter((each) => maySleep(view, each) && isDue(each)).at(-1)?.host;
  if (host === undefined) return nothing;
  const isSurvived = isSurvivedWithout(cluster, host);
  if (isSurvived === null) return nothing;
  if (!isSurvived) return { ...nothing, unproven: host };
  return { ...nothing, sleep: { host, reason: `empty for ${powerIdleSeconds} s, and not needed for any loss` } };
}

/** By name. */
function awakeAndEmpty({ cluster }: PowerView): HostRecord[] {
  const empty = emptyHosts(cluster);
  const snapshot = snapshotOf(cluster);
  return cluster
    .hosts()
    .filter(({ host }) => empty.has(host) && snapshot.factsOf(host)?.closed === null)
    .sort((a, b) => (a.host < b.host ? -1 : 1));
}

function maySleep({ cluster, carriers }: PowerView, record: HostRecord): boolean {
  const { host, labels, power } = record;
  if (carriers.has(host) || cluster.pools().some(({ node }) => node === host)) return false;
  if (labels[staysOn.key] === staysOn.value || isHeldOff(record)) return false;
  const observed = cluster.observed(host);
  const copies = Object.values(observed?.vms ?? {});
  const isLeft = copies.some(({ state }) => state !== 'stopped' && state !== 'failed');
  return power.state === 'verified' && !isLeft && observed?.staleCopies.length === 0;
}

/** No host is switched off while anything at all is going on. */
function isCalm(cluster: Cluster): boolean {
  if (cluster.foreignHosts().length > 0) return false;
  const isQuiet = cluster.hosts().every(({ host, health, incident, condition, sleep }) => {
    const isOver = incident === null || incident.state === 'closed';
    const isStill = health === 'online' ? sleep == null : health === 'asleep' && !isOnItsWay(sleep);
    return isOver && !condition && isStill && !isDrained(cluster, host);
  });
  return isQuiet && cluster.vms().every(({ phase }) => phase !== 'waiting' && phase !== 'recovering');
}

const isOnItsWay = (sleep: HostRecord['sleep']): boolean =>
  sleep?.stage === 'closing' || sleep?.stage === 'switching-off' || isWaking(sleep);

/** It is empty, so only losses whose victims were to go there have to be proven anew. Null: not all is known yet. */
function isSurvivedWithout(cluster: Cluster, host: string): boolean | null {
  if (cluster.settings().admission === 'off') return true;
  const snapshot = snapshotOf(cluster);
  const book = provenBook(cluster, snapshot);
  const slot = snapshot.hosts.slot(host);
  if (!book || slot === undefined) return null;
  const relying = book.relyingOn(slot);
  if (relying.length > provenAtMost) return false;
  return snapshot.tryOut(() => {
    snapshot.close(slot, asleep);
    return relying.every((lost) => prove(snapshot, lost).witness !== null);
  });
}

const asleep: Refusal = { text: 'is asleep', change: { kind: 'open', text: 'it has to be woken' } };

function open(snapshot: Snapshot, host: string): void {
  const slot = snapshot.hosts.slot(host);
  if (slot !== undefined) snapshot.open(slot);
}

function close(snapshot: Snapshot, host: string): void {
  const slot = snapshot.hosts.slot(host);
  if (slot !== undefined) snapshot.close(slot, asleep);
}

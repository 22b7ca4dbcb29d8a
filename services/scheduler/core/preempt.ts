/**
 * Room for a VM that was lost, made by stopping VMs of lower priority: only where the settings say so.
 *
 * The VM that finds no host writes down whom it claims; each of these finds from the same record that it is to stop,
 * and waits until that VM has a host. Then it is started again as soon as there is room.
 */
import type { VmRecord } from '@holdfast/contracts';
import { demandFor } from './capacity/prove.js';
import type { Cluster } from './cluster.js';
import { hasRoom } from './filter.js';
import { hostsAllowing } from './placement/allowed-hosts.js';
import { snapshotOf } from './placement/feed.js';
import type { Snapshot } from './placement/snapshot.js';
import { isOut } from './proof.js';
import { move, stay, type VmStep, type VmView } from './vm-record.js';

const lookForRoomMs = 1000;
const claimedAtMost = 64;

/** Of a VM that no host takes: it waits for whom it has claimed, or claims somebody; null when there is nobody. */
export function claimRoom(view: VmView): VmStep | null {
  const { vm, cluster } = view;
  if (cluster.settings().preemption === 'off') return null;
  if ((vm.claims ?? []).some((name) => isGoing(cluster, name))) return stay(view, [], lookForRoomMs);
  const found = cheapest(cluster, vm);
  if (!found) return null;
  const claims = [...found.vms].sort();
  return move(view, { claims }, {
    event: 'vm.preempting',
    text: `no host has room; on ${found.host} of lower priority stop for it: ${claims.join(', ')}`,
    data: { host: found.host },
  });
}

function isGoing(cluster: Cluster, name: string): boolean {
  const other = cluster.vm(name);
  if (!other?.assignment || isOut(cluster.host(other.assignment.host), other.assignment)) return false;
  return other.phase === 'running' || other.phase === 'stopping' || other.phase === 'detaching';
}

/** The VM that claims its room, if that still counts. */
export function claimantOf(cluster: Cluster, vm: VmRecord): VmRecord | null {
  if (cluster.settings().preemption === 'off') return null;
  const { vms } = snapshotOf(cluster);
  for (const [slot, names] of vms.claims) {
    if (!names.includes(vm.name)) continue;
    const claimant = cluster.vm(vms.nameOf(slot));
    if (claimant && doesClaim(claimant, vm)) return claimant;
  }
  return null;
}

function doesClaim(claimant: VmRecord, vm: VmRecord): boolean {
  const isHigher = claimant.spec.policy.priority > vm.spec.policy.priority;
  return isHigher && claimant.phase === 'recovering' && claimant.desired === 'running' &&
    (claimant.claims ?? []).includes(vm.name);
}

/** Of a VM that was stopped for another one: whether that has no host yet. */
export function standsAside({ vm, cluster }: VmView): boolean {
  const claimant = vm.preemptedBy === undefined ? null : cluster.vm(vm.preemptedBy);
  return claimant !== null && cluster.settings().preemption === 'on' && doesClaim(claimant, vm);
}

interface Found {
  host: string;
  vms: string[];
  /** The highest priority among them, how many, and how much memory they have: less is better. */
  cost: [number, number, number];
}

/** Obeys all rules: nothing but room is made. */
function cheapest(cluster: Cluster, vm: VmRecord): Found | null {
  const snapshot = snapshotOf(cluster);
  const slot = snapshot.vms.slot(vm.name);
  if (slot === undefined) return null;
  return snapshot.tryOut(() => {
    snapshot.put(slot, -1);
    const demand = demandFor(snapshot, slot);
    const avoided = new Set(vm.failures.hosts);
    let best: Found | null = null;
    for (const host of hostsAllowing(snapshot, demand)) {
      const name = snapshot.hosts.nameOf(host);
      if (avoided.has(name)) continue;
      const fits = (): boolean => hasRoom(snapshot, host, demand);
      const out = snapshot.tryOut(() => makeRoom(cluster, snapshot, { host, vm, fits }));
      // Where nobody need go, something else keeps it away.
      if (!out || out.vms.length === 0) continue;
      const found = { host: name, ...out };
      if (!best || isLess(found, best)) best = found;
    }
    return best;
  });
}

function isLess(a: Found, b: Found): boolean {
  const first = a.cost.findIndex((value, i) => value !== b.cost[i]);
  return first < 0 ? a.host < b.host : (a.cost[first] as number) < (b.cost[first] as number);
}

/** Within a trial: the lowest go first, and whoever need not have gone stays. */
function makeRoom(
  cluster: Cluster,
  snapshot: Snapshot,
  { host, vm, fits }: { host: number; vm: VmRecord; fits(): boolean },
): Omit<Found, 'host'> | null {
  const { vms } = snapshot;
  const there = [...snapshot.vmsOn(host)].filter((slot) => mayStop(cluster, vms.nameOf(slot), vm)).sort((a, b) =>
    (vms.priority[a] as number) - (vms.priority[b] as number) ||
    (vms.memoryMiB[b] as number) - (vms.memoryMiB[a] as number) || (vms.nameOf(a) < vms.nameOf(b) ? -1 : 1));
  const gone: number[] = [];
  for (const slot of there) {
    if (fits() || gone.length === claimedAtMost) break;
    snapshot.put(slot, -1);
    gone.push(slot);
  }
  if (!fits()) return null;
  const needed = [...gone].reverse().filter((slot) => {
    snapshot.put(slot, host);
    if (fits()) return false;
    snapshot.put(slot, -1);
    return true;
  });
  const memoryMiB = needed.reduce((sum, slot) => sum + (vms.memoryMiB[slot] as number), 0);
  const highest = Math.max(...needed.map((slot) => vms.priority[slot] as number));
  return { vms: needed.map((slot) => vms.nameOf(slot)), cost: [highest, needed.length, memoryMiB] };
}

/** It runs, nothing is done with it at the moment, and it may stand aside for that one. */
function mayStop(cluster: Cluster, name: string, { spec }: VmRecord): boolean {
  const other = cluster.vm(name);
  return other?.phase === 'running' && other.desired === 'running' && other.operation === null &&
    other.canary !== true && other.migration === null && other.spec.policy.priority < spec.policy.priority;
}

/** Whom a change of what a VM claims concerns. */
export function claimsChanged(before: VmRecord | null, now: VmRecord | null): readonly string[] {
  const [was, is] = [before?.claims ?? [], now?.claims ?? []];
  return was.join(' ') === is.join(' ') ? [] : [...was, ...is];
}

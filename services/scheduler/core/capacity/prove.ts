/**
 * Whether all that was on some hosts can be started again on the others once these are lost.
 *
 * A yes is a witness: a host for each VM, found by obeying the same rules and limits as any placement, one VM upon the
 * other. First in the order in which VMs are started again, by the very search that starts them; where that leaves
 * somebody out, the largest first; then a search with steps back, as far as its budget goes. A no is certain where that
 * search came to its end, and an open question where it did not: then it is `isCertain: false`, never a yes.
 */
import { hasRoom, type Demand } from '../filter.js';
import { hostsAllowing } from '../placement/allowed-hosts.js';
import type { Refusal } from '../placement/facts.js';
import { limitsOf } from '../placement/limits.js';
import { search } from '../placement/search.js';
import type { Snapshot } from '../placement/snapshot.js';
import { vmFlag } from '../placement/columns.js';

/** VM slots with the slots of their hosts. */
export interface Assigned {
  vms: Int32Array;
  hosts: Int32Array;
}

export interface Proof {
  /** All return: it is a witness; null when none was found. */
  witness: Assigned | null;
  /** False: neither a witness nor the proof that there is none was found. */
  isCertain: boolean;
  /** VMs that must run together are among the victims: anything at all may change the verdict. */
  hasGroup: boolean;
}

const lost: Refusal = { text: 'is lost', change: { kind: 'open', text: 'it has to come back' } };
const nothingAvoided = new Map<number, string>();
/** Hosts that a search with steps back may look at, in all. */
const searchBudget = 30_000;

/** Of what is on these hosts, what starts again by itself elsewhere: by priority, then the largest first. */
export function victimsOf({ hosts, vms }: Snapshot, slots: readonly number[]): number[] {
  const victims: number[] = [];
  const both = vmFlag.wanted | vmFlag.protected;
  for (const host of slots) {
    for (let entry = hosts.first[host] ?? -1; entry >= 0; entry = vms.next[entry] ?? -1) {
      if ((entry & 1) === 0 && ((vms.flags[entry >> 1] as number) & both) === both) victims.push(entry >> 1);
    }
  }
  const memory = (a: number, b: number): number => (vms.memoryMiB[b] as number) - (vms.memoryMiB[a] as number);
  return victims.sort((a, b) =>
    (vms.priority[b] as number) - (vms.priority[a] as number) || memory(a, b) ||
    (vms.cpus[b] as number) - (vms.cpus[a] as number) || (vms.nameOf(a) < vms.nameOf(b) ? -1 : 1));
}

/** In a trial: these hosts are lost, and their victims take no room until they are placed. */
export function afterLoss<T>(snapshot: Snapshot, slots: readonly number[], then: (victims: number[]) => T): T {
  return snapshot.tryOut(() => {
    const victims = victimsOf(snapshot, slots);
    for (const host of slots) snapshot.close(host, lost);
    for (const vm of victims) snapshot.put(vm, -1);
    return then(victims);
  });
}

/** Takes back all that it tries. */
export function prove(snapshot: Snapshot, slots: readonly number[]): Proof {
  return afterLoss(snapshot, slots, (victims) => {
    const hasGroup = victims.some((vm) => (snapshot.rulesOf(snapshot.vms.nameOf(vm))?.group.size ?? 1) > 1);
    if (!hasRoomInAll(snapshot, victims)) return { witness: null, isCertain: true, hasGroup };
    const bySize = [...victims].sort((a, b) => sizeOf(snapshot, b) - sizeOf(snapshot, a));
    const witness = inOrder(snapshot, victims) ?? inOrder(snapshot, bySize);
    if (witness) return { witness, isCertain: true, hasGroup };
    const narrowest = narrowestFirst(snapshot, bySize);
    if (!narrowest) return { witness: null, isCertain: !hasGroup, hasGroup };
    const steps = { left: searchBudget };
    const found = withStepsBack(snapshot, narrowest, steps);
    return { witness: found, isCertain: found !== null || (steps.left > 0 && !hasGroup), hasGroup };
  });
}

/** Where a victim finds no host: it stays out, the others go on. Within a trial; what is placed stays placed. */
export function placeEach(snapshot: Snapshot, victims: readonly number[]): { assigned: Assigned; losers: number[] } {
  const vms: number[] = [];
  const hosts: number[] = [];
  const losers: number[] = [];
  for (const vm of victims) {
    const best = search(snapshot, demandFor(snapshot, vm), null);
    if (!best) {
      losers.push(vm);
      continue;
    }
    snapshot.put(vm, best.host);
    vms.push(vm);
    hosts.push(best.host);
  }
  return { assigned: { vms: Int32Array.from(vms), hosts: Int32Array.from(hosts) }, losers };
}

/**
 * Preferences apart: what a VM returns to is nothing that it needs. Other than a placement, it does not look past
 * storage that no host reaches any more: the VM would be placed there, and would not run.
 */
export function demandFor(snapshot: Snapshot, vm: number): Demand {
  const { vms } = snapshot;
  const name = vms.nameOf(vm);
  const lostPools = snapshot.lostOf(vms.poolsOf(vm));
  const lacking = snapshot.lackingOf(vms.needsOf(vm));
  const size = { cpus: vms.cpus[vm] as number, memoryMiB: vms.memoryMiB[vm] as number, shares: vms.sharesOf(vm) };
  return { ...size, limits: limitsOf(snapshot, name, null), avoid: nothingAvoided, lostPools, lacking };
}

function inOrder(snapshot: Snapshot, victims: readonly number[]): Assigned | null {
  return snapshot.tryOut(() => {
    const { assigned, losers } = placeEach(snapshot, victims);
    return losers.length === 0 ? assigned : null;
  });
}

/** What no placement can be without: in all, as much as they take. */
function hasRoomInAll({ hosts, vms }: Snapshot, victims: readonly number[]): boolean {
  let memoryMiB = 0;
  let vcpus = 0;
  for (const vm of victims) {
    memoryMiB += vms.memoryMiB[vm] as number;
    vcpus += vms.cpus[vm] as number;
  }
  for (let host = 0; host < hosts.size && (memoryMiB > 0 || vcpus > 0); host += 1) {
    if (hosts.open[host] !== 1) continue;
    memoryMiB -= Math.max(0, (hosts.memoryMiB[host] as number) - (hosts.usedMemoryMiB[host] as number));
    vcpus -= Math.max(0, (hosts.vcpus[host] as number) - (hosts.usedVcpus[host] as number));
  }
  return memoryMiB <= 0 && vcpus <= 0;
}

/** Share of a usual host, memory and vCPUs together: only the order matters. */
function sizeOf({ vms }: Snapshot, vm: number): number {
  return (vms.memoryMiB[vm] as number) / 4096 + (vms.cpus[vm] as number) / 4;
}

/** Whom fewest hosts can take first; null when somebody fits nowhere, whatever is done with the others. */
function narrowestFirst(snapshot: Snapshot, victims: readonly number[]): number[] | null {
  const choices = new Map(victims.map((vm) => [vm, hostsFor(snapshot, demandFor(snapshot, vm)).length]));
  const choicesOf = (vm: number): number => choices.get(vm) ?? 0;
  if (victims.some((vm) => choicesOf(vm) === 0)) return null;
  return [...victims].sort((a, b) => choicesOf(a) - choicesOf(b));
}

/** Depth first, the fullest host that takes it first; null when there is none, or nothing left of `steps`. */
function withStepsBack(snapshot: Snapshot, victims: readonly number[], steps: { left: number }): Assigned | null {
  const chosen = new Int32Array(victims.length);
  const placeFrom = (index: number): boolean => {
    if (index === victims.length) return true;
    const vm = victims[index] as number;
    for (const host of hostsFor(snapshot, demandFor(snapshot, vm))) {
      const isDone = snapshot.tryOut(() => {
        snapshot.put(vm, host);
        chosen[index] = host;
        return placeFrom(index + 1);
      });
      if (isDone || steps.left <= 0) return isDone;
    }
    steps.left -= snapshot.hosts.size;
    return false;
  };
  const isFound = placeFrom(0);
  return isFound ? { vms: Int32Array.from(victims), hosts: chosen } : null;
}

/** The slots of all hosts that can take it, the one with least memory left first. */
export function hostsFor(snapshot: Snapshot, demand: Demand): number[] {
  const { hosts } = snapshot;
  const left = (host: number): number => (hosts.memoryMiB[host] as number) - (hosts.usedMemoryMiB[host] as number);
  return hostsAllowing(snapshot, demand)
    .filter((host) => hasRoom(snapshot, host, demand))
    .sort((a, b) => left(a) - left(b));
}

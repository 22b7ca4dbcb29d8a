/** Room for VMs that have to leave their host and that no host takes as things stand: another one goes before. */
import { demandFor } from '../capacity/prove.js';
import { hostsAllowing } from '../placement/allowed-hosts.js';
import { search } from '../placement/search.js';
import { tryMove, type Trial } from './even-out.js';
import { wayRound, type Step } from './order.js';

export interface RoomStep extends Step {
  /** Slot of the VM that has a host after it. */
  makesRoomFor: number;
}

/** The smallest move that is enough for each of them, one upon the other. Within a trial. */
export function roomFor(trial: Trial, leaving: readonly number[], maxMoves: number): RoomStep[] {
  const { snapshot, loaded } = trial;
  const processes = new Map([...loaded.vms.entries()].map(([p, slot]): [number, number] => [slot, p]));
  const steps: RoomStep[] = [];
  for (const vm of leaving) {
    if (steps.length >= maxMoves) break;
    const taken = search(snapshot, demandFor(snapshot, vm), null);
    if (taken) {
      snapshot.put(vm, taken.host);
      continue;
    }
    const step = stepFor(trial, vm, processes);
    if (step) steps.push(step);
  }
  return steps;
}

function stepFor(trial: Trial, vm: number, processes: ReadonlyMap<number, number>): RoomStep | null {
  const { snapshot, loaded } = trial;
  const { hosts, vms } = snapshot;
  const { fixed } = loaded.problem;
  const memoryMiB = (slot: number): number => vms.memoryMiB[slot] as number;
  for (const host of hostsAllowing(snapshot, demandFor(snapshot, vm))) {
    const missingMiB = (hosts.usedMemoryMiB[host] as number) + memoryMiB(vm) - (hosts.memoryMiB[host] as number);
    const missing = (hosts.usedVcpus[host] as number) + (vms.cpus[vm] as number) - (hosts.vcpus[host] as number);
    const isEnough = (other: number): boolean =>
      memoryMiB(other) >= missingMiB && (vms.cpus[other] as number) >= missing;
    const enough = [...snapshot.vmsOn(host)].filter((other) =>
      fixed[processes.get(other) ?? -1] === 0 && isEnough(other));
    const byName = (a: number, b: number): number => (vms.nameOf(a) < vms.nameOf(b) ? -1 : 1);
    const from = hosts.byName()[host] as number;
    for (const other of enough.sort((a, b) => memoryMiB(a) - memoryMiB(b) || byName(a, b))) {
      const p = processes.get(other) as number;
      const to = wayRound(trial, p, from, from);
      if (to === null || !tryMove(trial, p, to)) continue;
      snapshot.put(vm, host);
      return { p, from, to, gain: 0, makesRoomFor: vm };
    }
  }
  return null;
}

/**
 * Which moves even out the load. The load of a host is the share of its CPUs that is wanted, and the shares of time in
 * which tasks waited for memory or I/O. What is scored is the load after the move: that of the VMs goes with them.
 *
 * The best single move, again and again, until none pays. A move pays when the sum of squares falls by more than what
 * copying its memory costs.
 */
import type { RebalanceMove, RebalancePlan } from '@holdfast/contracts';
import { prove } from '../capacity/prove.js';
import { placeOn, seekerAt } from '../place.js';
import { vmFlag } from '../placement/columns.js';
import { limitsOf } from '../placement/limits.js';
import type { Snapshot } from '../placement/snapshot.js';
import type { Loads } from './load-book.js';

/** Nothing is moved while no host is so much more loaded than the mean: smaller differences come and go. */
const beginsAbove = 0.15;
/** By so much the sum of squares of the loads has to fall, and by so much more for each GiB. */
const leastGain = 0.005;
const gainPerGiB = 0.0005;
const ioWeight = 0.5;
const movesAtMost = 32;
/** Of the hosts most loaded, and of those least loaded. */
const hotHosts = 4;
const coolHosts = 8;
/** Losses that are proven again for each move: all of them in clusters of this size. */
const provenAtMost = 200;

export interface ByLoadOptions {
  /** False for VMs that may not move now. */
  isMovable(vm: string): boolean;
}

interface Shares {
  from: number;
  to: number;
}

interface Candidate {
  vm: number;
  from: number;
  to: number;
  shares: Shares;
  gain: number;
}

/** The same facts and loads give the same plan, in whatever order they were told. */
export function planByLoad(snapshot: Snapshot, loads: Loads, options: ByLoadOptions): RebalancePlan {
  return snapshot.tryOut(() => new Planner(snapshot, loads, options).plan());
}

class Planner {
  /** By host slot. */
  private readonly load = new Map<number, number>();
  private readonly pressed = new Map<number, number>();
  private readonly moved = new Set<number>();
  /** Hosts whose loss is survived as things stand. */
  private survived: number[];

  constructor(
    private readonly snapshot: Snapshot,
    private readonly loads: Loads,
    private readonly options: ByLoadOptions,
  ) {
    const { hosts, vms } = snapshot;
    for (const name of [...loads.hosts.keys()].sort()) {
      const level = loads.hosts.get(name);
      const slot = hosts.slot(name);
      if (slot === undefined || !level || hosts.open[slot] !== 1) continue;
      const pressure = level.memoryPressure + ioWeight * level.ioPressure;
      const wanted = this.vmsOf(slot).reduce((sum, vm) => sum + (loads.vms.get(vms.nameOf(vm)) ?? 0), 0);
      this.load.set(slot, (level.base + wanted) / (hosts.cpus[slot] as number) + pressure);
      this.pressed.set(slot, pressure / Math.max(1, hosts.usedMemoryMiB[slot] as number));
    }
    this.survived = this.isUneven() ? this.surviving() : [];
  }

  plan(): RebalancePlan {
    const before = new Map(this.load);
    const moves: RebalanceMove[] = [];
    if (this.isUneven()) {
      for (let next = this.best(); next && moves.length < movesAtMost; next = this.best()) moves.push(this.take(next));
    }
    const { hosts } = this.snapshot;
    const told = [...before].map(([slot, load]) =>
      ({ host: hosts.nameOf(slot), before: load, after: this.load.get(slot) ?? load }));
    told.sort((a, b) => (a.host < b.host ? -1 : 1));
    const spread = (of: 'before' | 'after'): number => deviation(told.map((each) => each[of]));
    return { moves, hosts: told.slice(0, 10_000), before: spread('before'), after: spread('after') };
  }

  private surviving(): number[] {
    const some = [...this.load.keys()].sort(this.byName).slice(0, provenAtMost);
    return some.filter((host) => prove(this.snapshot, [host]).witness !== null);
  }

  private isUneven(): boolean {
    const loads = [...this.load.values()];
    return loads.length >= 2 && Math.max(...loads) - mean(loads) >= beginsAbove;
  }

  private best(): Candidate | null {
    const hot = [...this.load.keys()].sort((a, b) => this.of(b) - this.of(a) || this.byName(a, b));
    const cool = [...hot].reverse().slice(0, coolHosts);
    const candidates = hot.slice(0, hotHosts).flatMap((from) => this.from(from, cool));
    candidates.sort((a, b) => b.gain - a.gain || this.inOrder(a, b));
    return candidates.find((candidate) => this.isAllowed(candidate)) ?? null;
  }

  private from(from: number, cool: readonly number[]): Candidate[] {
    const { vms } = this.snapshot;
    const candidates: Candidate[] = [];
    for (const vm of this.vmsOf(from)) {
      const name = vms.nameOf(vm);
      const isSettled = vms.at[vm] === from && (vms.to[vm] as number) < 0;
      if (!isSettled || this.moved.has(vm) || ((vms.flags[vm] as number) & vmFlag.wanted) === 0) continue;
      if (!this.loads.vms.has(name) || !this.options.isMovable(name)) continue;
      const costs = leastGain + (gainPerGiB * (vms.memoryMiB[vm] as number)) / 1024;
      for (const to of cool) {
        const shares = this.sharesOf(vm, from, to);
        const gain = this.gainOf(from, to, shares);
        if (to !== from && gain > costs) candidates.push({ vm, from, to, shares, gain: gain - costs });
      }
    }
    return candidates;
  }

  /** What the move takes from one host and gives to the other. */
  private sharesOf(vm: number, from: number, to: number): Shares {
    const { hosts, vms } = this.snapshot;
    const wanted = this.loads.vms.get(vms.nameOf(vm)) ?? 0;
    const pressure = (this.pressed.get(from) ?? 0) * (vms.memoryMiB[vm] as number);
    return {
      from: wanted / (hosts.cpus[from] as number) + pressure,
      to: wanted / (hosts.cpus[to] as number) + pressure,
    };
  }

  private gainOf(from: number, to: number, shares: Shares): number {
    const [hot, cool] = [this.of(from), this.of(to)];
    return hot ** 2 + cool ** 2 - (hot - shares.from) ** 2 - (cool + shares.to) ** 2;
  }

  /** All that a placement obeys; no host that is preferred less; and no loss that was survived before is not now. */
  private isAllowed({ vm, from, to }: Candidate): boolean {
    const { snapshot } = this;
    const { hosts, vms } = snapshot;
    const name = vms.nameOf(vm);
    const choice = placeOn(snapshot, seekerAt(snapshot, vm), { avoid: new Map(), wish: hosts.nameOf(to) });
    if (choice.host === null || choice.lostPool !== null || hosts.heldOff[to] === 1) return false;
    const { weights } = limitsOf(snapshot, name, null);
    if ((weights.get(to) ?? 0) < (weights.get(from) ?? 0)) return false;
    return snapshot.tryOut(() => {
      snapshot.put(vm, to);
      return this.survived.every((host) => prove(snapshot, [host]).witness !== null);
    });
  }

  private take({ vm, from, to, shares }: Candidate): RebalanceMove {
    const { hosts, vms } = this.snapshot;
    this.snapshot.put(vm, to);
    this.moved.add(vm);
    this.survived = this.surviving();
    this.load.set(from, this.of(from) - shares.from);
    this.load.set(to, this.of(to) + shares.to);
    const name = vms.nameOf(vm);
    const cpus = this.loads.vms.get(name) ?? 0;
    return { vm: name, from: hosts.nameOf(from), to: hosts.nameOf(to), memoryMiB: vms.memoryMiB[vm] as number, cpus };
  }

  /** Those on the way count where they go. By name, so that sums come out the same to the last digit. */
  private vmsOf(host: number): number[] {
    const { vms } = this.snapshot;
    const there = [...this.snapshot.vmsOn(host)].filter((vm) => {
      const to = vms.to[vm] as number;
      return (to >= 0 ? to : vms.at[vm]) === host;
    });
    return there.sort((a, b) => (vms.nameOf(a) < vms.nameOf(b) ? -1 : 1));
  }

  private of(host: number): number {
    return this.load.get(host) ?? 0;
  }

  private readonly byName = (a: number, b: number): number => {
    const { hosts } = this.snapshot;
    return hosts.nameOf(a) < hosts.nameOf(b) ? -1 : 1;
  };

  private inOrder(a: Candidate, b: Candidate): number {
    const { vms } = this.snapshot;
    if (a.vm !== b.vm) return vms.nameOf(a.vm) < vms.nameOf(b.vm) ? -1 : 1;
    return this.byName(a.to, b.to);
  }
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

function deviation(values: readonly number[]): number {
  if (values.length === 0) return 0;
  const middle = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - middle) ** 2)));
}

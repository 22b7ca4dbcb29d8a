/** Where each service is, how many of its processes have moved, and whether a move keeps the rules of services. */
import type { Problem } from './problem.js';

/** Rows of a table for those services only that need one, -1 for the others. */
function rowsFor(services: number, needs: (service: number) => boolean): { rowOf: Int32Array; count: number } {
  const rowOf = new Int32Array(services).fill(-1);
  let count = 0;
  for (let s = 0; s < services; s += 1) if (needs(s)) rowOf[s] = count++;
  return { rowOf, count };
}

export class ServiceLedger {
  /** Most processes of one service that have moved. */
  mostMoved = 0;
  private readonly location: Int32Array;
  private readonly neighbourhood: Int32Array;
  private readonly locations: number;
  private readonly neighbourhoods: number;
  private readonly spread: Int32Array;
  private readonly dependencyStart: Int32Array;
  private readonly dependsOn: Int32Array;
  private readonly neededStart: Int32Array;
  private readonly neededBy: Int32Array;
  /** A bit for each machine, of services with more than one process. */
  private readonly conflictRow: Int32Array;
  private readonly words: number;
  private readonly machineBits: Int32Array;
  private readonly spreadRow: Int32Array;
  private readonly inLocation: Int32Array;
  private readonly distinct: Int32Array;
  private readonly dependencyRow: Int32Array;
  private readonly inNeighbourhood: Int32Array;
  private readonly moved: Int32Array;
  /** How many services have so many moved processes. */
  private readonly withMoved: Int32Array;

  constructor(problem: Problem) {
    const { services, machines, processes, service } = problem;
    this.location = problem.location;
    this.neighbourhood = problem.neighbourhood;
    this.locations = problem.locations;
    this.neighbourhoods = problem.neighbourhoods;
    this.spread = problem.spread;
    this.dependencyStart = problem.dependencyStart;
    this.dependsOn = problem.dependsOn;
    const size = new Int32Array(services);
    for (let p = 0; p < processes; p += 1) size[service[p] as number] = (size[service[p] as number] as number) + 1;
    const conflict = rowsFor(services, (s) => (size[s] as number) > 1);
    this.conflictRow = conflict.rowOf;
    this.words = (machines + 31) >> 5;
    this.machineBits = new Int32Array(conflict.count * this.words);
    const spread = rowsFor(services, (s) => (problem.spread[s] as number) > 1);
    this.spreadRow = spread.rowOf;
    this.inLocation = new Int32Array(spread.count * problem.locations);
    this.distinct = new Int32Array(services);
    const { start, by } = reversed(problem);
    this.neededStart = start;
    this.neededBy = by;
    const tied = rowsFor(services, (s) => problem.dependencyStart[s] !== problem.dependencyStart[s + 1] ||
      start[s] !== start[s + 1]);
    this.dependencyRow = tied.rowOf;
    this.inNeighbourhood = new Int32Array(tied.count * problem.neighbourhoods);
    this.moved = new Int32Array(services);
    this.withMoved = new Int32Array(processes + 2);
    this.withMoved[0] = services;
  }

  /** A process of the service has come to the machine. */
  join(service: number, machine: number): void {
    const row = this.conflictRow[service] as number;
    if (row >= 0) {
      const word = row * this.words + (machine >> 5);
      this.machineBits[word] = (this.machineBits[word] as number) | (1 << (machine & 31));
    }
    this.count(service, machine, 1);
  }

  leave(service: number, machine: number): void {
    const row = this.conflictRow[service] as number;
    if (row >= 0) {
      const word = row * this.words + (machine >> 5);
      this.machineBits[word] = (this.machineBits[word] as number) & ~(1 << (machine & 31));
    }
    this.count(service, machine, -1);
  }

  /** `change` 1: one more of its processes is away from where it was at the start; -1: one less. */
  countMoved(service: number, change: number): void {
    const { moved, withMoved } = this;
    const before = moved[service] as number;
    const now = before + change;
    moved[service] = now;
    withMoved[before] = (withMoved[before] as number) - 1;
    withMoved[now] = (withMoved[now] as number) + 1;
    if (now > this.mostMoved) this.mostMoved = now;
    while (this.mostMoved > 0 && withMoved[this.mostMoved] === 0) this.mostMoved -= 1;
  }

  /** What `mostMoved` would be; the two services may be one. */
  mostMovedAfter(a: number, changeA: number, b: number, changeB: number): number {
    const { moved, withMoved } = this;
    const both = a === b;
    const nowA = (moved[a] as number) + changeA + (both ? changeB : 0);
    const nowB = both ? nowA : (moved[b] as number) + changeB;
    const reached = nowA > nowB ? nowA : nowB;
    let most = this.mostMoved;
    if (reached >= most) return reached;
    while (most > reached) {
      let others = withMoved[most] as number;
      if (moved[a] === most) others -= 1;
      if (!both && moved[b] === most) others -= 1;
      if (others > 0) return most;
      most -= 1;
    }
    return reached;
  }

  holds(service: number, machine: number): boolean {
    const row = this.conflictRow[service] as number;
    if (row < 0) return false;
    return ((this.machineBits[row * this.words + (machine >> 5)] as number) & (1 << (machine & 31))) !== 0;
  }

  /** Whether a process of the service may go from one machine to another, where none of its service is. */
  allows(service: number, from: number, to: number): boolean {
    return this.keepsSpread(service, from, to) && this.keepsDependencies(service, from, to);
  }

  /** Whether one of these needs the other: then each move of an exchange may depend on the other. */
  areTied(a: number, b: number): boolean {
    if ((this.dependencyRow[a] as number) < 0 || (this.dependencyRow[b] as number) < 0) return false;
    return this.needs(a, b) || this.needs(b, a);
  }

  private needs(a: number, b: number): boolean {
    for (let i = this.dependencyStart[a] as number; i < (this.dependencyStart[a + 1] as number); i += 1) {
      if (this.dependsOn[i] === b) return true;
    }
    return false;
  }

  private keepsSpread(service: number, from: number, to: number): boolean {
    const row = this.spreadRow[service] as number;
    if (row < 0) return true;
    const [left, taken] = [this.location[from] as number, this.location[to] as number];
    if (left === taken) return true;
    const first = row * this.locations;
    let there = this.distinct[service] as number;
    if (this.inLocation[first + left] === 1) there -= 1;
    if (this.inLocation[first + taken] === 0) there += 1;
    return there >= (this.spread[service] as number);
  }

  private keepsDependencies(service: number, from: number, to: number): boolean {
    const row = this.dependencyRow[service] as number;
    if (row < 0) return true;
    const [left, taken] = [this.neighbourhood[from] as number, this.neighbourhood[to] as number];
    if (left === taken) return true;
    const { neighbourhoods: width, inNeighbourhood: there, dependencyRow } = this;
    if (there[row * width + left] === 1) {
      for (let i = this.neededStart[service] as number; i < (this.neededStart[service + 1] as number); i += 1) {
        const other = this.neededBy[i] as number;
        if (other !== service && (there[(dependencyRow[other] as number) * width + left] as number) > 0) return false;
      }
    }
    if ((there[row * width + taken] as number) > 0) return true;
    for (let i = this.dependencyStart[service] as number; i < (this.dependencyStart[service + 1] as number); i += 1) {
      const other = this.dependsOn[i] as number;
      if (other !== service && there[(dependencyRow[other] as number) * width + taken] === 0) return false;
    }
    return true;
  }

  private count(service: number, machine: number, change: number): void {
    const spreadRow = this.spreadRow[service] as number;
    if (spreadRow >= 0) {
      const cell = spreadRow * this.locations + (this.location[machine] as number);
      const now = (this.inLocation[cell] as number) + change;
      this.inLocation[cell] = now;
      if (now === 0 || (now === 1 && change === 1)) {
        this.distinct[service] = (this.distinct[service] as number) + change;
      }
    }
    const row = this.dependencyRow[service] as number;
    if (row < 0) return;
    const cell = row * this.neighbourhoods + (this.neighbourhood[machine] as number);
    this.inNeighbourhood[cell] = (this.inNeighbourhood[cell] as number) + change;
  }
}

/** By service: who depends on it. */
function reversed({ services, dependencyStart, dependsOn }: Problem): { start: Int32Array; by: Int32Array } {
  const start = new Int32Array(services + 1);
  for (const other of dependsOn) start[other + 1] = (start[other + 1] as number) + 1;
  for (let s = 0; s < services; s += 1) start[s + 1] = (start[s + 1] as number) + (start[s] as number);
  const next = start.slice();
  const by = new Int32Array(dependsOn.length);
  for (let s = 0; s < services; s += 1) {
    for (let i = dependencyStart[s] as number; i < (dependencyStart[s + 1] as number); i += 1) {
      const other = dependsOn[i] as number;
      by[next[other] as number] = s;
      next[other] = (next[other] as number) + 1;
    }
  }
  return { start, by };
}

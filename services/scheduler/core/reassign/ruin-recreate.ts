/**
 * Ruin and recreate (Schrimpf et al., *Journal of Computational Physics* 159, 2000), accepted by annealing: a few
 * machines lose some or all of their processes at once, and each of these goes where it is cheapest then. So a process
 * larger than what is free anywhere gets a machine, as in the rearrangement of big processes by which Gavranovic,
 * Buljubasic and Demirovic won the challenge (*Electronic Notes in Discrete Mathematics* 39, 2012); moves and exchanges
 * of one or two cannot give it one.
 *
 * It runs in slices, as `Annealing` does.
 */
import { Annealed } from './annealed.js';
import { sizesOf, type Heat } from './heat.js';
import type { Assignment, Problem } from './problem.js';
import { Workbench } from './workbench.js';

/** Measured on the instances of set A. */
const maxRuined = 3;
const maxLifted = 40;
/** All machines are looked at for each process, or these many by chance. */
const maxLooks = 128;

export class RuinRecreate extends Annealed<Workbench> {
  /** By process: its share of all there is, and what it would cost were it all above safety. */
  private readonly sizes: readonly [Float64Array, Float64Array];
  /** Taking room never makes a machine cheaper: then a rebuilding that costs too much already can be given up. */
  private readonly onlyDearer: boolean;
  private readonly lifted = new Int32Array(maxLifted);
  private readonly was = new Int32Array(maxLifted);
  private readonly keys: Float64Array;
  private count = 0;
  private readonly ruined = new Int32Array(maxRuined);
  private ruinedCount = 0;
  private readonly candidates: Int32Array;
  private candidateCount: number;

  /** `start` has to be feasible. */
  constructor(problem: Problem, start: Assignment, options: Heat & { seed: number }) {
    super(problem, start, options, (at) => new Workbench(problem, at));
    this.sizes = sizesOf(problem);
    this.keys = new Float64Array(problem.processes);
    this.onlyDearer = problem.balances.length === 0 && !problem.evenness;
    this.candidateCount = problem.machines;
    this.candidates = Int32Array.from({ length: Math.max(problem.machines, maxLooks) }, (_, m) => m);
  }

  /** `progress` from 0 at the start to 1 at the end. */
  slice(progress: number, rebuildings: number): void {
    if (this.problem.machines < 2) return;
    this.coolTo(progress);
    for (let i = 0; i < rebuildings; i += 1) {
      this.rebuild();
      this.keepBest();
    }
  }

  private rebuild(): void {
    const { state, lifted, was } = this;
    this.chooseRuins();
    if (this.count === 0) return;
    const limit = state.cost + this.limit();
    for (let i = 0; i < this.count; i += 1) {
      const p = lifted[i] as number;
      was[i] = state.at[p] as number;
      state.lift(p);
    }
    if (this.problem.machines > maxLooks) this.drawCandidates();
    let placed = 0;
    for (; placed < this.count; placed += 1) {
      const p = lifted[placed] as number;
      const to = state.cheapestFor(p, this.candidates, this.candidateCount);
      if (to < 0) break;
      state.put(p, to);
      if (this.onlyDearer && state.cost > limit) {
        placed += 1;
        break;
      }
    }
    if (placed < this.count || state.cost > limit) this.undo(placed);
  }

  private undo(placed: number): void {
    const { state, lifted, was } = this;
    for (let i = 0; i < placed; i += 1) state.lift(lifted[i] as number);
    for (let i = this.count - 1; i >= 0; i -= 1) state.put(lifted[i] as number, was[i] as number);
  }

  /** The first is rather one that costs much, the others are any. */
  private chooseRuins(): void {
    const { state, random, ruined } = this;
    const { machines } = this.problem;
    const wanted = 2 + random.below(maxRuined - 1);
    const share = Math.max(1, Math.round((2 + random.below(maxLifted - 1)) / wanted));
    this.count = 0;
    this.ruinedCount = 0;
    for (let k = 0; k < wanted; k += 1) {
      let machine = random.below(machines);
      const other = random.below(machines);
      const isDearer = (state.machineCost[other] as number) > (state.machineCost[machine] as number);
      if (k === 0 && random.below(2) === 0 && isDearer) machine = other;
      if (ruined.subarray(0, this.ruinedCount).includes(machine)) continue;
      ruined[this.ruinedCount++] = machine;
      this.choose(machine, share);
    }
    this.sortLifted();
  }

  private choose(machine: number, share: number): void {
    const { random, lifted, problem } = this;
    const row = this.state.on[machine] as Int32Array;
    const there = this.state.countOn[machine] as number;
    let left = Math.min(share, there, maxLifted - this.count);
    for (let i = 0; i < there && left > 0; i += 1) {
      // Each is as likely as any other (selection sampling, Knuth's Algorithm S).
      if (random.below(there - i) >= left) continue;
      left -= 1;
      const p = row[i] as number;
      if (problem.fixed[p] !== 1) lifted[this.count++] = p;
    }
  }

  /** In any order, or about from the largest to the smallest. */
  private sortLifted(): void {
    const { random, lifted, keys, count, sizes } = this;
    const how = random.below(4);
    const size = how === 1 ? sizes[0] : sizes[1];
    for (let i = 0; i < count; i += 1) {
      const p = lifted[i] as number;
      keys[p] = how === 0 ? random.share() : -(size[p] as number) * (0.5 + random.share());
    }
    lifted.subarray(0, count).sort((p, q) => (keys[p] as number) - (keys[q] as number));
  }

  /** Where there are too many machines: the ruined ones, where the lifted were at the start, and others by chance. */
  private drawCandidates(): void {
    const { candidates, random, problem } = this;
    let count = 0;
    for (let k = 0; k < this.ruinedCount; k += 1) candidates[count++] = this.ruined[k] as number;
    for (let i = 0; i < this.count; i += 1) candidates[count++] = problem.initial[this.lifted[i] as number] as number;
    while (count < maxLooks) candidates[count++] = random.below(problem.machines);
    this.candidateCount = count;
  }
}

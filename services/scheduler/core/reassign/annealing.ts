/**
 * Simulated annealing (Kirkpatrick et al., 1983) over moves, exchanges and chains of two moves, as Portal, Ritt et al.
 * (2016) did for this problem. What can be done at all is rare where machines are full: so a process is tried on one
 * machine after the other, and with others of about its own size, until one lets it in.
 *
 * It runs in slices: whoever calls says how far along it is, by a clock or by counting, so that the search itself needs
 * neither. The same seed and the same slices give the same assignment.
 */
import { Annealed } from './annealed.js';
import type { Heat } from './heat.js';
import { Occupancy } from './occupancy.js';
import type { Assignment, Problem } from './problem.js';

export interface AnnealingOptions extends Heat {
  seed: number;
}

/** Measured on the instances of set A: of 16 kinds drawn, and how many others are looked at for one that fits. */
const [moveShare, swapShare, kinds] = [6, 9, 16];
const maxLooks = 64;
/** Seven of eight exchanges are with one of about the same size, the sorted fifth around it at most. */
const nearWidth = 0.2;

export class Annealing extends Annealed<Occupancy> {
  /** `start` has to be feasible. */
  constructor(problem: Problem, start: Assignment, options: AnnealingOptions) {
    super(problem, start, options, (at) => new Occupancy(problem, at));
  }

  /** `progress` from 0 at the start to 1 at the end. */
  slice(progress: number, proposals: number): void {
    if (this.movable.length === 0 || this.problem.machines < 2) return;
    this.coolTo(progress);
    for (let i = 0; i < proposals; i += 1) {
      const kind = this.random.below(kinds);
      if (kind < moveShare) this.tryMove();
      else if (kind < moveShare + swapShare) this.trySwap();
      else this.tryChain();
    }
    this.keepBest();
  }

  private anyProcess(): number {
    return this.movable[this.random.below(this.movable.length)] as number;
  }

  private tryMove(): void {
    const { state } = this;
    const { machines } = this.problem;
    const p = this.anyProcess();
    let to = this.random.below(machines);
    for (let i = 0; i < maxLooks; i += 1) {
      if (to !== state.at[p] && state.canMove(p, to)) {
        const delta = state.moveDelta(p, to);
        if (delta <= this.limit()) state.move(p, to, delta);
        return;
      }
      to = to + 1 === machines ? 0 : to + 1;
    }
  }

  private trySwap(): void {
    const { state, random, movable } = this;
    const count = movable.length;
    const rank = random.below(count);
    const p = movable[rank] as number;
    let other = random.below(count);
    if (random.below(8) < 7) {
      const width = Math.ceil(count * nearWidth * random.share() ** 2);
      other = Math.min(count - 1, Math.max(0, rank - width + random.below(2 * width + 1)));
    }
    for (let i = 0; i < maxLooks; i += 1) {
      const q = movable[other] as number;
      if (state.at[p] !== state.at[q] && state.canSwap(p, q)) {
        const delta = state.swapDelta(p, q);
        if (delta <= this.limit()) state.swap(p, q, delta);
        return;
      }
      other = other + 1 === count ? 0 : other + 1;
    }
  }

  /** One goes on from where another is to come. */
  private tryChain(): void {
    const { state } = this;
    const [p, q] = [this.anyProcess(), this.anyProcess()];
    const [from, middle] = [state.at[p] as number, state.at[q] as number];
    const to = this.random.below(this.problem.machines);
    if (from === middle || to === middle || to === from || !state.canMove(q, to)) return;
    const first = state.moveDelta(q, to);
    state.move(q, to, first);
    if (state.canMove(p, middle)) {
      const second = state.moveDelta(p, middle);
      if (first + second <= this.limit()) {
        state.move(p, middle, second);
        return;
      }
    }
    state.move(q, middle, -first);
  }
}

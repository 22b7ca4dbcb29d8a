/** What every search has that is accepted by annealing: where it is, the best so far, and how hot it is. */
import { bySize, usualChange, type Heat } from './heat.js';
import type { Occupancy } from './occupancy.js';
import type { Assignment, Problem } from './problem.js';
import { FastRandom } from './random.js';

/** From here on nothing worse is taken. */
const coldFrom = 0.97;

export abstract class Annealed<State extends Occupancy> {
  /** The best so far, and what it costs. */
  readonly best: Assignment;
  bestCost: number;
  protected state: State;
  protected temperature = 0;
  protected readonly random: FastRandom;
  /** Those that may move, by size. */
  protected readonly movable: Int32Array;
  private hot = 1;
  private cold = 1;
  private readonly usual: number;

  /** `start` has to be feasible. */
  protected constructor(
    protected readonly problem: Problem,
    start: Assignment,
    options: Heat & { seed: number },
    private readonly stateOf: (at: Assignment) => State,
  ) {
    this.random = new FastRandom(options.seed);
    this.state = stateOf(start);
    this.best = Int32Array.from(start);
    this.bestCost = this.state.cost;
    this.movable = bySize(problem);
    this.usual = usualChange(this.movable, problem.machines, { state: this.state, random: this.random });
    this.heat(options);
  }

  /** Goes on from the best, or from what somebody else has found. */
  restart(from: Assignment, options: Heat): void {
    this.state = this.stateOf(from);
    this.heat(options);
    this.keepBest();
  }

  /** `progress` from 0 at the start to 1 at the end. */
  protected coolTo(progress: number): void {
    this.temperature = progress >= coldFrom ? 0 : this.hot * (this.cold / this.hot) ** (progress / coldFrom);
  }

  protected keepBest(): void {
    if (this.state.cost >= this.bestCost) return;
    this.bestCost = this.state.cost;
    this.best.set(this.state.at);
  }

  /** What the whole may cost more this time. */
  protected limit(): number {
    return this.temperature === 0 ? 0 : -this.temperature * Math.log(this.random.share());
  }

  private heat({ hot = 40, cold = 0.1 }: Heat): void {
    this.hot = this.usual * hot;
    this.cold = this.usual * cold;
  }
}

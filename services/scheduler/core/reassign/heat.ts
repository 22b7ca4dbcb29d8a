/** How hot an annealing is, and by what it is measured. */
import type { Occupancy } from './occupancy.js';
import type { Problem } from './problem.js';
import type { FastRandom } from './random.js';

export interface Heat {
  /** How hot it starts, in usual changes of the cost by a move. */
  hot?: number;
  /** And how cold it ends, before the last part, in which nothing worse is taken. */
  cold?: number;
}

/** The middle one of what the moves that can be done would change. */
export function usualChange(
  movable: Int32Array,
  machines: number,
  { state, random }: { state: Occupancy; random: FastRandom },
): number {
  const changes: number[] = [];
  for (let i = 0; i < 20_000 && changes.length < 1000 && movable.length > 0; i += 1) {
    const p = movable[random.below(movable.length)] as number;
    const to = random.below(machines);
    if (to === state.at[p] || !state.canMove(p, to)) continue;
    const change = Math.abs(state.moveDelta(p, to));
    if (change > 0) changes.push(change);
  }
  return changes.sort((a, b) => a - b)[changes.length >> 1] ?? 1;
}

/** By process: what it takes of each resource as shares of all there is, summed; and the same in load weights. */
export function sizesOf(problem: Problem): [Float64Array, Float64Array] {
  const { processes, machines, resources, capacity, requirement, loadWeight } = problem;
  const all = new Float64Array(resources);
  for (let i = 0; i < machines * resources; i += 1) {
    all[i % resources] = (all[i % resources] as number) + (capacity[i] as number);
  }
  const [shares, costs] = [new Float64Array(processes), new Float64Array(processes)];
  for (let i = 0; i < processes * resources; i += 1) {
    const p = Math.floor(i / resources);
    const r = i % resources;
    shares[p] = (shares[p] as number) + (requirement[i] as number) / Math.max(1, all[r] as number);
    costs[p] = (costs[p] as number) + (requirement[i] as number) * (loadWeight[r] as number);
  }
  return [shares, costs];
}

/** Those that may move, the smallest first. */
export function bySize(problem: Problem): Int32Array {
  const [sizes] = sizesOf(problem);
  const movable = Int32Array.from({ length: problem.processes }, (_, p) => p).filter((p) => problem.fixed[p] !== 1);
  return movable.sort((a, b) => (sizes[a] as number) - (sizes[b] as number) || a - b);
}

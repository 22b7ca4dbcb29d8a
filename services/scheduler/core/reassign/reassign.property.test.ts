import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anyProblem } from '../testing/random-problem.js';
import { Annealing } from './annealing.js';
import { brokenBy, costOf } from './check.js';
import { Occupancy } from './occupancy.js';

const step = fc.tuple(fc.nat(1000), fc.nat(1000), fc.boolean());

describe('what the search keeps by increments is what the definitions say', () => {
  test('the cost after any moves and exchanges, and that each which is allowed is feasible', () => {
    let done = 0;
    fc.assert(
      fc.property(anyProblem, fc.array(step, { minLength: 40, maxLength: 60 }), (problem, steps) => {
        const state = new Occupancy(problem, problem.initial);
        expect(state.cost).toBe(costOf(problem, state.at).total);
        for (const [first, second, isSwap] of steps) {
          const p = first % problem.processes;
          const other = second % (isSwap ? problem.processes : problem.machines);
          if (problem.fixed[p] === 1 || (isSwap && problem.fixed[other] === 1)) continue;
          if (state.at[p] === (isSwap ? state.at[other] : other)) continue;
          if (isSwap && state.canSwap(p, other)) state.swap(p, other, state.swapDelta(p, other));
          else if (!isSwap && state.canMove(p, other)) state.move(p, other, state.moveDelta(p, other));
          else continue;
          done += 1;
          expect(brokenBy(problem, state.at)).toEqual([]);
          expect(state.cost).toBe(costOf(problem, state.at).total);
        }
      }),
      { numRuns: 300 },
    );
    expect(done).toBeGreaterThan(500);
  });

  test('a move is refused only when it would break a constraint', () => {
    fc.assert(
      fc.property(anyProblem, fc.nat(), fc.nat(), (problem, first, second) => {
        const state = new Occupancy(problem, problem.initial);
        const p = first % problem.processes;
        const to = second % problem.machines;
        if (problem.fixed[p] === 1 || state.at[p] === to) return;
        const moved = Int32Array.from(problem.initial);
        moved[p] = to;
        expect(state.canMove(p, to)).toBe(brokenBy(problem, moved).length === 0);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('the search', () => {
  const search = (problem: Parameters<typeof costOf>[0], seed: number): Annealing => {
    const annealing = new Annealing(problem, problem.initial, { seed });
    for (let i = 0; i < 20; i += 1) annealing.slice(i / 20, 50);
    annealing.restart(annealing.best, { hot: 1 });
    for (let i = 0; i < 10; i += 1) annealing.slice(i / 10, 50);
    return annealing;
  };

  test('finds something feasible, no worse than the start, and knows what it costs', () => {
    let better = 0;
    fc.assert(
      fc.property(anyProblem, fc.nat(), (problem, seed) => {
        const { best, bestCost } = search(problem, seed);
        const before = costOf(problem, problem.initial).total;
        expect(brokenBy(problem, best)).toEqual([]);
        expect(bestCost).toBe(costOf(problem, best).total);
        expect(bestCost).toBeLessThanOrEqual(before);
        if (bestCost < before) better += 1;
      }),
      { numRuns: 200 },
    );
    expect(better).toBeGreaterThan(20);
  });

  test('finds the same with the same seed', () => {
    fc.assert(
      fc.property(anyProblem, fc.nat(), (problem, seed) => {
        expect(search(problem, seed).best).toEqual(search(problem, seed).best);
      }),
      { numRuns: 50 },
    );
  });
});

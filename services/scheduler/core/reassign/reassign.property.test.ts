import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anyProblem } from '../testing/random-problem.js';
import { Annealing } from './annealing.js';
import { brokenBy, costOf } from './check.js';
import { Occupancy } from './occupancy.js';
import { RuinRecreate } from './ruin-recreate.js';
import { Workbench } from './workbench.js';

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

describe('processes that are lifted at once', () => {
  const all = (machines: number): Int32Array => Int32Array.from({ length: machines }, (_, m) => m);

  test('go where it is feasible, or back, and the cost is that of the definitions', () => {
    let moved = 0;
    fc.assert(
      fc.property(anyProblem, fc.array(fc.array(fc.nat(11), { minLength: 1 })), (problem, groups) => {
        const state = new Workbench(problem, problem.initial);
        for (const group of groups) {
          const lifted = [...new Set(group)].filter((p) => p < problem.processes && problem.fixed[p] !== 1);
          const before = { at: state.at.slice(), cost: state.cost };
          for (const p of lifted) state.lift(p);
          const put = lifted.filter((p) => {
            const to = state.cheapestFor(p, all(problem.machines), problem.machines);
            if (to >= 0) state.put(p, to);
            return to >= 0;
          });
          if (put.length < lifted.length) {
            for (const p of put) state.lift(p);
            for (const p of lifted.toReversed()) state.put(p, before.at[p] ?? 0);
            expect({ at: state.at, cost: state.cost }).toEqual(before);
          } else if (state.at.some((machine, p) => machine !== before.at[p])) moved += 1;
          expect(brokenBy(problem, state.at)).toEqual([]);
          expect(state.cost).toBe(costOf(problem, state.at).total);
        }
      }),
      { numRuns: 300 },
    );
    expect(moved).toBeGreaterThan(200);
  });

  test('a single one goes where the whole costs least of all that is feasible', () => {
    fc.assert(
      fc.property(anyProblem, fc.nat(), (problem, first) => {
        const p = first % problem.processes;
        if (problem.fixed[p] === 1) return;
        const state = new Workbench(problem, problem.initial);
        state.lift(p);
        state.put(p, state.cheapestFor(p, all(problem.machines), problem.machines));
        // The most that a service has moved is not looked at: it counts for the whole rebuilding.
        const cost = (at: Int32Array): number => costOf(problem, at).total - costOf(problem, at).serviceMove;
        const others = [...all(problem.machines)].map((machine) => problem.initial.with(p, machine));
        const feasible = others.filter((at) => brokenBy(problem, at).length === 0);
        expect(cost(state.at)).toBe(Math.min(...feasible.map(cost)));
      }),
      { numRuns: 1000 },
    );
  });
});

describe.each([['by moves', Annealing], ['by ruin and recreate', RuinRecreate]])('the search %s', (_, Search) => {
  const searched = (problem: Parameters<typeof costOf>[0], seed: number): Annealing | RuinRecreate => {
    const search = new Search(problem, problem.initial, { seed });
    for (let i = 0; i < 20; i += 1) search.slice(i / 20, 50);
    search.restart(search.best, { hot: 1 });
    for (let i = 0; i < 10; i += 1) search.slice(i / 10, 50);
    return search;
  };

  test('finds something feasible, no worse than the start, and knows what it costs', () => {
    let better = 0;
    fc.assert(
      fc.property(anyProblem, fc.nat(), (problem, seed) => {
        const { best, bestCost } = searched(problem, seed);
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
        expect(searched(problem, seed).best).toEqual(searched(problem, seed).best);
      }),
      { numRuns: 50 },
    );
  });
});

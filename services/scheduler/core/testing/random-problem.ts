/** Small machine reassignment problems of every kind, with a feasible start. */
import fc from 'fast-check';
import type { Problem } from '../reassign/problem.js';

const column = (length: number, max: number): fc.Arbitrary<number[]> =>
  fc.array(fc.nat({ max }), { minLength: length, maxLength: length });

interface Size {
  machines: number;
  processes: number;
  resources: number;
  services: number;
}

const anySize: fc.Arbitrary<Size> = fc.record({
  machines: fc.integer({ min: 2, max: 6 }),
  processes: fc.integer({ min: 1, max: 12 }),
  resources: fc.integer({ min: 1, max: 3 }),
  services: fc.integer({ min: 1, max: 6 }),
});

function withSize({ machines, processes, resources, services: few }: Size): fc.Arbitrary<Problem> {
  // One more for each process, for those that would meet one of their own service.
  const services = few + processes;
  const dependency = fc.tuple(fc.nat({ max: few - 1 }), fc.nat({ max: few - 1 }));
  return fc
    .record({
      transient: column(resources, 1),
      loadWeight: column(resources, 10),
      spare: column(machines * resources, 20),
      reserve: column(machines * resources, 15),
      location: column(machines, 2),
      neighbourhood: column(machines, 1),
      moveCost: column(machines * machines, 5),
      wanted: column(processes, few - 1),
      fixed: fc.array(fc.constantFrom(0, 0, 0, 1), { minLength: processes, maxLength: processes }),
      processMoveCost: column(processes, 5),
      requirement: column(processes * resources, 9),
      isSpread: column(services, 1),
      evenWeight: column(resources, 2),
      evenGoal: column(resources, 20),
      evenScale: column(machines * resources, 2),
      isBound: column(processes, 1),
      mayTake: column(machines, 1),
      dependencies: fc.array(dependency, { maxLength: 3 }),
      balances: fc.array(
        fc.record({
          a: fc.nat({ max: resources - 1 }),
          b: fc.nat({ max: resources - 1 }),
          target: fc.nat({ max: 3 }),
          weight: fc.nat({ max: 10 }),
        }),
        { maxLength: 2 },
      ),
      weights: fc.record({ processMove: fc.nat(3), serviceMove: fc.nat(30), machineMove: fc.nat(3) }),
      initial: column(processes, machines - 1),
    })
    .map((drawn) => {
      const used = new Float64Array(machines * resources);
      for (const [p, at] of drawn.initial.entries()) {
        for (let r = 0; r < resources; r += 1) {
          used[at * resources + r] = (used[at * resources + r] ?? 0) + (drawn.requirement[p * resources + r] ?? 0);
        }
      }
      const capacity = used.map((value, i) => value + (drawn.spare[i] ?? 0));
      const taken = new Set<number>();
      const service = drawn.wanted.map((wanted, p) => {
        const place = wanted * machines + (drawn.initial[p] ?? 0);
        if (taken.has(place)) return few + p;
        taken.add(place);
        return wanted;
      });
      const near = (s: number): Set<number | undefined> => new Set(
        drawn.initial.filter((_, p) => service[p] === s).map((at) => drawn.neighbourhood[at]));
      const places = (s: number): number =>
        new Set(drawn.initial.filter((_, p) => service[p] === s).map((at) => drawn.location[at])).size;
      const isMet = (a: number, b: number): boolean => [...near(a)].every((place) => near(b).has(place));
      const of = Array.from({ length: services }, (_, s) =>
        [...new Set(drawn.dependencies.flatMap(([a, b]) => (a === s && isMet(a, b) ? [b] : [])))]);
      return {
        machines, processes, resources, services,
        locations: 3,
        neighbourhoods: 2,
        transient: Uint8Array.from(drawn.transient),
        loadWeight: Float64Array.from(drawn.loadWeight),
        capacity,
        safety: capacity.map((value, i) => Math.max(0, value - (drawn.reserve[i] ?? 0))),
        location: Int32Array.from(drawn.location),
        neighbourhood: Int32Array.from(drawn.neighbourhood),
        moveCost: Float64Array.from(drawn.moveCost),
        service: Int32Array.from(service),
        fixed: Uint8Array.from(drawn.fixed),
        processMoveCost: Float64Array.from(drawn.processMoveCost),
        requirement: Float64Array.from(drawn.requirement),
        spread: Int32Array.from(drawn.isSpread, (is, s) => (is === 1 ? places(s) : 0)),
        dependencyStart: Int32Array.from([0, ...of.map((_, s) => of.slice(0, s + 1).flat().length)]),
        dependsOn: Int32Array.from(of.flat()),
        balances: drawn.balances,
        weights: drawn.weights,
        initial: Int32Array.from(drawn.initial),
        evenness: {
          weight: Float64Array.from(drawn.evenWeight),
          goal: Float64Array.from(drawn.evenGoal),
          scale: Float64Array.from(drawn.evenScale),
        },
        places: {
          rowOf: Int32Array.from(drawn.isBound, (is, p) => (is === 1 && drawn.mayTake[drawn.initial[p] ?? 0] ? 0 : -1)),
          bits: Int32Array.of(drawn.mayTake.reduce((bits, may, m) => bits | (may << m), 0)),
        },
      };
    });
}

export const anyProblem: fc.Arbitrary<Problem> = anySize.chain(withSize);

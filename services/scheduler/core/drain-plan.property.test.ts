import { expect, test } from 'vitest';
import fc from 'fast-check';
import { planDrain } from './drain-plan.js';
import { largestFirst } from './drain-turn.js';
import { place } from './place.js';
import { anyCluster, hostNames } from './testing/random-cluster.js';
import { anyTightCluster } from './testing/tight-cluster.js';
import { clusterOf, drainRecord, type Facts } from './testing/records.js';

const either: fc.Arbitrary<Partial<Facts>> = fc.oneof(anyCluster, anyTightCluster);

test('each move of a plan to empty a host can be made on the facts that those before it leave, and no other', () => {
  let [moved, left] = [0, 0];
  fc.assert(
    fc.property(either, fc.constantFrom(...hostNames), (facts, host) => {
      const plan = planDrain(clusterOf(facts), host);
      if (!plan.ok) return;
      const { moves, stuck } = plan.value;
      const drains = [...(facts.drains ?? []).filter((drain) => drain.host !== host), drainRecord(host)];
      let vms = facts.vms ?? [];
      const there = vms.filter(({ assignment }) => assignment?.host === host);
      expect([...moves, ...stuck].map(({ vm }) => vm).sort()).toEqual(there.map(({ name }) => name).sort());
      const inTurn = there.map((vm) => ({ name: vm.name, memoryMiB: vm.spec.memoryMiB, vm })).sort(largestFirst);
      for (const { name, vm } of inTurn) {
        const to = moves.find((move) => move.vm === name)?.to ?? null;
        if (vm.migration) {
          expect(to).toBe(vm.migration.to.host);
          continue;
        }
        const choice = place(clusterOf({ ...facts, drains, vms }), vm, { avoid: new Map(), wish: to });
        expect(choice.host?.host ?? null).toBe(to);
        if (to === null) left += 1;
        else {
          moved += 1;
          const assignment = { host: to, hostEpoch: 2, generation: 2 };
          vms = vms.map((each) => (each.name === name ? { ...each, assignment } : each));
        }
      }
    }),
    { numRuns: 400 },
  );
  expect([moved > 100, left > 20]).toEqual([true, true]);
});

test('the plan to empty a host is the same for the same facts, in whatever order they are told', () => {
  fc.assert(
    fc.property(either, fc.constantFrom(...hostNames), (facts, host) => {
      const turned = {
        ...facts,
        hosts: [...(facts.hosts ?? [])].reverse(),
        observed: [...(facts.observed ?? [])].reverse(),
        vms: [...(facts.vms ?? [])].reverse(),
      };
      const [plan, again] = [planDrain(clusterOf(facts), host), planDrain(clusterOf(turned), host)];
      if (plan.ok) expect(again).toEqual(plan);
      else expect(again.ok).toBe(false);
    }),
    { numRuns: 200 },
  );
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { demandFor } from '../capacity/prove.js';
import { filters } from '../filter.js';
import { snapshotOf } from '../placement/feed.js';
import type { Snapshot } from '../placement/snapshot.js';
import { anyCluster, vmNames } from '../testing/random-cluster.js';
import { clusterOf, hostRecord, observed, vmRecord } from '../testing/records.js';
import { vmSpecSchema, type VmRecord } from '@holdfast/contracts';
import { planRebalance, type RebalancePlan } from './plan.js';
import type { VmLoad } from './spread-of-load.js';

/** Almost every move is worth it. */
const eager = { gainPerGiB: 0.0001, gibPerMove: 1 };
const nothingMeasured = new Map<string, VmLoad>();
const anyLoads = fc
  .dictionary(fc.constantFrom(...vmNames), fc.float({ min: 0, max: 3, noNaN: true }), { maxKeys: 8 })
  .map((drawn) => new Map(Object.entries(drawn).map(([vm, cpus]) => [vm, { cpus }])));
/** With more that can move: no VM is moving already, all are wanted, and hosts are large and online. */
const calm = anyCluster.map((facts) => ({
  ...facts,
  hosts: facts.hosts.map((host) => ({ ...host, health: 'online' as const, admin: 'active' as const })),
  observed: facts.observed.map((report) => ({ ...report, capacity: { ...report.capacity, cpus: 4 } })),
  vms: facts.vms.map((each) => ({ ...each, migration: null, desired: 'running' as const })),
}));
const either = fc.oneof(anyCluster, calm);
const sum = ({ memory, cpus }: RebalancePlan['before']): number => memory + cpus;

/** Each step, while the VM still takes room where it was. */
function refusals(snapshot: Snapshot, { moves }: RebalancePlan): string[] {
  return snapshot.tryOut(() =>
    moves.flatMap(({ vm, from, to }) => {
      const slot = snapshot.vms.slotFor(vm);
      const target = snapshot.hosts.slotFor(to);
      const refused = filters.flatMap(({ name, refusal }) =>
        refusal(snapshot, target, demandFor(snapshot, slot)) ? [`${vm} to ${to}: ${name}`] : []);
      if (snapshot.hosts.nameOf(snapshot.vms.at[slot] as number) !== from) refused.push(`${vm} is not on ${from}`);
      snapshot.put(slot, target);
      return refused;
    }));
}

describe('a plan to use hosts more evenly, whatever the cluster', () => {
  test('breaks no strict rule and no limit at any step, is no worse than the start, and pays', () => {
    let moves = 0;
    fc.assert(
      fc.property(either, anyLoads, (facts, loads) => {
        const snapshot = snapshotOf(clusterOf(facts));
        const plan = planRebalance(snapshot, loads, eager);
        moves += plan.moves.length;
        expect(refusals(snapshot, plan)).toEqual([]);
        expect(sum(plan.after)).toBeLessThanOrEqual(sum(plan.before) + 1e-9);
        expect(plan.moves.reduce((gain, move) => gain + move.gain, 0)).toBeGreaterThanOrEqual(0);
        if (plan.moves.length > 0) expect(sum(plan.after)).toBeLessThan(sum(plan.before));
      }),
      { numRuns: 500 },
    );
    expect(moves).toBeGreaterThan(10);
  });

  test('is the same for the same snapshot, and leaves that as it was', () => {
    fc.assert(
      fc.property(either, anyLoads, (facts, loads) => {
        const snapshot = snapshotOf(clusterOf(facts));
        const before = JSON.stringify(snapshot);
        const plan = planRebalance(snapshot, loads, eager);
        expect(JSON.stringify(snapshot)).toBe(before);
        expect(planRebalance(snapshotOf(clusterOf(facts)), loads, eager)).toEqual(plan);
      }),
      { numRuns: 100 },
    );
  });
});

const vm = (name: string, host: string, memoryMiB: number, cpus = 1): VmRecord => vmRecord({
  name,
  uid: name,
  spec: vmSpecSchema.parse({ cpus, memoryMiB }),
  assignment: { host, hostEpoch: 2, generation: 1 },
  desired: 'running',
});

function cluster(memoryMiB: Record<string, number>, vms: VmRecord[]): Snapshot {
  const names = Object.keys(memoryMiB);
  return snapshotOf(clusterOf({
    hosts: names.map((name) => hostRecord(name)),
    observed: names.map((name) => observed(name, {}, { capacity: { cpus: 8, memoryMiB: memoryMiB[name] ?? 0 } })),
    vms,
    rules: [],
    drains: [],
  }));
}

test('a move that brings less than the copy costs is not made', () => {
  const snapshot = cluster({ h1: 8192, h2: 8192 }, [vm('v1', 'h1', 2048), vm('v2', 'h1', 2048)]);
  expect(planRebalance(snapshot, nothingMeasured, eager).moves).toHaveLength(1);
  expect(planRebalance(snapshot, nothingMeasured, { gainPerGiB: 1, gibPerMove: 1 }).moves).toEqual([]);
});

test('what is measured counts, not what is reserved', () => {
  const snapshot = cluster({ h1: 8192, h2: 8192 }, [
    vm('v1', 'h1', 1024), vm('v2', 'h1', 1024), vm('v3', 'h2', 1024), vm('v4', 'h2', 1024),
  ]);
  expect(planRebalance(snapshot, nothingMeasured, eager).moves).toEqual([]);
  const loads = new Map([['v1', { cpus: 4 }], ['v2', { cpus: 4 }], ['v3', { cpus: 0.1 }], ['v4', { cpus: 0.1 }]]);
  const { moves, after } = planRebalance(snapshot, loads, eager);
  expect(moves).toHaveLength(2);
  expect(after.cpus).toBeLessThan(0.02);
});

test('two VMs that have no room for each other change places by way of a third host', () => {
  // h1 and h2 are full; the busy ones are on h1, the idle ones on h2. On h3 is room for one, and no CPU to spare.
  const snapshot = cluster({ h1: 4096, h2: 4096, h3: 3072 }, [
    vm('busy1', 'h1', 2048), vm('busy2', 'h1', 2048), vm('idle1', 'h2', 2048), vm('idle2', 'h2', 2048),
    vm('third', 'h3', 1024),
  ]);
  const loads = new Map([
    ['busy1', { cpus: 4 }], ['busy2', { cpus: 4 }], ['third', { cpus: 4 }],
    ['idle1', { cpus: 0 }], ['idle2', { cpus: 0 }],
  ]);
  const plan = planRebalance(snapshot, loads, eager);
  expect(refusals(snapshot, plan)).toEqual([]);
  expect(plan.moves).toHaveLength(3);
  expect(plan.moves.filter(({ to }) => to === 'h3')).toHaveLength(1);
  expect(plan.after.cpus).toBeLessThan(0.1);
});

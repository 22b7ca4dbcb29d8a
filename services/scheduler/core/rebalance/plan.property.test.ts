import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { vmSpecSchema, type RebalancePlan, type VmRecord } from '@holdfast/contracts';
import { demandFor } from '../capacity/prove.js';
import { filters } from '../filter.js';
import { snapshotOf } from '../placement/feed.js';
import type { Snapshot } from '../placement/snapshot.js';
import { anyCluster, hostNames, vmNames } from '../testing/random-cluster.js';
import { clusterOf, drainRecord, hostRecord, observed, vmRecord } from '../testing/records.js';
import { anyTightCluster } from '../testing/tight-cluster.js';
import type { Loads, VmLevel } from './load-book.js';
import { planRebalance } from './plan.js';

/** Almost every move is worth it. */
const eager = { gainPerGiB: 0.0001, gibPerMove: 1, beginsAbove: 0 };
const quiet = { base: 0, memoryPressure: 0, ioPressure: 0 };
const measured = (vms: [string, VmLevel][], hosts: readonly string[]): Loads =>
  ({ hosts: new Map(hosts.map((host) => [host, quiet])), vms: new Map(vms) });
const anyLoads = fc
  .tuple(...vmNames.map(() => fc.float({ min: 0, max: 3, noNaN: true })))
  .map((drawn) => measured(vmNames.map((vm, i) => {
    const cpus = drawn[i] ?? 0;
    return [vm, { cpus, soon: cpus > 2 ? 0 : null }];
  }), hostNames));
const maybeLoads = fc.option(anyLoads, { nil: null });
/** With more that can move: no VM is moving already, all are wanted, and hosts are large, online and not held off. */
const calm = anyCluster.map((facts) => ({
  ...facts,
  hosts: facts.hosts.map((host) => hostRecord(host.host, { labels: host.labels })),
  observed: facts.observed.map((report) =>
    ({ ...report, capacity: { ...report.capacity, cpus: 4, memoryMiB: report.capacity.memoryMiB * 2 } })),
  vms: facts.vms.map((each) => ({ ...each, migration: null, desired: 'running' as const })),
}));
const either = fc.oneof(anyCluster, calm, anyTightCluster);
const oneOrTwo = fc.shuffledSubarray(hostNames, { minLength: 1, maxLength: 2 });
const before = (plan: RebalancePlan): number => plan.before + plan.memoryBefore;
const after = (plan: RebalancePlan): number => plan.after + plan.memoryAfter;

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
      fc.property(either, maybeLoads, (facts, loads) => {
        const snapshot = snapshotOf(clusterOf(facts));
        const plan = planRebalance(snapshot, loads, eager);
        moves += plan.moves.length;
        expect(refusals(snapshot, plan)).toEqual([]);
        expect(after(plan)).toBeLessThanOrEqual(before(plan) + 1e-9);
        expect(plan.moves.reduce((gain, move) => gain + move.gain, 0)).toBeGreaterThanOrEqual(0);
        if (plan.moves.length > 0) expect(after(plan)).toBeLessThan(before(plan));
      }),
      { numRuns: 500 },
    );
    expect(moves).toBeGreaterThan(10);
  });

  test('breaks none either where others make room for VMs that have to leave, and makes that room', () => {
    let made = 0;
    fc.assert(
      fc.property(fc.oneof(calm, anyTightCluster), oneOrTwo, (facts, drained) => {
        const cluster = clusterOf({ ...facts, drains: drained.map((host) => drainRecord(host)) });
        const leaving = cluster.vms().filter(({ assignment, phase, desired }) =>
          drained.includes(assignment?.host ?? '') && phase === 'running' && desired === 'running');
        const snapshot = snapshotOf(cluster);
        const plan = planRebalance(snapshot, null, { ...eager, leaving: leaving.map(({ name }) => name) });
        expect(refusals(snapshot, plan)).toEqual([]);
        const forWhom = plan.moves.flatMap(({ makesRoomFor }) => makesRoomFor ?? []);
        expect(leaving.map(({ name }) => name)).toEqual(expect.arrayContaining(forWhom));
        made += forWhom.length;
      }),
      { numRuns: 500 },
    );
    expect(made).toBeGreaterThan(5);
  });

  test('is the same for the same snapshot, and leaves that as it was', () => {
    fc.assert(
      fc.property(either, maybeLoads, (facts, loads) => {
        const snapshot = snapshotOf(clusterOf(facts));
        const untouched = JSON.stringify(snapshot);
        const plan = planRebalance(snapshot, loads, eager);
        expect(JSON.stringify(snapshot)).toBe(untouched);
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

const levels = (vms: Record<string, number>, hosts: readonly string[]): Loads =>
  measured(Object.entries(vms).map(([name, cpus]) => [name, { cpus, soon: null }]), hosts);

test('a move that brings less than the copy costs is not made', () => {
  const snapshot = cluster({ h1: 8192, h2: 8192 }, [vm('v1', 'h1', 2048), vm('v2', 'h1', 2048)]);
  expect(planRebalance(snapshot, null, eager).moves).toHaveLength(1);
  expect(planRebalance(snapshot, null, { gainPerGiB: 1, gibPerMove: 1 }).moves).toEqual([]);
});

test('what is measured counts, not what is reserved', () => {
  const snapshot = cluster({ h1: 8192, h2: 8192 }, [
    vm('v1', 'h1', 1024), vm('v2', 'h1', 1024), vm('v3', 'h2', 1024), vm('v4', 'h2', 1024),
  ]);
  expect(planRebalance(snapshot, null, eager).moves).toEqual([]);
  const loads = levels({ v1: 4, v2: 4, v3: 0.1, v4: 0.1 }, ['h1', 'h2']);
  const { moves, after: then } = planRebalance(snapshot, loads, eager);
  expect(moves).toHaveLength(2);
  expect(then).toBeLessThan(0.02);
});

test('two VMs that have no room for each other change places by way of a third host', () => {
  // h1 and h2 are full; the busy ones are on h1, the idle ones on h2. On h3 is room for one, and no CPU to spare.
  const snapshot = cluster({ h1: 4096, h2: 4096, h3: 3072 }, [
    vm('busy1', 'h1', 2048), vm('busy2', 'h1', 2048), vm('idle1', 'h2', 2048), vm('idle2', 'h2', 2048),
    vm('third', 'h3', 1024),
  ]);
  const loads = levels({ busy1: 4, busy2: 4, third: 4, idle1: 0, idle2: 0 }, ['h1', 'h2', 'h3']);
  const plan = planRebalance(snapshot, loads, eager);
  expect(refusals(snapshot, plan)).toEqual([]);
  expect(plan.moves).toHaveLength(3);
  expect(plan.moves.filter(({ to }) => to === 'h3')).toHaveLength(1);
  expect(plan.after).toBeLessThan(0.1);
});

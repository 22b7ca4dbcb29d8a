import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { filters } from '../filter.js';
import { snapshotOf } from '../placement/feed.js';
import type { Snapshot } from '../placement/snapshot.js';
import { anyCluster, hostNames } from '../testing/random-cluster.js';
import { anyTightCluster } from '../testing/tight-cluster.js';
import { clusterOf, hostRecord, observed, vmRecord } from '../testing/records.js';
import { vmSpecSchema, type VmRecord } from '@holdfast/contracts';
import { afterLoss, demandFor, placeEach, prove } from './prove.js';
import { reportCapacity } from './report.js';

const fits = (snapshot: Snapshot, vm: number, host: number): boolean => {
  const demand = demandFor(snapshot, vm);
  return filters.every(({ refusal }) => refusal(snapshot, host, demand) === null);
};

/** Every way there is, by the filters themselves. */
function canAllReturn(snapshot: Snapshot, lost: readonly number[]): boolean {
  const from = (left: readonly number[]): boolean => {
    const [vm, ...others] = left;
    if (vm === undefined) return true;
    for (let host = 0; host < snapshot.hosts.size; host += 1) {
      if (!fits(snapshot, vm, host)) continue;
      const isDone = snapshot.tryOut(() => {
        snapshot.put(vm, host);
        return from(others);
      });
      if (isDone) return true;
    }
    return false;
  };
  return afterLoss(snapshot, lost, from);
}

/** Each step on its own obeys all filters. */
function obeys(snapshot: Snapshot, lost: readonly number[]): boolean {
  const { witness } = prove(snapshot, lost);
  return afterLoss(snapshot, lost, (victims) => {
    const all = [...(witness?.vms ?? [])];
    if (all.length !== victims.length || all.some((vm) => !victims.includes(vm))) return false;
    return all.every((vm, i) => {
      const host = witness?.hosts[i] ?? -1;
      const isGood = fits(snapshot, vm, host);
      snapshot.put(vm, host);
      return isGood;
    });
  });
}

const losses = fc.subarray(hostNames, { minLength: 1, maxLength: 3 });
const vm = (name: string, memoryMiB: number, host: string): VmRecord =>
  vmRecord({
    name,
    uid: name,
    spec: vmSpecSchema.parse({ cpus: 1, memoryMiB }),
    assignment: { host, hostEpoch: 2, generation: 1 },
  });
const room = (name: string, memoryMiB: number): ReturnType<typeof observed> =>
  observed(name, {}, { capacity: { cpus: 64, memoryMiB } });

describe('a proof that all returns', () => {
  test('agrees with trying every way there is, and each of its placements obeys every filter', () => {
    let [yes, no, open, byStepsBack] = [0, 0, 0, 0];
    fc.assert(
      fc.property(fc.oneof(anyCluster, anyTightCluster), losses, (facts, lost) => {
        const snapshot = snapshotOf(clusterOf(facts));
        const slots = lost.flatMap((host) => snapshot.hosts.slot(host) ?? []);
        const before = JSON.stringify(snapshot);
        const { witness, isCertain } = prove(snapshot, slots);
        expect(JSON.stringify(snapshot)).toBe(before);
        const truth = canAllReturn(snapshot, slots);
        if (!isCertain) open += 1;
        else expect(witness !== null).toBe(truth);
        if (!truth) no += 1;
        else if (witness?.vms.length) yes += 1;
        const inTurn = afterLoss(snapshot, slots, (victims) => placeEach(snapshot, victims).losers.length === 0);
        if (witness && !inTurn) byStepsBack += 1;
        if (witness) expect(obeys(snapshot, slots)).toBe(true);
      }),
      { numRuns: 600, seed: 5 },
    );
    expect([yes > 50, no > 50, byStepsBack > 2]).toEqual([true, true, true]);
    expect(open).toBeLessThan(6);
  });

  test('for any so many hosts fails just for those sets of them that trying every way fails for', () => {
    let open = 0;
    fc.assert(
      fc.property(anyTightCluster, fc.integer({ min: 1, max: 3 }), (facts, count) => {
        const snapshot = snapshotOf(clusterOf(facts));
        const report = reportCapacity(snapshot, String(count));
        if (!report.ok) throw new Error(report.refusal.message);
        const { losses, possible } = report.value;
        expect(losses).toHaveLength(possible);
        expect(new Set(losses.map(({ lost }) => lost)).size).toBe([5, 10, 10][count - 1]);
        for (const { lost, verdict } of losses) {
          const slots = lost.split(', ').map((name) => snapshot.hosts.slot(name) ?? -1);
          if (verdict === 'unproven') open += 1;
          else expect([lost, verdict === 'all-return']).toEqual([lost, canAllReturn(snapshot, slots)]);
        }
      }),
      { numRuns: 60 },
    );
    expect(open).toBeLessThan(6);
  });

  test('is found where the search that places would leave somebody out', () => {
    const facts = {
      hosts: ['h1', 'h2', 'h3'].map((name) => hostRecord(name)),
      observed: [room('h1', 4096), room('h2', 1024), room('h3', 1500)],
      vms: [vm('a', 600, 'h1'), vm('b', 500, 'h1'), vm('c', 900, 'h1'), vm('d', 500, 'h1')],
    };
    const snapshot = snapshotOf(clusterOf(facts));
    const proof = prove(snapshot, [snapshot.hosts.slot('h1') ?? -1]);
    expect(proof).toMatchObject({ isCertain: true });
    expect(proof.witness).not.toBeNull();
    expect(obeys(snapshot, [snapshot.hosts.slot('h1') ?? -1])).toBe(true);
  });

  test('does not count on storage that only the lost host reaches', () => {
    const cutOff = observed('h2', {}, { capacity: { cpus: 64, memoryMiB: 4096 }, lostPools: { san: 1 } });
    const facts = { hosts: [hostRecord('h1'), hostRecord('h2')], observed: [room('h1', 4096), cutOff] };
    const snapshot = snapshotOf(clusterOf({ ...facts, vms: [vm('a', 128, 'h1')] }));
    expect(prove(snapshot, [snapshot.hosts.slot('h1') ?? -1])).toMatchObject({ witness: null, isCertain: true });
  });

  test('does not ask for those back that are not to be restarted', () => {
    const stopped = vmRecord({ name: 'a', desired: 'stopped' });
    const spec = vmSpecSchema.parse({ cpus: 1, memoryMiB: 128, policy: { restart: 'never' } });
    const vms = [stopped, vmRecord({ name: 'b', spec })];
    const snapshot = snapshotOf(clusterOf({ hosts: [hostRecord('h1')], vms }));
    expect(prove(snapshot, [snapshot.hosts.slot('h1') ?? -1]).witness?.vms).toHaveLength(0);
  });
});

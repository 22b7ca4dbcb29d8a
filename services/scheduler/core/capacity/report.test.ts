import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { vmSpecSchema, type CapacityReport, type Reply, type VmRecord } from '@holdfast/contracts';
import { hostFactsOf } from '../placement/facts.js';
import { snapshotOf } from '../placement/feed.js';
import type { Snapshot } from '../placement/snapshot.js';
import { hostNames } from '../testing/random-cluster.js';
import { clusterOf, hostRecord, observed, ruleRecord, vmRecord } from '../testing/records.js';
import { anyTightCluster } from '../testing/tight-cluster.js';
import { prove } from './prove.js';
import { reportCapacity } from './report.js';

function reportOf(reply: Reply<CapacityReport>): CapacityReport {
  if (!reply.ok) throw new Error(reply.refusal.message);
  return reply.value;
}

const vm = (name: string, memoryMiB: number, host: string, priority = 50): VmRecord =>
  vmRecord({
    name,
    uid: name,
    spec: vmSpecSchema.parse({ cpus: 1, memoryMiB, policy: { priority } }),
    assignment: { host, hostEpoch: 2, generation: 1 },
  });
const names = ['h1', 'h2', 'h3'];
const threeHosts = {
  hosts: names.map((name) => hostRecord(name, { labels: name === 'h3' ? {} : { rack: 'r1' } })),
  observed: names.map((name) => observed(name, {}, { capacity: { cpus: 16, memoryMiB: 1024 } })),
};
const cluster = (vms: VmRecord[], rules: Parameters<typeof ruleRecord>[1][] = []): Snapshot =>
  snapshotOf(clusterOf({ ...threeHosts, vms, rules: rules.map((spec, i) => ruleRecord(`r${i}`, spec)) }));

describe('what is said of a loss', () => {
  test('names those that do not return by priority, and how much more room brings all back', () => {
    const vms = [vm('a', 512, 'h1', 10), vm('b', 512, 'h1', 90), vm('c', 768, 'h2'), vm('d', 256, 'h3')];
    const report = reportOf(reportCapacity(cluster(vms), null));
    expect(report).toMatchObject({ verdict: 'some-lost', possible: 3, tried: 3, failing: 1 });
    expect(report.losses.map(({ lost, verdict }) => [lost, verdict])).toEqual([
      ['h1', 'some-lost'],
      ['h2', 'all-return'],
      ['h3', 'all-return'],
    ]);
    const [first] = report.losses;
    expect(first).toMatchObject({ victims: 2, loserCount: 1, losers: [{ vm: 'a', priority: 10 }] });
    expect(first?.cure).toEqual({
      hosts: [{ host: 'h2', memoryMiB: 256, vcpus: 0 }],
      text: 'free, or add, 256 MiB on h2',
    });
    expect(first?.losers[0]?.why).toBe('h2: free 256 MiB of memory on h2');
  });

  test('while hosts are emptied counts their VMs where a drain puts them, and tells of those that cannot leave', () => {
    const vms = [vm('a', 256, 'h1'), vm('b', 256, 'h2'), vm('c', 256, 'h3')];
    expect(reportOf(reportCapacity(cluster(vms), null, 'h1'))).toMatchObject({ verdict: 'all-return', tried: 2 });
    const more = [...vms, vm('d', 512, 'h2')];
    expect(reportOf(reportCapacity(cluster(more), null))).toMatchObject({ verdict: 'all-return' });
    const tight = reportOf(reportCapacity(cluster(more), null, 'h1'));
    expect(tight).toMatchObject({ verdict: 'some-lost', losses: [{ lost: 'h2', loserCount: 1 }, { lost: 'h3' }] });
    const full = [...more, vm('e', 512, 'h3'), vm('f', 512, 'h1')];
    const stuck = reportOf(reportCapacity(cluster(full), null, 'h1')).losses[0];
    expect(stuck).toMatchObject({ lost: 'h1 (away)', losers: [{ vm: 'f' }] });
    expect(reportCapacity(cluster(vms), null, 'h1,h9')).toMatchObject({ refusal: { field: 'away' } });
  });

  test('promises nothing of room where a rule is in the way', () => {
    const only = { kind: 'host-affinity' as const, vms: ['a'], hosts: { h1: 0 }, strict: true };
    const report = reportOf(reportCapacity(cluster([vm('a', 128, 'h1')], [only]), 'h1'));
    expect(report.losses[0]).toMatchObject({ verdict: 'some-lost', cure: null, loserCount: 1 });
    expect(report.losses[0]?.losers[0]?.why).toContain('to the hosts of rule r0');
  });

  test('covers all hosts with a label, and any so many', () => {
    const vms = [vm('a', 512, 'h1'), vm('b', 512, 'h2'), vm('c', 512, 'h3')];
    const rack = reportOf(reportCapacity(cluster(vms), 'rack=r1'));
    expect(rack.losses).toMatchObject([{ lost: 'rack=r1', hostCount: 2, victims: 2, loserCount: 1 }]);
    const two = reportOf(reportCapacity(cluster(vms), '2'));
    expect(two).toMatchObject({ possible: 3, tried: 3, failing: 3, verdict: 'some-lost' });
    expect(two.losses.map(({ lost }) => lost).sort()).toEqual(['h1, h2', 'h1, h3', 'h2, h3']);
  });

  test('is never that all return when only some of the losses were tried', () => {
    const many = Array.from({ length: 60 }, (_, i) => `h${i}`);
    const snapshot = snapshotOf(clusterOf({
      hosts: many.map((name) => hostRecord(name)),
      observed: many.map((name) => observed(name)),
      vms: [vm('a', 64, 'h1')],
    }));
    const report = reportOf(reportCapacity(snapshot, '2'));
    expect(report).toMatchObject({ possible: 1770, tried: 1000, failing: 0, verdict: 'unproven' });
    expect(report.losses[0]?.lost).toContain('h1');
  });

  test('is refused for hosts that are not there, with the remedy', () => {
    for (const lose of ['h9', 'rack=r9', '3', '0']) {
      expect(reportCapacity(cluster([]), lose)).toMatchObject({ ok: false, refusal: { field: 'lose' } });
    }
  });

  test('is true: with the room that it names all return', () => {
    let cured = 0;
    fc.assert(
      fc.property(anyTightCluster, fc.constantFrom(...hostNames), (facts, lost) => {
        const known = clusterOf(facts);
        const snapshot = snapshotOf(known);
        const slot = snapshot.hosts.slot(lost);
        const reply = reportCapacity(snapshot, lost);
        if (slot === undefined || !reply.ok) return;
        const cure = reply.value.losses[0]?.cure;
        if (!cure) return;
        cured += 1;
        for (const { host, memoryMiB, vcpus } of cure.hosts) {
          const record = known.host(host);
          if (!record) throw new Error(`${host} is cured and not there`);
          const before = hostFactsOf(record, known.observed(host), false, known.settings());
          snapshot.setHost(host, {
            ...before,
            memoryMiB: before.memoryMiB + memoryMiB,
            vcpus: before.vcpus + vcpus,
          });
        }
        const { witness, isCertain } = prove(snapshot, [slot]);
        if (isCertain) expect(witness).not.toBeNull();
      }),
      { numRuns: 400 },
    );
    expect(cured).toBeGreaterThan(10);
  });
});

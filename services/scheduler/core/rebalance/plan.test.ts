import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { vmSpecSchema, type Observed, type RebalanceMove, type VmRecord } from '@holdfast/contracts';
import { reportCapacity } from '../capacity/report.js';
import { place } from '../place.js';
import { snapshotOf } from '../placement/feed.js';
import { idle, loadsOf, on, planOf, settings, three } from '../testing/loaded-cluster.js';
import { hostNames, vmNames } from '../testing/random-cluster.js';
import { clusterOf, drainRecord, nowMs, observed, ruleRecord } from '../testing/records.js';
import { anyTightCluster } from '../testing/tight-cluster.js';
import { planRebalance } from './plan.js';

/** Almost every move is worth it. */
const eager = { gainPerGiB: 0.0001, gibPerMove: 1, beginsAbove: 0.05 };
const grown = (report: Observed, times: number): Observed =>
  ({ ...report, capacity: { cpus: 2, memoryMiB: report.capacity.memoryMiB * times } });
const told = (moves: readonly RebalanceMove[]): string[] => moves.map(({ vm, from, to }) => `${vm} ${from}>${to}`);

describe('a plan', () => {
  const crowd = [on('a', 'h1'), on('b', 'h1'), on('c', 'h2')];
  const busy = loadsOf({ a: 1, b: 1, c: 0.2 });

  test('takes VMs that want much from the host that is loaded most, and scores the load after the move', () => {
    const plan = planOf({ vms: crowd }, busy);
    expect(told(plan.moves)).toEqual(['a h1>h3']);
    expect(plan.hosts).toMatchObject([
      { host: 'h1', before: 0.5, after: 0.25, soon: null },
      { host: 'h2', before: 0.05, after: 0.05, soon: null },
      { host: 'h3', before: 0, after: 0.25, soon: null },
    ]);
    expect(plan.after).toBeLessThan(plan.before);
  });

  test('leaves small differences alone, and hosts of which nothing is heard', () => {
    expect(planOf({ vms: crowd }, loadsOf({ a: 0.3, b: 0.2 })).moves).toEqual([]);
    expect(planOf({ vms: crowd }, loadsOf({ a: 1, b: 1 }, ['h1'])).moves).toEqual([]);
    expect(told(planOf({ vms: crowd }, loadsOf({ a: 1, b: 1, c: 0 }, ['h1', 'h2'])).moves)).toEqual(['a h1>h2']);
  });

  test('moves nobody for a gain that is smaller than what copying its memory costs', () => {
    const large = { spec: vmSpecSchema.parse({ cpus: 1, memoryMiB: 600 * 1024 }) };
    const facts = {
      observed: three.hosts.map(({ host }) => observed(host, {}, { capacity: { cpus: 4, memoryMiB: 2 ** 31 } })),
      vms: [on('a', 'h1', large), on('b', 'h1', large)],
    };
    expect(planOf(facts, loadsOf({ a: 0.8, b: 0.8 })).moves).toEqual([]);
    expect(planOf({ ...facts, vms: crowd }, loadsOf({ a: 0.8, b: 0.8 })).moves).toHaveLength(1);
  });

  test('sees memory that is short, and other work on a host', () => {
    const pressed = { ...busy, hosts: new Map([...busy.hosts, ['h3', { ...idle, memoryPressure: 0.9 }]]) };
    expect(told(planOf({ vms: crowd }, pressed).moves)[0]).toBe('a h1>h2');
    const worked = { ...busy, hosts: new Map([...busy.hosts, ['h3', { ...idle, base: 3.5 }]]) };
    expect(told(planOf({ vms: crowd }, worked).moves)).toEqual(['a h1>h2']);
    const both = [...crowd, on('d', 'h3')];
    const squeezed = { ...pressed, vms: loadsOf({ d: 0 }).vms };
    expect(told(planOf({ vms: both }, squeezed).moves)).toEqual([]);
  });

  test('leaves alone who has moved lately, is busy, or waits to go home', () => {
    const plan = (patch: Partial<VmRecord>): string[] =>
      told(planOf({ vms: [on('a', 'h1', patch), on('b', 'h1', patch), on('c', 'h2')] }, busy).moves);
    expect(plan({ phaseSinceMs: nowMs - 599_000 })).toEqual([]);
    expect(plan({ home: 'h2' })).toEqual([]);
    expect(plan({ operation: { id: 'x', kind: 'reboot' } })).toEqual([]);
    expect(plan({})).toHaveLength(1);
  });

  test('sees what VMs will want in an hour', () => {
    const loads = loadsOf({ a: 0.1, b: 0.1, c: 0.1 });
    expect(planOf({ vms: crowd }, loads).moves).toEqual([]);
    const soon = new Map([...loads.vms].map(([vm, level]) => [vm, vm === 'c' ? level : { ...level, soon: 1.5 }]));
    const plan = planOf({ vms: crowd }, { ...loads, vms: soon });
    expect(plan.moves).toMatchObject([{ vm: 'a', from: 'h1', to: 'h3', cpus: 0.1, soon: 1.5 }]);
    expect(plan.hosts[0]).toMatchObject({ before: 0.05, after: 0.025, soon: 0.75, soonAfter: 0.375 });
  });

  test('counts load as a share of each host: a large one takes more', () => {
    const report = observed('h2', {}, { capacity: { cpus: 16, memoryMiB: 65_536 } });
    const vms = ['a', 'b', 'd', 'e'].map((name) => on(name, 'h1'));
    const { moves } = planOf({ observed: three.observed.with(1, report), vms }, loadsOf({ a: 1, b: 1, d: 1, e: 1 }));
    expect(told(moves)).toEqual(['a h1>h3', 'b h1>h2', 'd h1>h2']);
  });

  test('does not move VMs that run together, and says so of those that stay on a host that is used far above', () => {
    const group = ruleRecord('r1', { kind: 'vm-affinity', vms: ['a', 'b'], together: true });
    const { moves, left } = planOf({ vms: crowd, rules: [group] }, loadsOf({ a: 1.5, b: 1.5, c: 0 }));
    expect(moves).toEqual([]);
    expect(left).toEqual(['a', 'b'].map((vm) =>
      ({ vm, host: 'h1', text: expect.stringContaining(`runs together with ${vm === 'a' ? 'b' : 'a'}`) as string })));
    const fresh = crowd.map((vm) => ({ ...vm, phaseSinceMs: nowMs }));
    const held = planOf({ vms: fresh }, loadsOf({ a: 1.5, b: 1.5, c: 0 }));
    expect(held.left[0]?.text).toBe('was started or moved less than 600 s ago');
  });

  test('makes room in a full cluster for a VM that has to leave its host', () => {
    const sized = (name: string, host: string, memoryMiB: number): VmRecord =>
      on(name, host, { spec: vmSpecSchema.parse({ cpus: 1, memoryMiB }) });
    const facts = {
      observed: three.hosts.map(({ host }) => observed(host, {}, { capacity: { cpus: 4, memoryMiB: 4096 } })),
      vms: [sized('a', 'h1', 2048), sized('b', 'h2', 1024), sized('d', 'h2', 2048), sized('e', 'h3', 2560)],
    };
    const loads = loadsOf({ a: 0, b: 0, d: 0, e: 0 });
    const { moves } = planOf({ ...facts, drains: [drainRecord('h1')] }, loads);
    expect(moves).toMatchObject([{ vm: 'b', from: 'h2', to: 'h3', makesRoomFor: 'a' }]);
    expect(planOf(facts, loads).moves.map(({ makesRoomFor }) => makesRoomFor)).not.toContain('a');
  });

  test('leaves hosts empty that a policy keeps empty', () => {
    const packed = settings({ policy: 'packed' });
    expect(told(planOf({ ...packed, vms: crowd }, loadsOf({ a: 2, b: 1, c: 0 })).moves)).toEqual(['a h1>h2']);
    expect(planOf({ ...packed, vms: crowd.slice(0, 2) }, loadsOf({ a: 2, b: 1 })).moves).toEqual([]);
  });

  test('obeys rules and N+1, however uneven the load is, and every step of it can be made', () => {
    const anyLoad = fc.integer({ min: 0, max: 20 }).map((tenths) => tenths / 10);
    const anyLoads = fc.record(Object.fromEntries(vmNames.map((name) => [name, anyLoad])));
    let moved = 0;
    fc.assert(
      fc.property(anyTightCluster, fc.constantFrom(1, 4, 16), anyLoads, (tight, times, wanted) => {
        const facts = { ...tight, observed: tight.observed.map((report) => grown(report, times)) };
        const loads = loadsOf(wanted, hostNames);
        const before = snapshotOf(clusterOf(facts));
        const survived = (vms: VmRecord[]): string[] => {
          const report = reportCapacity(snapshotOf(clusterOf({ ...facts, vms })), null);
          return report.ok
            ? report.value.losses.filter(({ verdict }) => verdict === 'all-return').map(({ lost }) => lost)
            : [];
        };
        const plan = planRebalance(before, loads, eager);
        const told = { ...facts, vms: [...facts.vms].reverse(), hosts: [...facts.hosts].reverse() };
        expect(planRebalance(snapshotOf(clusterOf(told)), loads, eager)).toEqual(plan);
        let vms = facts.vms;
        const kept = survived(vms);
        for (const { vm: name, from, to } of plan.moves) {
          moved += 1;
          const vm = vms.find((each) => each.name === name);
          expect(vm?.assignment?.host).toBe(from);
          const options = { avoid: new Map([[from, 'runs it now']]), wish: to };
          expect(vm && place(clusterOf({ ...facts, vms }), vm, options).host?.host).toBe(to);
          const assignment = { host: to, hostEpoch: 2, generation: 2 };
          vms = vms.map((each) => (each.name === name ? { ...each, assignment } : each));
          expect(survived(vms)).toEqual(expect.arrayContaining(kept));
        }
      }),
      { numRuns: 300 },
    );
    expect(moved).toBeGreaterThan(200);
  });
});


import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  defaultSettings,
  vmSpecSchema,
  withTransition,
  type Observed,
  type RebalanceMove,
  type RebalancePlan,
  type RebalanceRecord,
  type VmRecord,
} from '@holdfast/contracts';
import { reportCapacity } from '../capacity/report.js';
import { place } from '../place.js';
import { snapshotOf } from '../placement/feed.js';
import { hostNames, vmNames } from '../testing/random-cluster.js';
import { clusterOf, drainRecord, env, hostRecord, nowMs, observed, vmRecord, type Facts } from '../testing/records.js';
import { anyTightCluster } from '../testing/tight-cluster.js';
import { planByLoad } from './by-load.js';
import { LoadBook, type Loads } from './load-book.js';
import { lookRebalance, planNow, type RebalanceLook } from './look.js';

const longAgoMs = nowMs - 700_000;
const on = (name: string, host: string, patch: Partial<VmRecord> = {}): VmRecord =>
  vmRecord({
    name,
    uid: name,
    spec: vmSpecSchema.parse({ cpus: 1, memoryMiB: 512 }),
    assignment: { host, hostEpoch: 2, generation: 1 },
    phaseSinceMs: longAgoMs,
    ...patch,
  });
const idle = { base: 0, memoryPressure: 0, ioPressure: 0 };
const loadsOf = (vms: Record<string, number>, hosts: readonly string[] = ['h1', 'h2', 'h3']): Loads => ({
  hosts: new Map(hosts.map((host) => [host, idle])),
  vms: new Map(Object.entries(vms)),
});
const three = {
  hosts: ['h1', 'h2', 'h3'].map((name) => hostRecord(name)),
  observed: ['h1', 'h2', 'h3'].map((name) => observed(name)),
};
const settings = (patch: Partial<typeof defaultSettings>): { settings: typeof defaultSettings } =>
  ({ settings: { ...defaultSettings, ...patch } });
const planOf = (facts: Partial<Facts>, loads: Loads): RebalancePlan =>
  planNow({ cluster: clusterOf({ ...three, ...facts }), loads, env });
const grown = (report: Observed, times: number): Observed =>
  ({ ...report, capacity: { cpus: 2, memoryMiB: report.capacity.memoryMiB * times } });
const told = (moves: readonly RebalanceMove[]): string[] => moves.map(({ vm, from, to }) => `${vm} ${from}>${to}`);

describe('a plan', () => {
  const crowd = [on('a', 'h1'), on('b', 'h1'), on('c', 'h2')];
  const busy = loadsOf({ a: 1, b: 1, c: 0.2 });

  test('takes VMs that want much from the host that is loaded most, and scores the load after the move', () => {
    const plan = planOf({ vms: crowd }, busy);
    expect(told(plan.moves)).toEqual(['a h1>h3']);
    expect(plan.hosts).toEqual([
      { host: 'h1', before: 0.5, after: 0.25 },
      { host: 'h2', before: 0.05, after: 0.05 },
      { host: 'h3', before: 0, after: 0.25 },
    ]);
    expect(plan.after).toBeLessThan(plan.before);
  });

  test('leaves small differences alone, and hosts of which nothing is heard', () => {
    expect(planOf({ vms: crowd }, loadsOf({ a: 0.3, b: 0.2 })).moves).toEqual([]);
    expect(planOf({ vms: crowd }, loadsOf({ a: 1, b: 1 }, ['h1'])).moves).toEqual([]);
    expect(told(planOf({ vms: crowd }, loadsOf({ a: 1, b: 1 }, ['h1', 'h2'])).moves)).toEqual(['a h1>h2']);
  });

  test('moves nobody for a gain that is smaller than what copying its memory costs', () => {
    const large = { spec: vmSpecSchema.parse({ cpus: 1, memoryMiB: 600 * 1024 }) };
    const facts = {
      observed: three.hosts.map(({ host }) => observed(host, {}, { capacity: { cpus: 4, memoryMiB: 2 ** 21 } })),
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
    const squeezed = { ...pressed, vms: new Map([['d', 0]]) };
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

  test('obeys rules and N+1, however uneven the load is, and every step of it can be made', () => {
    const anyLoad = fc.integer({ min: 0, max: 20 }).map((tenths) => tenths / 10);
    const anyLoads = fc.record(Object.fromEntries(vmNames.map((name) => [name, anyLoad])));
    let moved = 0;
    fc.assert(
      fc.property(anyTightCluster, fc.constantFrom(1, 4, 16), anyLoads, (tight, times, wanted) => {
        const facts = { ...tight, observed: tight.observed.map((report) => grown(report, times)) };
        const loads = loadsOf(wanted, hostNames);
        const before = snapshotOf(clusterOf(facts));
        const failing = (vms: VmRecord[]): number => {
          const report = reportCapacity(snapshotOf(clusterOf({ ...facts, vms })), null);
          return report.ok ? report.value.failing : Infinity;
        };
        const plan = planByLoad(before, loads, { isMovable: () => true });
        const again = planByLoad(snapshotOf(clusterOf({ ...facts, vms: [...facts.vms].reverse() })), loads, {
          isMovable: () => true,
        });
        expect(again).toEqual(plan);
        expect(plan.after).toBeLessThanOrEqual(plan.before + 1e-9);
        let vms = facts.vms;
        for (const { vm: name, from, to } of plan.moves) {
          moved += 1;
          const vm = vms.find((each) => each.name === name);
          expect(vm?.assignment?.host).toBe(from);
          const options = { avoid: new Map([[from, 'runs it now']]), wish: to };
          expect(vm && place(clusterOf({ ...facts, vms }), vm, options).host?.host).toBe(to);
          const worst = failing(vms);
          const assignment = { host: to, hostEpoch: 2, generation: 2 };
          vms = vms.map((each) => (each.name === name ? { ...each, assignment } : each));
          expect(failing(vms)).toBeLessThanOrEqual(worst);
        }
      }),
      { numRuns: 300 },
    );
    expect(moved).toBeGreaterThan(200);
  });
});

describe('loads', () => {
  const hear = (book: LoadBook, atMs: number, used: number, waited = 0): void =>
    book.hear({ host: 'h1', machine: null, vms: { a: { generation: 1, used, waited } } }, atMs);

  test('count what was used and waited for, only after a while, and are smooth', () => {
    const book = new LoadBook();
    hear(book, 0, 0.5, 0.5);
    expect(book.loads(0).vms.has('a')).toBe(false);
    for (let atMs = 10_000; atMs <= 60_000; atMs += 10_000) hear(book, atMs, 0.5, 0.5);
    expect(book.loads(60_000).vms.get('a')).toBeCloseTo(1);
    hear(book, 70_000, 0);
    expect(book.loads(70_000).vms.get('a')).toBeCloseTo(Math.exp(-1 / 6));
    expect([...book.loads(200_000).hosts.keys()]).toEqual([]);
  });

  test('of a host are what its VMs do not use', () => {
    const book = new LoadBook();
    const machine = { busy: 3, cpuPressure: 0, memoryPressure: 0.1, ioPressure: 0.2 };
    book.hear({ host: 'h1', machine, vms: { a: { generation: 1, used: 2, waited: 1 } } }, 0);
    expect(book.loads(0).hosts.get('h1')).toEqual({ base: 1, memoryPressure: 0.1, ioPressure: 0.2 });
  });
});

describe('a look', () => {
  const crowd = [on('a', 'h1'), on('b', 'h1')];
  const loads = loadsOf({ a: 1, b: 1 });
  const look = (record: RebalanceRecord | null, facts: Partial<Facts>, asked: string | null = null): RebalanceLook =>
    lookRebalance(record, { cluster: clusterOf({ ...three, vms: crowd, ...facts }), loads, env }, asked);
  const begun = look(null, settings({ rebalance: 'auto' })).change as RebalanceRecord;

  test('proposes once, carries out what is to be, and does nothing when it is off or the cluster is disarmed', () => {
    const proposed = look(null, {}).change;
    expect(proposed).toMatchObject({ state: 'proposed', moves: [{ vm: 'a', from: 'h1', to: 'h2' }] });
    expect(proposed?.transitions.at(-1)?.event).toBe('rebalance.proposed');
    expect(look(proposed, {}).change).toBeNull();
    expect(look(proposed, { vms: [on('a', 'h1')] }).change).toMatchObject({ state: 'idle', moves: [] });
    expect(begun).toMatchObject({ state: 'applying' });
    expect(look(null, settings({ rebalance: 'off' })).change).toBeNull();
    expect(look(null, settings({ rebalance: 'off' }), 'op').change).toMatchObject({ state: 'applying' });
    const disarmed = { armed: false, text: '', reconciles: true };
    expect(look(null, { ...settings({ rebalance: 'auto' }), arming: disarmed }).change).toBeNull();
  });

  const startOf = ({ reply }: RebalanceLook): string | null => (reply.ok ? (reply.value.start?.vm ?? null) : 'refused');

  test('begins a move when the facts allow it, waits while it is under way, and ends once it is done', () => {
    expect(startOf(look(begun, {}))).toBe('a');
    const to = { host: 'h2', hostEpoch: 2, generation: 2 };
    const moving = on('a', 'h1', { phase: 'migrating', migration: { to, stage: 'moving', startedAtMs: nowMs } });
    expect(look(begun, { vms: [moving, on('b', 'h1')] })).toMatchObject({ change: null });
    expect(startOf(look(begun, { vms: [moving, on('b', 'h1')] }))).toBeNull();
    const done = look(begun, { vms: [on('a', 'h2'), on('b', 'h1')] }).change;
    expect(done).toMatchObject({ state: 'idle', moves: [] });
    expect(done?.transitions.at(-1)?.event).toBe('rebalance.completed');
  });

  test('waits for the bounds of moves', () => {
    const to = { host: 'h2', hostEpoch: 2, generation: 2 };
    const other = on('x', 'h3', { phase: 'migrating', migration: { to, stage: 'moving', startedAtMs: nowMs } });
    const facts = { ...settings({ migrationsPerHost: 1 }), vms: [...crowd, other] };
    expect([startOf(look(begun, facts)), startOf(look(begun, { vms: [...crowd, other] }))]).toEqual([null, 'a']);
  });

  test('waits for other moves on the network of either host, and for none on another', () => {
    const to = { host: 'h3', hostEpoch: 2, generation: 2 };
    const other = on('x', 'h4', { phase: 'migrating', migration: { to, stage: 'moving', startedAtMs: nowMs } });
    const startOn = (networks: Record<string, string>): string | null => startOf(look(begun, {
      ...settings({ migrationNetworkLabel: 'switch', migrationsPerNetwork: 1 }),
      hosts: ['h1', 'h2', 'h3', 'h4'].map((host) =>
        hostRecord(host, { labels: networks[host] === undefined ? {} : { switch: networks[host] } })),
      observed: [...three.observed, observed('h4')],
      vms: [...crowd, other],
    }));
    expect(startOn({})).toBe('a');
    expect(startOn({ h1: 's1', h2: 's1', h3: 's2', h4: 's2' })).toBe('a');
    expect(startOn({ h1: 's1', h2: 's2', h3: 's2' })).toBeNull();
    expect(startOn({ h1: 's1', h4: 's1' })).toBeNull();
  });

  test.each<[string, Partial<Facts>]>([
    ['its target is lost', { hosts: three.hosts.with(1, hostRecord('h2', { health: 'fenced' })) }],
    ['its target is being drained', { drains: [drainRecord('h2')] }],
    ['the VM is elsewhere', { vms: [on('a', 'h3'), on('b', 'h1')] }],
    ['the VM is stopped', { vms: [on('a', 'h1', { desired: 'stopped' }), on('b', 'h1')] }],
    ['the VM recovers', { vms: [on('a', 'h1', { phase: 'recovering' }), on('b', 'h1')] }],
    ['the move failed', { vms: [withTransition(on('a', 'h1'), nowMs, { event: 'vm.migration-failed', text: '' })] }],
  ])('drops the rest of it when %s', (_why, facts) => {
    const dropped = look(begun, facts).change;
    expect(dropped).toMatchObject({ state: 'idle', moves: [] });
    expect(dropped?.transitions.at(-1)?.event).toBe('rebalance.dropped');
  });
});

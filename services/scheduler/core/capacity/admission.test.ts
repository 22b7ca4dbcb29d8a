import { defaultSettings, vmSpecSchema, type Settings, type VmRecord } from '@holdfast/contracts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { place } from '../place.js';
import { SnapshotFeed, snapshotOf } from '../placement/feed.js';
import { anyTightCluster } from '../testing/tight-cluster.js';
import { clusterOf, env, hostRecord, observed, vmRecord, type Facts } from '../testing/records.js';
import { admitCreate, admitStart } from '../vm-request.js';
import { leftOutBy } from './admission.js';
import { lossesOf } from './losses.js';
import { prove } from './prove.js';

const sized = (name: string, memoryMiB: number, host: string | null, patch: Partial<VmRecord> = {}): VmRecord =>
  vmRecord({
    name,
    uid: name,
    spec: vmSpecSchema.parse({ cpus: 1, memoryMiB }),
    assignment: host === null ? null : { host, hostEpoch: 2, generation: 1 },
    ...patch,
  });
const stopped = (name: string, memoryMiB: number): VmRecord =>
  sized(name, memoryMiB, null, { phase: 'stopped', desired: 'stopped' });
const set = (change: Partial<Settings>): Settings => ({ ...defaultSettings, ...change });
const start = (vm: VmRecord, facts: Partial<Facts>): ReturnType<typeof admitStart> =>
  admitStart(vm, { operation: 'op9', vm: vm.name, host: null }, clusterOf(facts), env);

describe('a start after which somebody would not return from a loss', () => {
  const facts = { vms: [sized('db1', 3000, 'h1')] };

  test('is warned of, in its answer and its event, and goes on', () => {
    const { change, reply } = start(stopped('web1', 2000), facts);
    const warning = 'with web1 on h2, after the loss of h1 (or 1 other loss) db1 would not start again; ' +
      'what would cure it: free, or add, 904 MiB on h2';
    expect(reply).toEqual({ ok: true, value: { operation: 'op9', vm: 'web1', warning } });
    expect(change?.desired).toBe('running');
    expect(change?.transitions.at(-1)).toMatchObject({ text: `asked to start; ${warning}`, data: { leavesOut: true } });
  });

  test('names the same loss in whatever order the hosts came to be known', () => {
    const hosts = [hostRecord('h2'), hostRecord('h1')];
    const { reply } = start(stopped('web1', 2000), { ...facts, hosts });
    const warning = expect.stringContaining('after the loss of h1 (or 1 other loss)');
    expect(reply).toMatchObject({ value: { warning } });
  });

  test('is refused where the settings say so, with what would cure it; so is making such a VM', () => {
    const settings = set({ admission: 'refuse' });
    const refusal = { code: 'no-capacity', remedy: 'free, or add, 904 MiB on h2' };
    expect(start(stopped('web1', 2000), { ...facts, settings })).toMatchObject({ change: null, reply: { refusal } });
    const { spec } = stopped('web1', 2000);
    const make = (isStarted: boolean): ReturnType<typeof admitCreate> =>
      admitCreate(null, { operation: 'op9', vm: 'web1', spec: { ...spec, disks: [] }, start: isStarted, host: null },
        clusterOf({ ...facts, settings }), env);
    expect(make(true)).toMatchObject({ change: null, reply: { refusal } });
    expect(make(false).reply.ok).toBe(true);
  });

  test('is nothing to anybody where the settings say off, where all return, and where there is one host only', () => {
    const bare = { ok: true, value: { operation: 'op9', vm: 'web1' } };
    expect(start(stopped('web1', 2000), { ...facts, settings: set({ admission: 'off' }) }).reply).toEqual(bare);
    expect(start(stopped('web1', 1000), facts).reply).toEqual(bare);
    const one = { hosts: [hostRecord('h1')], observed: [observed('h1')], settings: set({ admission: 'refuse' }) };
    expect(start(stopped('web1', 2000), one).reply).toEqual(bare);
  });

  test('is found also where the room is taken by one that was admitted and has no host yet', () => {
    const other = sized('web2', 1000, null, { phase: 'provisioning' });
    expect(leftOutBy(clusterOf(facts), stopped('web1', 1000), null)).toBeNull();
    const both = clusterOf({ vms: [...facts.vms, other] });
    expect(leftOutBy(both, stopped('web1', 1000), null)?.text).toContain('db1 would not start again');
  });

  test('is judged by the loss that the settings name: of two hosts, or of a rack', () => {
    const names = ['h1', 'h2', 'h3', 'h4'];
    const racks = names.map((name, i) => hostRecord(name, { labels: { rack: i < 2 ? 'r1' : 'r2' } }));
    const vms = [sized('a', 2500, 'h1'), sized('b', 2500, 'h2'), sized('c', 1400, 'h3')];
    const four = { hosts: racks, observed: names.map((name) => observed(name)), vms };
    const said = (change: Partial<Settings>): string | undefined =>
      leftOutBy(clusterOf({ ...four, settings: set(change) }), stopped('d', 2500), null)?.text;
    expect(said({})).toBeUndefined();
    expect(said({ admissionHosts: 2 })).toMatch(/after the loss of h\d, h\d/);
    expect(said({ admissionLabel: 'rack' })).toMatch(/^with d on h4, after the loss of rack=r1 \(or 1 other loss\) /);
  });
});

describe('an admission', () => {
  test('says what proofs made anew would say, and leaves the snapshot as it was', () => {
    const kinds = fc.constantFrom({ admissionHosts: 1 }, { admissionHosts: 2 }, { admissionLabel: 'rack' });
    fc.assert(
      fc.property(anyTightCluster, kinds, fc.integer({ min: 1, max: 8 }), (tight, kind, units) => {
        const hosts = tight.hosts.map((host, i) => ({ ...host, labels: { rack: `r${i % 2}` } }));
        const facts = { ...tight, hosts, settings: set(kind) };
        const cluster = clusterOf(facts);
        const feed = new SnapshotFeed(cluster);
        for (const { host } of hosts) feed.hostChanged(host);
        for (const { name } of tight.vms) feed.vmChanged(name);
        const before = JSON.stringify(feed.current());
        const vm = stopped('new', units * 64);
        const left = leftOutBy({ ...cluster, snapshot: () => feed.current() }, vm, null);
        expect(JSON.stringify(feed.current())).toBe(before);
        const { host } = place(cluster, vm, { avoid: new Map(), wish: null });
        if (!host) {
          expect(left).toBeNull();
          return;
        }
        const running = sized('new', units * 64, host.host);
        const after = snapshotOf(clusterOf({ ...facts, vms: [...tight.vms, running] }));
        const { admissionHosts, admissionLabel } = facts.settings;
        const { all } = lossesOf(after, { hosts: admissionHosts, label: admissionLabel });
        expect(left === null).toBe(all.every((lost) => prove(after, lost).witness !== null));
      }),
      { numRuns: 300 },
    );
  });
});

import { vmSpecSchema, type NetworkRecord, type Reply, type VmRecord } from '@holdfast/contracts';
import { describe, expect, test } from 'vitest';
import {
  admitCreate, admitNetworkChange, admitNetworkDelete, admitNetworkMake, admitNicAdd, stepNetwork,
} from './index.js';
import { settleMs, type NetworkAdmission } from './network.js';
import { clusterOf, env, networkRecord, nowMs, observed, vmRecord, type Facts } from './testing/records.js';

const stopped = { phase: 'stopped', desired: 'stopped', assignment: null } as const;
const vmOn = (name: string, network: string, project: string, patch: Partial<VmRecord> = {}): VmRecord =>
  vmRecord({ ...stopped, name, project, spec: vmSpecSchema.parse({ cpus: 1, memoryMiB: 64, network }), ...patch });
const make = (network: string, project: string | null, facts: Partial<Facts> = {}, known?: NetworkRecord) => {
  const request = { operation: known ? 'again' : 'make', network, spec: { project } };
  return admitNetworkMake(known ?? null, request, clusterOf(facts), env);
};
const change = (known: NetworkRecord, project: string | null, facts: Partial<Facts> = {}) =>
  admitNetworkChange(known, { operation: 'change', network: known.name, change: { project } }, clusterOf(facts), env);
const drop = (known: NetworkRecord, facts: Partial<Facts> = {}) =>
  admitNetworkDelete(known, { operation: 'drop', network: known.name }, clusterOf(facts), env);
const recordOf = ({ change: record }: NetworkAdmission): NetworkRecord => record as NetworkRecord;
const settled = (record: NetworkRecord, facts: Partial<Facts> = {}): NetworkRecord =>
  stepNetwork(record, clusterOf(facts), { ...env, nowMs: nowMs + settleMs }).state;
const newestOf = ({ transitions }: NetworkRecord): string | undefined => transitions.at(-1)?.event;

describe('a VM is put on a network', () => {
  const networks = [networkRecord('shop-lan', 'shop'), networkRecord('lan', null)];
  const offered = ['guest', 'shop-lan', 'lan', 'wild'].map((name) => [name, 'up'] as const);
  const report = { ...observed('h1'), capacity: { ...observed('h1').capacity, networks: Object.fromEntries(offered) } };
  const facts = { networks, observed: [report] };
  const create = (project: string | undefined, network: string, ofCluster = false, more: Partial<Facts> = {}) =>
    admitCreate(null, {
      operation: 'op1', vm: 'new1', start: false, host: null, project, ofCluster,
      spec: vmSpecSchema.parse({ cpus: 1, memoryMiB: 64, nics: [{ nic: 1, network }] }),
    }, clusterOf({ ...facts, ...more }), env).reply;
  const refusal = (reply: Reply<unknown>): object => (reply.ok ? {} : reply.refusal);

  test('that is its project\'s or shared, or the default one while nobody has decided of that', () => {
    for (const network of ['shop-lan', 'lan', 'guest']) expect(create('shop', network).ok).toBe(true);
    expect(create('bank', 'lan').ok).toBe(true);
    expect(create('bank', 'lan', true).ok).toBe(true);
  });

  test('not of another project, in the words for one that is not there, whoever asks', () => {
    const told = refusal(create('bank', 'shop-lan'));
    expect(told).toMatchObject({ code: 'invalid', field: 'network' });
    const none = refusal(create('bank', 'nosuch'));
    expect(JSON.stringify(told).replaceAll('shop-lan', 'IT')).toBe(JSON.stringify(none).replaceAll('nosuch', 'IT'));
    expect(create('bank', 'shop-lan', true).ok).toBe(false);
    expect(create(undefined, 'shop-lan', true).ok).toBe(false);
  });

  test('without a record only by who may do so in the whole cluster', () => {
    expect(refusal(create('shop', 'wild'))).toMatchObject({ code: 'invalid', field: 'network' });
    expect(create('shop', 'wild', true).ok).toBe(true);
    expect(refusal(create('shop', 'nowhere', true))).toMatchObject({ code: 'no-capacity', field: 'network' });
  });

  test('by a NIC as by its creation, and while a network is being changed nobody is', () => {
    const vm = vmOn('bank1', 'guest', 'bank');
    const add = (network: string, more = networks) =>
      admitNicAdd(vm, { operation: 'op2', vm: 'bank1', network }, clusterOf({ ...facts, networks: more }), env).reply;
    expect(refusal(add('shop-lan'))).toMatchObject({ code: 'invalid', field: 'network' });
    expect(add('lan').ok).toBe(true);
    const closing = recordOf(change(networkRecord('lan', null), 'bank'));
    expect(refusal(add('lan', [closing]))).toMatchObject({ code: 'conflict', remedy: 'try again in a moment' });
  });
});

describe('a network', () => {
  test('that is shared has its record at once; of one project it has it once nobody else is found on it', () => {
    expect(recordOf(make('lan', null))).toMatchObject({ state: 'active' });
    const closing = recordOf(make('lan', 'shop'));
    expect(closing).toMatchObject({ state: 'closing', closing: { isNew: true } });
    expect(stepNetwork(closing, clusterOf(), env)).toEqual({ state: closing, effects: [], wakeAtMs: nowMs + settleMs });
    const made = settled(closing, { vms: [vmOn('web1', 'lan', 'shop')] });
    expect(made).toMatchObject({ state: 'active', project: 'shop' });
    expect(made.closing).toBeUndefined();
    expect(newestOf(made)).toBe('network.made');
    expect(make('lan', null, {}, made).reply).toMatchObject({ refusal: { code: 'exists', field: 'name' } });
  });

  test.each([
    ['is not given to a project', () => change(networkRecord('lan', null), 'shop', { vms })],
    ['is not moved to another', () => change(networkRecord('lan', 'bank'), 'shop', { vms })],
    ['gets no record of one project', () => make('lan', 'shop', { vms })],
  ])('on which VMs of others are %s, naming them', (_what, asked) => {
    const refusal = { code: 'conflict', message: 'VMs of other projects are on it: bank1, bank2' };
    expect(asked()).toMatchObject({ change: null, reply: { refusal } });
  });
  const vms = [vmOn('bank2', 'lan', 'bank'), vmOn('web1', 'lan', 'shop'), vmOn('bank1', 'lan', 'bank')];

  test('that any VM is on is not deleted, and one that is gone does not count', () => {
    const own = networkRecord('lan', 'shop');
    const refusal = { code: 'conflict', message: 'VMs are on it: web1' };
    expect(drop(own, { vms: [vmOn('web1', 'lan', 'shop')] }).reply).toMatchObject({ refusal });
    const closing = recordOf(drop(own, { vms: [vmOn('web1', 'lan', 'shop', { phase: 'deleted' })] }));
    expect(newestOf(settled(closing))).toBe('network.dropped');
    expect(settled(closing).state).toBe('deleted');
  });

  test('stays as it was when a VM has come to be on it meanwhile, and one that is new is not made', () => {
    const late = { vms: [vmOn('bank1', 'lan', 'bank')] };
    const kept = settled(recordOf(change(networkRecord('lan', null), 'shop')), late);
    expect(kept.state).toBe('active');
    expect([kept.closing, kept.project]).toEqual([undefined, undefined]);
    expect(newestOf(kept)).toBe('network.kept');
    expect(settled(recordOf(make('lan', 'shop')), late).state).toBe('deleted');
    const dropped = recordOf(drop(networkRecord('lan', 'bank')));
    expect(settled(dropped, late)).toMatchObject({ state: 'active', project: 'bank' });
  });

  test('is shared at once, keeps what a change leaves out, and is asked for twice as once', () => {
    const own = networkRecord('lan', 'shop', { note: 'first floor', labels: { speed: '10g' } });
    const shared = recordOf(change(own, null));
    expect(shared).toMatchObject({ state: 'active', note: 'first floor', labels: { speed: '10g' } });
    expect(shared.project).toBeUndefined();
    expect(change(shared, null)).toMatchObject({ change: null, reply: { ok: true } });
    const more = { operation: 'op3', network: 'lan', change: { labels: { set: { room: 'a' }, remove: ['speed'] } } };
    expect(admitNetworkChange(shared, more, clusterOf(), env).change).toMatchObject({ labels: { room: 'a' } });
    const nothing = { ...more, change: { note: 'first floor' } };
    expect(admitNetworkChange(own, nothing, clusterOf(), env)).toMatchObject({ change: null, reply: { ok: true } });
  });

  test('tells no name of a project in what it says of itself', () => {
    const all = [make('lan', 'shop'), change(networkRecord('lan', 'bank'), 'shop'), drop(networkRecord('lan', 'bank'))];
    const said = all.map(recordOf).flatMap((record) => settled(record).transitions.map(({ text }) => text));
    expect(said.length).toBe(6);
    expect(said.join()).not.toMatch(/shop|bank/);
  });

  test('that has no record can neither be changed nor deleted', () => {
    const refusal = { code: 'not-found', field: 'network' };
    const gone = networkRecord('lan', null, { state: 'deleted' });
    expect(change(gone, 'shop').reply).toMatchObject({ refusal });
    const request = { operation: 'op4', network: 'lan' };
    expect(admitNetworkDelete(null, request, clusterOf(), env).reply).toMatchObject({ refusal });
  });
});

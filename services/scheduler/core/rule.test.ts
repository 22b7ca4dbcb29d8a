import { vmSpecSchema, type RuleSpec, type VmRecord } from '@holdfast/contracts';
import { describe, expect, test } from 'vitest';
import { ownMove, whyLeave } from './own-move.js';
import { place } from './place.js';
import { admitRule } from './rule-request.js';
import { stepVm } from './vm-step.js';
import {
  clusterOf,
  drainRecord,
  env,
  hostRecord,
  nowMs,
  observed,
  ruleRecord,
  viewOf,
  vmRecord,
} from './testing/records.js';

const anywhere = { avoid: new Map<string, string>(), wish: null };
const names = ['h1', 'h2', 'h3'];
const three = { hosts: names.map((name) => hostRecord(name)), observed: names.map((name) => observed(name)) };

const on = (name: string, host: string | null, patch: Partial<VmRecord> = {}): VmRecord =>
  vmRecord({
    name,
    uid: name,
    assignment: host === null ? null : { host, hostEpoch: 2, generation: 1 },
    phaseSinceMs: nowMs - 60_000,
    ...patch,
  });
const together = (...vms: string[]): RuleSpec => ({ kind: 'vm-affinity', vms, together: true });
const apart = (...vms: string[]): RuleSpec => ({ kind: 'vm-affinity', vms, together: false });
const hosts = (vm: string, weights: Record<string, number>, strict: boolean): RuleSpec => ({
  kind: 'host-affinity',
  vms: [vm],
  hosts: weights,
  strict,
});
const rules = (...specs: RuleSpec[]): ReturnType<typeof ruleRecord>[] =>
  specs.map((spec, index) => ruleRecord(`r${index + 1}`, spec));

describe('placement obeys rules', () => {
  test('a strict host rule leaves only its hosts, and says so', () => {
    const cluster = clusterOf({ ...three, rules: rules(hosts('a', { h3: 0 }, true)) });
    expect(place(cluster, on('a', null), anywhere).host?.host).toBe('h3');
    expect(place(cluster, on('a', null), { ...anywhere, wish: 'h1' })).toMatchObject({
      text: 'no host can take it: h1 is not among the hosts of rule r1',
    });
  });

  test('a preferred host with the larger number wins, and any other will do when it is gone', () => {
    const rule = rules(hosts('a', { h2: 1, h3: 2 }, false));
    expect(place(clusterOf({ ...three, rules: rule }), on('a', null), anywhere).host?.host).toBe('h3');
    const gone = names.map((name) => hostRecord(name, { health: name === 'h1' ? 'online' : 'fenced' }));
    expect(place(clusterOf({ ...three, hosts: gone, rules: rule }), on('a', null), anywhere).host?.host).toBe('h1');
  });

  test('VMs kept apart shun each other, where they are and where they move to', () => {
    const b = on('b', 'h1', {
      migration: { to: { host: 'h2', hostEpoch: 2, generation: 2 }, stage: 'moving', startedAtMs: nowMs },
    });
    const cluster = clusterOf({ ...three, vms: [b], rules: rules(apart('a', 'b')) });
    expect(place(cluster, on('a', null), anywhere).host?.host).toBe('h3');
  });

  test('VMs kept together join the one that runs, also where others would have more room', () => {
    const vms = [on('a', null), on('b', 'h2'), on('other', 'h2')];
    const cluster = clusterOf({ ...three, vms, rules: rules(together('a', 'b')) });
    expect(place(cluster, on('a', null), anywhere).host?.host).toBe('h2');
  });

  test('of VMs kept together the first is placed first, and the others once its place is stored', () => {
    const waiting = (name: string, patch: Partial<VmRecord> = {}): VmRecord =>
      on(name, null, { desired: 'running', phase: 'waiting', changedAtMs: nowMs, ...patch });
    const facts = { ...three, volumes: [], rules: rules(together('a', 'b')) };
    const next = (vm: VmRecord, others: VmRecord[], unstored: string[] = []): string =>
      stepVm(viewOf(vm, { ...facts, vms: [vm, ...others], unstored })).state.phase;

    expect(next(waiting('a'), [waiting('b')])).toBe('attaching');
    expect(next(waiting('b'), [waiting('a')])).toBe('waiting');
    expect(next(waiting('b'), [waiting('a', { changedAtMs: nowMs - 1000 })])).toBe('attaching');
    expect(next(waiting('b'), [on('a', 'h2', { phase: 'attaching' })], ['a'])).toBe('waiting');
    expect(next(waiting('b'), [on('a', 'h2', { phase: 'attaching' })])).toBe('attaching');
  });

  test('what keeps one member apart keeps its whole group apart', () => {
    const vms = [on('a', null), on('b', null), on('c', 'h1')];
    const cluster = clusterOf({ ...three, vms, rules: rules(together('a', 'b'), apart('b', 'c')) });
    expect(place(cluster, on('a', null), anywhere).host?.host).not.toBe('h1');
  });

  test('VMs spread over racks get a rack each, and none without', () => {
    const racked = names.map((name, i) => hostRecord(name, { labels: i < 2 ? { rack: 'r1' } : {} }));
    const spread: RuleSpec = { kind: 'vm-affinity', vms: ['a', 'b'], together: false, over: 'rack' };
    const cluster = clusterOf({ ...three, hosts: racked, vms: [on('b', 'h1')], rules: rules(spread) });
    expect(place(cluster, on('a', null), anywhere)).toMatchObject({
      text: 'no host can take it: h1 shares rack=r1 with b, kept apart by rule r1; ' +
        'h2 shares rack=r1 with b, kept apart by rule r1; h3 has no label rack, over which rule r1 spreads',
    });
    const labelled = racked.map((host) => (host.host === 'h3' ? { ...host, labels: { rack: 'r2' } } : host));
    const better = clusterOf({ ...three, hosts: labelled, vms: [on('b', 'h1')], rules: rules(spread) });
    expect(place(better, on('a', null), anywhere).host?.host).toBe('h3');
  });

  test('VMs that are rather apart or together are so where there is room, and nobody moves for it', () => {
    const lean = (isTogether: boolean): RuleSpec =>
      ({ kind: 'vm-affinity', vms: ['a', 'b'], together: isTogether, strict: false });
    const vms = [on('a', 'h1'), on('b', 'h1'), on('x', 'h2'), on('y', 'h3')];
    const at = (spec: RuleSpec, wanted: string | null): string | undefined =>
      place(clusterOf({ ...three, vms, rules: rules(spec) }), on('a', null), { ...anywhere, wish: wanted }).host?.host;
    expect([at(lean(true), null), at(lean(false), null), at(lean(false), 'h1')]).toEqual(['h1', 'h2', 'h1']);
    expect(ownMove(viewOf(on('a', 'h1'), { ...three, vms, rules: rules(lean(false)) }))).toBeNull();
  });

  test('hosts that are for some VMs only take no other, which leaves them', () => {
    const alone: RuleSpec = { kind: 'host-affinity', vms: ['a'], hosts: { h1: 0 }, strict: false, exclusive: true };
    const facts = { ...three, vms: [on('b', 'h1')], rules: rules(alone) };
    expect(place(clusterOf(facts), on('b', null), { ...anywhere, wish: 'h1' })).toMatchObject({
      text: 'no host can take it: h1 is only for the VMs of rule r1',
    });
    expect(place(clusterOf(facts), on('a', null), anywhere).host?.host).toBe('h1');
    expect(ownMove(viewOf(on('b', 'h1'), facts))).toMatchObject({ to: 'h2' });
  });

  test('a group waits for a host that takes all of it', () => {
    const spec = vmSpecSchema.parse({ cpus: 1, memoryMiB: 2500 });
    const vms = [on('a', null, { spec }), on('b', null, { spec })];
    const cluster = clusterOf({ ...three, vms, rules: rules(together('a', 'b')) });
    expect(place(cluster, on('a', null, { spec }), anywhere)).toMatchObject({
      host: null,
      text: expect.stringContaining('cannot take all VMs that must run together'),
    });
  });
});

describe('a running VM moves by itself', () => {
  test('to a host that it prefers, but only where it returns', () => {
    const facts = { ...three, rules: rules(hosts('a', { h3: 0 }, false)) };
    expect(ownMove(viewOf(on('a', 'h1'), facts))).toMatchObject({ to: 'h3', why: 'h3 is preferred' });
    const spec = vmSpecSchema.parse({ cpus: 1, memoryMiB: 64, policy: { failback: false } });
    expect(ownMove(viewOf(on('a', 'h1', { spec }), facts))).toBeNull();
    expect(ownMove(viewOf(on('a', 'h3'), facts))).toBeNull();
  });

  test('after a group member that a person moved', () => {
    const a = on('a', 'h2', { chosen: { host: 'h2', atMs: nowMs } });
    const facts = { ...three, vms: [a, on('b', 'h1'), on('c', 'h1')], rules: rules(together('a', 'b', 'c')) };
    expect(ownMove(viewOf(on('b', 'h1'), facts))).toMatchObject({ to: 'h2' });
    expect(ownMove(viewOf(a, facts))).toBeNull();
  });

  test('to where the most of its group are', () => {
    const vms = [on('a', 'h2'), on('b', 'h1'), on('c', 'h1')];
    const facts = { ...three, vms, rules: rules(together('a', 'b', 'c')) };
    expect(ownMove(viewOf(on('a', 'h2'), facts))).toMatchObject({ to: 'h1' });
    expect(ownMove(viewOf(on('b', 'h1'), facts))).toBeNull();
  });

  test('away from a VM that it must not meet', () => {
    const facts = { ...three, vms: [on('a', 'h1'), on('b', 'h1')], rules: rules(apart('a', 'b')) };
    expect(ownMove(viewOf(on('a', 'h1'), facts))).toMatchObject({ to: 'h2' });
  });

  test('off a host that is to be empty, remembering where it came from, and back once that works again', () => {
    const facts = { ...three, vms: [on('a', 'h1')], drains: [drainRecord('h1')] };
    expect(ownMove(viewOf(on('a', 'h1'), facts))).toMatchObject({ to: 'h2', home: 'h1' });
    expect(whyLeave(clusterOf(facts), on('a', 'h1'))).toBe('h1 is being drained');
    const away = on('a', 'h2', { home: 'h1' });
    expect(ownMove(viewOf(away, { ...three, vms: [away], drains: [drainRecord('h1')] }))).toBeNull();
    expect(ownMove(viewOf(away, { ...three, vms: [away] }))).toMatchObject({ to: 'h1' });
  });

  test('a few at a time', () => {
    const moving = (name: string): VmRecord =>
      on(name, 'h1', {
        phase: 'migrating',
        migration: { to: { host: 'h2', hostEpoch: 2, generation: 2 }, stage: 'moving', startedAtMs: nowMs },
      });
    const facts = { ...three, vms: [moving('x'), moving('y'), on('a', 'h1')], drains: [drainRecord('h1')] };
    expect(ownMove(viewOf(on('a', 'h1'), facts))).toEqual({ inMs: 1000 });
  });

  test('not again right after a move that came to nothing', () => {
    const facts = { ...three, vms: [on('a', 'h1')], drains: [drainRecord('h1')] };
    expect(ownMove(viewOf(on('a', 'h1', { phaseSinceMs: nowMs - 500 }), facts))).toEqual({ inMs: 1500 });
  });
});

describe('a rule', () => {
  const put = (rule: string, spec: RuleSpec, existing: RuleSpec[] = []): ReturnType<typeof admitRule> =>
    admitRule(null, { operation: 'op', rule, spec }, clusterOf({ ...three, rules: rules(...existing) }), env);

  test('that keeps apart what another keeps together is refused, naming both', () => {
    const { change, reply } = put('new', apart('a', 'c'), [together('a', 'b'), together('b', 'c')]);
    expect(change).toBeNull();
    expect(reply).toMatchObject({
      refusal: { code: 'conflict', message: 'rule new keeps a and c apart, rules r1, r2 keeps them together' },
    });
  });

  test('is refused with the smallest set that contradicts itself, not with all rules about its VMs', () => {
    const others = [hosts('a', { h1: 1 }, false), together('a', 'd'), together('a', 'b'), hosts('b', { h1: 0 }, true)];
    expect(put('new', apart('a', 'b'), others).reply).toMatchObject({
      refusal: { message: 'rule new keeps a and b apart, rule r3 keeps them together' },
    });
    expect(put('new', hosts('d', { h2: 0 }, true), others).reply).toMatchObject({
      refusal: { message: 'rules r4, new leave no host for a, d, b' },
    });
  });

  test('that demands another value of a label than a strict one does is refused, naming both', () => {
    const on = (gpu: string, strict: boolean): RuleSpec => ({
      kind: 'label-affinity', vms: ['a'], labels: { gpu }, strict,
    });
    expect(put('new', on('h100', true), [on('a100', true), together('a', 'b')]).reply).toMatchObject({
      refusal: { code: 'conflict', message: 'rules r1, new demand gpu=a100 and gpu=h100 of the host of a' },
    });
    expect(put('new', on('h100', true), [on('a100', false)]).reply.ok).toBe(true);
    expect(put('new', { ...on('h100', true), vms: ['b'] }, [on('a100', true)]).reply.ok).toBe(true);
  });

  test('over labels moves a VM away that has come to be on a host without them', () => {
    const hosts = [hostRecord('h1'), hostRecord('h2', { labels: { gpu: 'a100' } })];
    const gpu: RuleSpec = { kind: 'label-affinity', vms: ['a'], labels: { gpu: 'a100' }, strict: true };
    const facts = { ...three, hosts, vms: [on('a', 'h1')], rules: rules(gpu) };
    expect(whyLeave(clusterOf(facts), on('a', 'h1'))).toBe('h1 has no label gpu=a100, which rule r1 demands');
    expect(ownMove(viewOf(on('a', 'h1'), facts))).toMatchObject({ to: 'h2' });
    const rather = { ...facts, rules: rules({ ...gpu, strict: false }) };
    expect(ownMove(viewOf(on('a', 'h1'), rather))).toMatchObject({ to: 'h2', why: 'h2 is preferred' });
  });

  test('that leaves fewer hosts than VMs that are kept apart is refused', () => {
    const two = { h1: 0, h2: 0 };
    const others = [hosts('a', two, true), hosts('b', two, true), hosts('c', two, true), hosts('d', two, true)];
    expect(put('new', apart('a', 'b', 'c'), others).reply).toMatchObject({
      refusal: { message: 'rules new, r1, r2, r3 leave 2 hosts for 3 VMs that are kept apart' },
    });
    expect(put('new', apart('a', 'b'), others).reply).toMatchObject({ ok: true });
  });

  test('that keeps hosts from VMs that may run nowhere else is refused', () => {
    const kept = { h1: 0, h2: 0 };
    const alone: RuleSpec = { kind: 'host-affinity', vms: ['b'], hosts: kept, strict: false, exclusive: true };
    expect(put('new', alone, [hosts('a', { h1: 0 }, true)]).reply).toMatchObject({
      refusal: { message: 'rules r1, new leave no host for a' },
    });
    expect(put('new', alone, [hosts('a', { h1: 0, h3: 0 }, true)]).reply).toMatchObject({ ok: true });
  });

  test('that keeps VMs together over a label is refused: only spreading has one', () => {
    const spec: RuleSpec = { kind: 'vm-affinity', vms: ['a', 'b'], together: true, over: 'rack' };
    expect(put('new', spec).reply).toMatchObject({ refusal: { code: 'invalid', field: 'over' } });
  });

  test('that leaves a VM no host is refused', () => {
    expect(put('new', hosts('a', { h1: 0 }, true), [hosts('a', { h2: 0 }, true)]).reply).toMatchObject({
      refusal: { message: 'rules r1, new leave no host for a' },
    });
  });

  test('made twice is one rule, and one that changes keeps its numbers', () => {
    const [made] = rules(apart('a', 'b'));
    const cluster = clusterOf({ ...three, rules: made ? [made] : [] });
    const same = admitRule(made ?? null, { operation: 'op2', rule: 'r1', spec: apart('a', 'b') }, cluster, env);
    expect(same).toMatchObject({ change: null, reply: { ok: true } });
    const other = admitRule(made ?? null, { operation: 'op2', rule: 'r1', spec: apart('a', 'c') }, cluster, env);
    expect(other.change).toMatchObject({ uid: 'r1-uid', transitionCount: 1, spec: apart('a', 'c') });
  });
});

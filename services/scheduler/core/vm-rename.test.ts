import type { RuleRecord, VmRecord, VolumeRecord } from '@holdfast/contracts';
import { describe, expect, test } from 'vitest';
import {
  admitCreate, admitDelete, admitDescribe, admitRename, admitStart, admitStop, renamedRecord, stepVm,
} from './index.js';
import { attachment, clusterOf, env, hostRecord, viewOf, vmRecord, volumeRecord } from './testing/records.js';

const request = { operation: 'op1', vm: 'web1', to: 'www' };
const stopped = vmRecord({ phase: 'stopped', desired: 'stopped', assignment: null });
type Facts = NonNullable<Parameters<typeof clusterOf>[0]>;
const ask = (vm: VmRecord, facts: Facts = {}) => admitRename(vm, request, clusterOf({ vms: [vm], ...facts }), env);
const refusalOf = ({ reply }: { reply: { ok: boolean } }): unknown => ('refusal' in reply ? reply.refusal : null);

const old = ask(stopped).change as VmRecord;
const made = renamedRecord(old);
const taken: VmRecord = { ...made, rename: { is: 'new', other: 'web1', isTaken: true } };
const named = (vm: string, namedAt = 2): Partial<Facts> =>
  ({ volumes: [volumeRecord({ vm, namedAt })], attachments: [attachment([], { vm })] });
const step = (vm: VmRecord, others: VmRecord[], facts: Partial<Facts> = {}) =>
  stepVm(viewOf(vm, { vms: [vm, ...others], volumes: [volumeRecord()], attachments: [attachment([])], ...facts }));

describe('a VM is renamed', () => {
  test('by a new record of the same VM, at the next generation', () => {
    expect(old).toMatchObject({ name: 'web1', phase: 'renaming', operation: { kind: 'rename' } });
    expect(step(old, []).effects).toMatchObject([{ kind: 'make-record' }]);
    expect(made).toMatchObject({ name: 'www', uid: old.uid, generation: 2, phase: 'renaming', volumes: old.volumes });
    expect(made.transitions).toEqual(old.transitions);
  });

  test('in turns: the new record is taken, the old one leaves without a word, storage is told, and that was it', () => {
    expect(step(old, [made]).state).toBe(old);
    expect(step(made, [old]).state).toEqual(taken);
    const gone = step(old, [taken]).state;
    expect(gone).toEqual({ ...old, phase: 'deleted', operation: null });
    expect(step(taken, [old]).effects).toEqual([]);
    expect(step(taken, [gone]).state).toBe(taken);
    expect(step(taken, [gone]).effects).toMatchObject([{ kind: 'name-volume', volume: 'disk', generation: 2 }]);
    expect(step(taken, [], { volumes: [volumeRecord({ vm: 'www', namedAt: 2 })] }).state).toBe(taken);
    const { state } = step(taken, [], named('www'));
    expect(state).toMatchObject({ name: 'www', phase: 'stopped', operation: null, rename: undefined });
    expect(state.transitions.at(-1)).toMatchObject({
      number: old.transitionCount + 1, event: 'vm.renamed', data: { formerName: 'web1', operationState: 'done' },
    });
  });

  test('not before the old record is gone, whatever storage says', () => {
    expect(step(taken, [old], named('www')).state).toBe(taken);
    expect(step(taken, [{ ...old, phase: 'deleted' }], named('www')).state).toBe(taken);
    expect(step(taken, [vmRecord({ uid: 'another' })], named('www')).state.phase).toBe('stopped');
  });

  test('and the old record leaves also when the new one has gone on already', () => {
    const done = step(taken, [], named('www')).state;
    expect(step(old, [done]).state.phase).toBe('deleted');
  });

  test('and keeps its name when another VM has taken the new one meanwhile', () => {
    const { state } = step(old, [vmRecord({ name: 'www', uid: 'another' })]);
    expect(state).toMatchObject({ phase: 'stopped', operation: null, rename: undefined, generation: 2 });
    expect(state.transitions.at(-1)).toMatchObject({ event: 'vm.rename-failed', data: { operationState: 'failed' } });
  });

  test('and nobody starts, stops, describes or deletes either record meanwhile', () => {
    for (const vm of [old, made, taken]) {
      const asked = { operation: 'op2', vm: vm.name };
      const cluster = clusterOf({ vms: [vm], hosts: [hostRecord('h1')] });
      const busy = { code: 'conflict' };
      expect(refusalOf(admitStart(vm, { ...asked, host: null }, cluster, env))).toMatchObject(busy);
      expect(refusalOf(admitStop(vm, { ...asked, force: true }, env))).toMatchObject(busy);
      expect(refusalOf(admitDescribe(vm, { ...asked, words: { note: 'x' } }, env))).toMatchObject(busy);
      expect(refusalOf(admitDelete(vm, asked, env))).toMatchObject(busy);
    }
  });

  test('and a late request to create it under its first name makes no second one', () => {
    const { spec } = stopped;
    const create = { operation: 'op0', vm: 'web1', spec, start: true, host: null };
    const created = admitCreate(null, create, clusterOf({ hosts: [hostRecord('h1')] }), env).change as VmRecord;
    const cluster = clusterOf({ vms: [{ ...created, name: 'www' }], hosts: [hostRecord('h1')] });
    expect(admitCreate(null, create, cluster, env)).toMatchObject({ change: null, reply: { ok: true } });
  });
});

describe('a new record that was made too late', () => {
  const leaves = (vm: VmRecord, others: VmRecord[], facts: Partial<Facts> = {}): void =>
    expect(step(vm, others, facts).state).toEqual({ ...vm, phase: 'deleted', operation: null });

  test('leaves when the old one has gone on by itself', () => {
    const kept = step(old, [vmRecord({ name: 'www', uid: 'another' })]).state;
    leaves(made, [kept]);
    leaves(taken, [kept]);
    leaves(taken, [{ ...kept, operation: { id: 'op3', kind: 'start' } }]);
  });

  test('leaves when storage knows a newer name, or has nothing of the VM any more', () => {
    leaves(made, [], named('www'));
    leaves(taken, [], named('third', 3));
    leaves(made, [], { volumes: [volumeRecord({ state: 'deleted' })] });
  });

  test('stays when the old one is only not seen, or seen as it was before', () => {
    expect(step(made, []).state).toBe(made);
    expect(step(made, [stopped]).state).toBe(made);
    expect(step(taken, [stopped]).state).toBe(taken);
    expect(step(taken, [{ ...old, phase: 'deleted', operation: null, transitionCount: 9 }]).state).toBe(taken);
  });

  test('once taken stays as long as its volume is only not seen, and asks storage for it', () => {
    const unseen = { vms: [taken], volumes: [] };
    const asked = stepVm(viewOf(taken, unseen));
    expect(asked).toMatchObject({ state: taken, effects: [{ kind: 'name-volume', volume: 'disk' }] });
    const missing = { ok: false as const, refusal: { code: 'not-found' as const, message: '' } };
    const told = stepVm(viewOf(taken, unseen, { [asked.effects[0]?.key ?? '']: missing }));
    expect(told.state.phase).toBe('deleted');
  });
});

describe('a renaming is refused, with the remedy,', () => {
  const volumes: VolumeRecord[] = [volumeRecord()];
  const ofRule: RuleRecord['spec'] = { kind: 'vm-affinity', vms: ['web1', 'web2'], together: true, strict: true };
  const rule = { id: 'r1', uid: 'r1', spec: ofRule, state: 'active' } as RuleRecord;
  const { spec } = stopped;
  const waitsFor = (name: string): VmRecord['spec'] => ({ ...spec, policy: { ...spec.policy, after: [name] } });
  const after = vmRecord({ name: 'web2', uid: 'uid2', spec: waitsFor('web1') });
  const afterNew = vmRecord({ name: 'web2', uid: 'uid2', spec: waitsFor('www') });
  test.each<[string, Partial<VmRecord>, Facts, object]>([
    ['to a name that is taken', {}, { vms: [vmRecord({ name: 'www', uid: 'uid2' })] }, { code: 'exists', field: 'to' }],
    ['of one that runs', { phase: 'running' }, {}, { remedy: 'stop it first (holdfast vm stop web1)' }],
    ['of one that is to run', { desired: 'running' }, {}, { code: 'conflict' }],
    ['of one that is suspended', { savedMemory: { volume: 'm', state: 'kept' } }, {}, { code: 'conflict' }],
    ['of one without a disk', { volumes: [] }, {}, { code: 'conflict' }],
    ['of one whose disk was never made', { phase: 'failed' }, { volumes: [] }, { code: 'conflict' }],
    ['to a name for which it waits', { spec: waitsFor('www') }, {}, { code: 'conflict' }],
    ['to a name for which one waits for which it waits', { spec: waitsFor('web2') }, { vms: [afterNew] },
      { remedy: expect.stringContaining('take www out') }],
    ['of one with a copy left somewhere', { leftovers: [{ host: 'h1', hostEpoch: 1, generation: 1 }] }, {}, {}],
    ['of one that a rule names', {}, { rules: [rule] }, { remedy: expect.stringContaining('rule list') }],
    ['of one that another starts after', {}, { vms: [after] }, { message: expect.not.stringContaining('web2') }],
  ])('%s', (_case, patch, facts, refusal) => {
    expect(refusalOf(ask({ ...stopped, ...patch }, { volumes, ...facts }))).toMatchObject(refusal);
  });

  test('to the name that it has', () => {
    const reply = admitRename(stopped, { ...request, to: 'web1' }, clusterOf(), env);
    expect(refusalOf(reply)).toMatchObject({ code: 'invalid', field: 'to' });
  });
});

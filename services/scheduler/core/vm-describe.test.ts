import { vmSchema, vmSpecSchema, vmWordsChangeSchema, type VmRecord, type VmWordsChange } from '@holdfast/contracts';
import { describe, expect, test } from 'vitest';
import { admitCreate, admitDelete, admitDescribe, operationAfter, type Admission } from './index.js';
import { clusterOf, env, vmRecord } from './testing/records.js';

const say = (words: VmWordsChange, vm: VmRecord | null = vmRecord()): Admission =>
  admitDescribe(vm, { operation: 'op1', vm: 'web1', words }, env);

describe('what is said of a VM', () => {
  test('changes what it names and nothing else, whatever the VM does', () => {
    const busy = vmRecord({ note: 'old', operation: { id: 'op0', kind: 'migrate' }, phase: 'migrating' });
    const { change } = say({ labels: { set: { env: 'prod', app: 'shop' }, remove: [] } }, busy);
    expect(change).toMatchObject({ note: 'old', labels: { app: 'shop', env: 'prod' }, operation: { id: 'op0' } });
    expect(change).toMatchObject({ phase: 'migrating', generation: busy.generation });
    const again = vmRecord({ labels: { env: 'prod', app: 'shop' } });
    expect(say({ note: 'ask Ann', labels: { set: { env: 'test' }, remove: ['app'] } }, again).change).toMatchObject({
      note: 'ask Ann',
      labels: { env: 'test' },
    });
  });

  test('is an operation that has ended; its event does not repeat the note', () => {
    const change = say({ note: 'the key is under the mat', protected: true }).change as VmRecord;
    const told = change.transitions.at(-1);
    expect(told).toMatchObject({ event: 'vm.described', text: 'it has a new note; it is now protected' });
    expect(told && operationAfter(null, change, told)).toMatchObject({ id: 'op1', kind: 'describe', state: 'done' });
    expect(say({ note: '' }, change)).toMatchObject({ change: null, reply: { ok: true } });
  });

  test('is refused for too many labels, and for one that is set and removed at once', () => {
    const many = Object.fromEntries(Array.from({ length: 16 }, (_, index) => [`k${index}`, 'v']));
    const full = vmRecord({ labels: many });
    const set = { set: { more: 'v' }, remove: [] };
    expect(say({ labels: set }, full).reply).toMatchObject({ refusal: { code: 'invalid', field: 'labels.set' } });
    expect(say({ labels: { ...set, remove: ['k0'] } }, full).change?.labels).toMatchObject({ more: 'v', k1: 'v' });
    const both = { set: { env: 'a' }, remove: ['env'] };
    expect(say({ labels: both }).reply).toMatchObject({ refusal: { field: 'labels.remove' } });
  });

  test('of a VM that is not there, or is being deleted, is refused', () => {
    expect(say({ note: 'x' }, null).reply).toMatchObject({ refusal: { code: 'not-found', field: 'vm' } });
    expect(say({ note: 'x' }, vmRecord({ desired: 'deleted' })).reply).toMatchObject({ refusal: { code: 'conflict' } });
  });

  test('may be said when it is created', () => {
    const spec = vmSpecSchema.parse({ cpus: 1, memoryMiB: 128, disks: [] });
    const words = { note: 'n', labels: { env: 'test' }, protected: true };
    const request = { operation: 'op1', vm: 'web1', spec, words, start: false, host: null };
    expect(admitCreate(null, request, clusterOf(), env).change).toMatchObject(words);
  });

  test('is bounded, and holds no control characters that a terminal would obey', () => {
    const isTaken = (note: string): boolean => vmWordsChangeSchema.safeParse({ note }).success;
    expect([isTaken('two\n\tlines, ünïcode'), isTaken('\u001b[2J'), isTaken('x'.repeat(2001))]).toEqual([
      true,
      false,
      false,
    ]);
    expect(vmWordsChangeSchema.safeParse({}).success).toBe(false);
  });
});

describe('a protected VM', () => {
  const remove = (vm: VmRecord): Admission => admitDelete(vm, { operation: 'op2', vm: 'web1' }, env);

  test('is deleted only after that is taken back; the refusal says how', () => {
    const vm = vmRecord({ protected: true });
    expect(remove(vm)).toMatchObject({
      change: null,
      reply: {
        refusal: {
          code: 'conflict',
          field: 'protected',
          remedy: 'holdfast vm set web1 --no-protect takes that back',
        },
      },
    });
    const free = say({ protected: false }, vm).change as VmRecord;
    expect(remove(free).change).toMatchObject({ desired: 'deleted' });
  });

  test('a record from before there was such a thing is not protected', () => {
    const old = vmSchema.parse(JSON.parse(JSON.stringify(vmRecord())));
    expect(old.protected).toBeUndefined();
    expect(remove(old).reply.ok).toBe(true);
  });
});

import { vmSpecSchema, type VmPolicyChange, type VmRecord } from '@holdfast/contracts';
import { describe, expect, test } from 'vitest';
import { admitCreate, admitSet, operationAfter, type Admission } from './index.js';
import { clusterOf, env, pool, vmRecord, type Facts } from './testing/records.js';

const set = (policy: VmPolicyChange, vm: VmRecord | null = vmRecord(), facts: Partial<Facts> = {}): Admission =>
  admitSet(vm, { operation: 'op1', vm: 'web1', policy }, clusterOf(facts), env);

describe('a change of policy', () => {
  test('changes what it names and nothing else, whatever the VM does', () => {
    const moving = vmRecord({ phase: 'recovering', operation: { id: 'op0', kind: 'start' } });
    const { change, reply } = set({ proof: 'power' }, moving);
    expect(reply).toMatchObject({ ok: true, value: { operation: 'op1', vm: 'web1' } });
    expect(change?.spec.policy).toEqual({ ...moving.spec.policy, proof: 'power' });
    expect(change).toMatchObject({ phase: 'recovering', operation: { id: 'op0' }, generation: moving.generation });
  });

  test('is an operation that has ended, with an event that says what is so now', () => {
    const change = set({ proof: 'power', maxRestart: 3 }).change as VmRecord;
    const told = change.transitions.at(-1);
    expect(told).toMatchObject({ event: 'vm.policy-set', text: 'its policy is now: proof power, maxRestart 3' });
    expect(told && operationAfter(null, change, told)).toMatchObject({ id: 'op1', kind: 'set', state: 'done' });
  });

  test('asked for twice happens once', () => {
    const change = set({ proof: 'power' }).change;
    expect(set({ proof: 'power' }, change)).toMatchObject({ change: null, reply: { ok: true } });
  });

  test('of a VM that is not there, or is being deleted, is refused', () => {
    expect(set({ proof: 'power' }, null).reply).toMatchObject({ refusal: { code: 'not-found', field: 'vm' } });
    const leaving = vmRecord({ desired: 'deleted' });
    expect(set({ proof: 'power' }, leaving).reply).toMatchObject({ refusal: { code: 'conflict' } });
  });
});

describe('a policy that could never be obeyed is refused with its field and a remedy', () => {
  const create = (policy: object, disks: { sizeMiB: number }[]): Admission => {
    const spec = vmSpecSchema.parse({ cpus: 1, memoryMiB: 128, disks, policy });
    return admitCreate(null, { operation: 'op1', vm: 'web1', spec, start: true, host: null }, clusterOf(), env);
  };

  test('proof by storage of a VM that storage cannot speak for', () => {
    expect(create({ proof: 'both' }, []).reply).toMatchObject({
      refusal: { code: 'invalid', field: 'policy.proof', remedy: 'ask for proof power' },
    });
    expect(create({ proof: 'both' }, [{ sizeMiB: 64 }]).reply.ok).toBe(true);
    expect(create({ proof: 'power' }, []).reply.ok).toBe(true);
    const pools = [{ ...pool, revocable: false }];
    expect(set({ proof: 'both' }, vmRecord(), { pools }).reply).toMatchObject({ refusal: { field: 'proof' } });
  });
});

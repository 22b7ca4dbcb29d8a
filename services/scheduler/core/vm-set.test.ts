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

  const named = (name: string, after: string[] = []): VmRecord =>
    vmRecord({ name, uid: `${name}-uid`, spec: vmSpecSchema.parse({ cpus: 1, memoryMiB: 128, policy: { after } }) });

  test('a dependency on a VM that is not there', () => {
    expect(create({ after: ['db1'] }, [{ sizeMiB: 64 }]).reply).toMatchObject({
      refusal: { code: 'invalid', field: 'policy.after', remedy: 'create db1 first, or leave it out' },
    });
    const leaving = { ...named('db1'), desired: 'deleted' as const };
    expect(set({ after: ['db1'] }, vmRecord(), { vms: [leaving] }).reply).toMatchObject({
      refusal: { field: 'after' },
    });
    expect(set({ after: ['db1'] }, vmRecord(), { vms: [named('db1')] }).reply.ok).toBe(true);
  });

  test('a dependency on itself, also by way of others', () => {
    expect(set({ after: ['web1'] }).reply).toMatchObject({ refusal: { field: 'after', remedy: 'leave web1 out' } });
    const vms = [named('db1', ['app1']), named('app1', ['web1'])];
    expect(set({ after: ['db1'] }, vmRecord(), { vms }).reply).toMatchObject({
      refusal: {
        message: 'after: web1 after db1 after app1 after web1: each would wait for the other',
        remedy: 'leave db1 out, or take web1 out of what app1 depends on',
      },
    });
  });

  test('what it depends on may go; another change is not refused for that', () => {
    expect(set({ priority: 60 }, named('web1', ['db1'])).reply.ok).toBe(true);
  });
});

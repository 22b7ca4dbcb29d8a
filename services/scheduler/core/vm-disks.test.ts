import type { VmRecord } from '@holdfast/contracts';
import { describe, expect, test } from 'vitest';
import { admitDiskAdd, admitDiskRemove, operationAfter, stepVm, type Admission } from './index.js';
import { clusterOf, env, pool, viewOf, vmRecord, volumeRecord } from './testing/records.js';

const cluster = clusterOf({ pools: [pool] });
const stopped = vmRecord({ phase: 'stopped', desired: 'stopped', assignment: null });
const add = (vm = stopped): Admission => admitDiskAdd(vm, { operation: 'op1', vm: 'web1', sizeMiB: 32 }, cluster, env);
const remove = (vm = stopped, volume = 'disk'): Admission =>
  admitDiskRemove(vm, { operation: 'op1', vm: 'web1', volume }, cluster, env);
const refusalOf = ({ reply }: Admission): unknown => (reply.ok ? null : reply.refusal);
const step = (...args: Parameters<typeof viewOf>) => stepVm(viewOf(...args));
const names = ({ volumes }: VmRecord): string[] => volumes.map(({ volume }) => volume);

describe('another disk', () => {
  const asked = add().change as VmRecord;
  const volume = names(asked)[1] ?? '';

  test('is in the list of volumes before it is made, and done when it is there', () => {
    const spec = { disks: [{}, { sizeMiB: 32 }] };
    expect(asked).toMatchObject({ phase: 'stopped', spec, operation: { kind: 'disk-add' } });
    expect(step(asked, { volumes: [volumeRecord()] }).effects).toMatchObject([{ kind: 'create-volume', volume }]);
    const { state } = step(asked, { volumes: [volumeRecord(), volumeRecord({ volume })] });
    expect(state).toMatchObject({ phase: 'stopped', operation: null });
    expect(state.diskChange).toBeUndefined();
    const told = state.transitions.at(-1);
    expect(told).toMatchObject({ event: 'vm.resized', data: { disksMiB: 96, operationState: 'done' } });
    const requested = asked.transitions[0];
    const begun = requested ? operationAfter(null, asked, requested) : null;
    expect(told && operationAfter(begun, state, told)).toMatchObject({ kind: 'disk-add', state: 'done' });
  });

  test('that cannot be made fails, and nothing of it is left', () => {
    const broken = { volumes: [volumeRecord(), volumeRecord({ volume, state: 'failed', reason: 'no space' })] };
    const { state } = step(asked, broken);
    expect(state).toMatchObject({ operation: null, diskChange: { volume, to: 'gone' } });
    expect(state.reason).toBe('no disk was added: no space');
    expect(step(state, broken).effects).toMatchObject([{ kind: 'delete-volume', volume }]);
    const gone = step(state, { volumes: [volumeRecord()] }, { [`delete-volume/${volume}`]: { ok: true, value: {} } });
    expect(names(gone.state)).toEqual(['disk']);
    expect(gone.state.spec.disks).toHaveLength(1);
  });

  test('has a name that no other ever has', () => {
    const other = admitDiskAdd(stopped, { operation: 'op2', vm: 'web1', sizeMiB: 32 }, cluster, env).change as VmRecord;
    expect(names(other)[1]).not.toBe(volume);
    expect(names(add().change as VmRecord)[1]).toBe(volume);
  });

  test('is refused while the VM runs, and beyond what a VM may have', () => {
    const remedy = 'stop it first (holdfast vm stop web1)';
    expect(refusalOf(add(vmRecord()))).toMatchObject({ code: 'conflict', remedy });
    const disk = stopped.volumes[0];
    const full = { ...stopped, volumes: Array.from({ length: 16 }, () => disk ?? never()) };
    expect(refusalOf(add(full))).toMatchObject({ code: 'conflict', message: 'web1 has 16 disks, and no VM has more' });
  });
});

function never(): never {
  throw new Error('it has a volume');
}

describe('one disk less', () => {
  test('stays in the list until its data is gone, and a start waits for that', () => {
    const asked = remove().change as VmRecord;
    expect(names(asked)).toEqual(['disk']);
    expect(step({ ...asked, desired: 'running' }, { volumes: [volumeRecord()] }).effects).toMatchObject([
      { kind: 'delete-volume', volume: 'disk' },
    ]);
    const gone = { volumes: [] };
    expect(step(asked, gone).effects).toMatchObject([{ kind: 'delete-volume' }]);
    const { state } = step(asked, gone, { 'delete-volume/disk': { ok: true, value: {} } });
    expect(state).toMatchObject({ volumes: [], spec: { disks: [] }, operation: null });
    expect(state.transitions.at(-1)).toMatchObject({ event: 'vm.resized', data: { disksMiB: 0 } });
  });

  test('is refused for one that it does not have, and where its policy would ask for the impossible', () => {
    expect(refusalOf(remove(stopped, 'other'))).toMatchObject({ code: 'not-found', remedy: 'choose one of disk' });
    const both = { ...stopped, spec: { ...stopped.spec, policy: { ...stopped.spec.policy, proof: 'both' as const } } };
    expect(refusalOf(remove(both))).toMatchObject({ code: 'invalid', field: 'policy.proof' });
    expect(refusalOf(remove(vmRecord()))).toMatchObject({ code: 'conflict' });
  });
});

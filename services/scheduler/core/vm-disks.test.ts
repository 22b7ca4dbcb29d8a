import type { VmRecord } from '@holdfast/contracts';
import { describe, expect, test } from 'vitest';
import { admitDiskAdd, admitDiskRemove, operationAfter, stepVm, type Admission } from './index.js';
import {
  attachment, clusterOf, copy, env, holder, hostRecord, observed, pool, viewOf, vmRecord, volumeRecord,
} from './testing/records.js';

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

  test('is refused on the move, while it is paused, as the first of one that runs, and beyond the most', () => {
    expect(refusalOf(add(vmRecord({ phase: 'migrating' })))).toMatchObject({ code: 'conflict' });
    const remedy = 'let it go on first (holdfast vm resume web1)';
    expect(refusalOf(add(vmRecord({ pausedGeneration: 1 })))).toMatchObject({ code: 'conflict', remedy });
    const first = add(vmRecord({ volumes: [] }));
    expect(refusalOf(first)).toMatchObject({ code: 'conflict', remedy: 'stop it first (holdfast vm stop web1)' });
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
  });
});

describe('while the VM runs', () => {
  const two = vmRecord({
    volumes: ['disk', 'data'].map((volume) => ({ volume, pool: 'san', node: 'san1', sizeMiB: 64 })),
    spec: { ...stopped.spec, disks: [{ sizeMiB: 64 }, { sizeMiB: 64 }] },
  });
  const hosts = [hostRecord('h1')];
  const says = (id: string, result: 'asked' | 'done' | 'failed', reason = '') =>
    ({ hosts, observed: [observed('h1', { web1: copy(1, 'running', { plug: { id, result, reason } }) })] });
  const asked = add(vmRecord()).change as VmRecord;
  const volume = names(asked)[1] ?? '';
  const made = { hosts, volumes: [volumeRecord(), volumeRecord({ volume })] };
  const listed = step(asked, made).state;

  test('another disk counts as one that it has before it is opened, and is plugged in when it is open', () => {
    expect(listed).toMatchObject({ diskChange: { volume, to: 'there', plug: 'op1' }, operation: { id: 'op1' } });
    expect(listed.transitions.at(-1)).toMatchObject({ event: 'vm.resized', data: { disksMiB: 96 } });
    expect(step(listed, made).effects).toMatchObject([{ kind: 'attach', volume, generation: 1, mode: 'single' }]);
    const open = { ...made, attachments: [attachment([holder('h1', 1)], { volume })] };
    expect(step(listed, open).effects).toMatchObject([{ kind: 'plug', host: 'h1', generation: 1, plug: 'op1' }]);
    const { state } = step(listed, { ...open, ...says('op1', 'done') });
    expect(state).toMatchObject({ operation: null, diskChange: undefined });
    expect(state.transitions.at(-1)).toMatchObject({ event: 'vm.disk-plugged', data: { operationState: 'done' } });
  });

  test('a copy that follows has the disk that is listed, and not the one that is still being made', () => {
    const lost = { ...made, observed: [observed('h1', { web1: copy(1, 'stopped') })] };
    const attached = (vm: VmRecord): unknown[] =>
      step(step(vm, lost).state, made).effects.map((effect) => 'volume' in effect && effect.volume);
    expect(attached(listed)).toEqual(['disk', volume]);
    expect(attached(asked)).toEqual(['disk']);
    expect(step(listed, lost).state.diskChange).toBeUndefined();
  });

  test('a disk that its host could not plug in is detached, and then deleted', () => {
    const open = { ...made, attachments: [attachment([holder('h1', 1)], { volume })] };
    const { state } = step(listed, { ...open, ...says('op1', 'failed', 'no slot is free') });
    expect(state).toMatchObject({ operation: null, reason: 'no disk was added: no slot is free' });
    expect(state.diskChange).toEqual({ volume, to: 'gone' });
    expect(step(state, open).effects).toMatchObject([{ kind: 'detach', volume, floor: 2 }]);
    const closed = { ...made, attachments: [attachment([], { volume, newest: 1 })] };
    expect(step(state, closed).effects).toMatchObject([{ kind: 'delete-volume', volume }]);
  });

  test('one less is unplugged before anything is taken from it, and stays if its guest keeps it', () => {
    const leaving = remove(two, 'data').change as VmRecord;
    const open = [attachment([holder('h1', 1)], { volume: 'data' })];
    const there = { hosts, volumes: [volumeRecord(), volumeRecord({ volume: 'data' })], attachments: open };
    expect(step(leaving, there).effects).toMatchObject([{ kind: 'plug', plug: 'op1' }]);
    expect(step(leaving, { ...there, ...says('op1', 'asked') }).effects).toMatchObject([{ kind: 'plug' }]);
    const kept = step(leaving, { ...there, ...says('op1', 'failed', 'its guest did not let go') }).state;
    expect(kept).toMatchObject({ operation: null, reason: 'data was not removed: its guest did not let go' });
    expect([names(kept), kept.diskChange]).toEqual([['disk', 'data'], undefined]);
    const unplugged = step(leaving, { ...there, ...says('op1', 'done') }).state;
    expect(unplugged).toMatchObject({ diskChange: { volume: 'data', to: 'gone' }, operation: { id: 'op1' } });
    expect(step(unplugged, there).effects).toMatchObject([{ kind: 'detach', volume: 'data' }]);
  });

  test('the last disk stays, and so does the one that it boots from', () => {
    expect(refusalOf(remove(vmRecord()))).toMatchObject({ remedy: 'stop it first (holdfast vm stop web1)' });
    expect(refusalOf(remove({ ...two, bootsFromDisk: true }))).toMatchObject({ message: 'web1 boots from disk' });
  });
});

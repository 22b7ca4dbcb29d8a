import { describe, expect, test } from 'vitest';
import { admitPlug, afterPlug, type LocalState, type LocalVm, type VmAdmission } from './index.js';

const copy = {
  uid: 'uid1', generation: 3, hostEpoch: 2, state: 'running', reason: '', sinceMs: 1, reboot: null, migration: null,
} as const;
const local = (patch: object = {}, revision = 9): LocalState => ({
  incarnation: 'inc1', epoch: 2, vms: { web1: { uid: 'uid1', floor: 3, copy: { ...copy, ...patch }, revision } },
});
const admitted = (state = local(), plug = 'op1', stamp: object = {}): VmAdmission =>
  admitPlug(state, 'web1', {
    stamp: { incarnation: 'inc1', hostEpoch: 2, generation: 3, revision: 9, ...stamp }, uid: 'uid1', plug,
  });
const asked = { id: 'op1', result: 'asked', reason: '' } as const;

describe('a change of the disks of a copy that runs', () => {
  test('is remembered before the hypervisor is asked, with the revision that it was decided on', () => {
    const { vm, action } = admitted(local(), 'op1', { revision: 12 });
    expect(action).toEqual({ kind: 'plug' });
    expect(vm).toMatchObject({ revision: 12, copy: { plug: asked } });
  });

  test('whose end nobody has seen is asked for once more, and one that has ended is not', () => {
    expect(admitted(local({ plug: asked }))).toMatchObject({ vm: null, action: { kind: 'plug' } });
    expect(admitted(local({ plug: { ...asked, result: 'failed' } }))).toMatchObject({ vm: null, action: null });
  });

  test('that comes after a later one, for another copy or for one that stands still is refused', () => {
    const later = local({ plug: { ...asked, id: 'op2', result: 'done' } }, 12);
    expect(admitted(later).reply).toMatchObject({ refusal: { code: 'stale' } });
    expect(admitted(local(), 'op1', { generation: 2 }).reply).toMatchObject({ refusal: { code: 'stale' } });
    expect(admitted(local({ state: 'paused' })).reply).toMatchObject({ refusal: { code: 'conflict' } });
  });

  test('ends for the one that was asked for, and for no other', () => {
    const vm = local({ plug: asked }).vms['web1'] as LocalVm;
    const done = { id: 'op1', result: 'done', reason: '' } as const;
    expect(afterPlug(vm, done).copy?.plug).toEqual(done);
    expect(afterPlug(vm, { ...done, id: 'op2' })).toBe(vm);
  });
});

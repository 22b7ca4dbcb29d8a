import { describe, expect, test } from 'vitest';
import {
  admitResize, admitStop, afterResize, roomFor, type LocalState, type LocalVm, type ResizeCommand, type VmAdmission,
} from './index.js';
import { env } from './testing/memory.js';

const copy = {
  uid: 'uid1', generation: 3, hostEpoch: 2, state: 'running', reason: '', sinceMs: 1, reboot: null, migration: null,
} as const;
const local = (patch: object = {}): LocalState => ({
  incarnation: 'inc1', epoch: 2, vms: { web1: { uid: 'uid1', floor: 3, copy: { ...copy, ...patch }, memoryMiB: 512 } },
});
const command: ResizeCommand = {
  stamp: { incarnation: 'inc1', hostEpoch: 2, generation: 3, revision: 9 },
  uid: 'uid1', operation: 'op1', cpus: 2, memoryMiB: 1024,
};
const room = (freeMemoryMiB: number) => ({ memoryMiB: 4096, freeMemoryMiB, isLeaving: false });
const admitted = (state = local(), free = 2048, more: Partial<ResizeCommand> = {}): VmAdmission =>
  admitResize(state, 'web1', { ...command, ...more }, room(free));

describe('a growth', () => {
  test('is remembered with its memory before the hypervisor is asked', () => {
    const { vm, action } = admitted();
    expect(action).toEqual({ kind: 'resize' });
    expect(vm).toMatchObject({ memoryMiB: 1024, copy: { resize: { operation: 'op1', result: 'asked' } } });
  });

  test('that the host has no room for is never carried out, also when it is asked for again', () => {
    const { vm, action } = admitted(local(), 1000);
    expect(action).toBeNull();
    const resize = { operation: 'op1', result: 'failed', reason: '1024 MiB are asked for, 1000 of 4096 MiB are free' };
    expect(vm).toMatchObject({ memoryMiB: 512, copy: { resize } });
    expect(admitted(local({ resize }))).toMatchObject({ vm: null, action: null, reply: { ok: true } });
    expect(admitted(local(), 1000, { memoryOvercommit: 1.5 }).action).not.toBeNull();
  });

  test('whose end nobody has seen is asked for once more, and one that has ended is not', () => {
    const resize = { operation: 'op1', result: 'asked', reason: '' };
    expect(admitted(local({ resize }), 0)).toMatchObject({ vm: { memoryMiB: 512 }, action: { kind: 'resize' } });
    expect(admitted(local({ resize: { ...resize, result: 'done' } }))).toMatchObject({ vm: null, action: null });
  });

  test('of another copy, or an older order, is refused', () => {
    const stamp = { ...command.stamp, generation: 2 };
    expect(admitted(local(), 2048, { stamp }).reply).toMatchObject({ refusal: { code: 'stale' } });
    expect(admitted(local({ state: 'stopping' })).reply).toMatchObject({ refusal: { code: 'conflict' } });
    expect(admitted(local({ state: 'paused' })).action).not.toBeNull();
  });

  test('that came to less leaves the rest of its memory to others', () => {
    const { vm } = admitted();
    const has = { cpus: 1, memoryMiB: 512 };
    const after = vm && afterResize(vm, { result: 'failed', reason: 'no', has }, 'op1');
    expect(after).toMatchObject({ memoryMiB: 512, copy: { resize: { result: 'failed', has } } });
    expect(vm && afterResize(vm, { result: 'done', reason: '' }, 'op0')).toBe(vm);
  });

  test('that may still come about late keeps its memory, though the hypervisor has refused it since', () => {
    const state = local();
    const ask = (operation: string, memoryMiB: number): void => {
      const { vm } = admitted(state, 4096, { operation, memoryMiB });
      if (vm) state.vms['web1'] = vm;
    };
    const refuse = (operation: string): void => {
      const has = { cpus: 1, memoryMiB: 512 };
      state.vms['web1'] = afterResize(state.vms['web1'] as LocalVm, { result: 'failed', reason: 'no', has }, operation);
    };
    ask('op1', 1024);
    ask('op1', 1024);
    refuse('op1');
    const reason = expect.stringMatching(/^no \(asked before, it was not answered/) as string;
    const counted = { result: 'failed', reason, has: { cpus: 2, memoryMiB: 1024 } };
    expect(state.vms['web1']).toMatchObject({ memoryMiB: 1024, copy: { resize: counted } });
    expect(roomFor(state, { vm: 'web2', spec: {} }, { cpus: 4, memoryMiB: 4096 }, false)).toMatchObject({
      freeMemoryMiB: 3072,
    });
    ask('op2', 2048);
    refuse('op2');
    expect(state.vms['web1']).toMatchObject({ memoryMiB: 1024, copy: { resize: { has: { memoryMiB: 1024 } } } });
  });

  test('that may come about late keeps its memory also while its copy is being stopped', () => {
    const state = local({ resize: { operation: 'op1', result: 'asked', reason: '' } });
    state.vms['web1'] = admitted(state).vm as LocalVm;
    const stop = { ...command, stamp: { ...command.stamp, generation: 4 }, graceSeconds: 0 };
    const stopping = admitStop(state, 'web1', stop, env).vm as LocalVm;
    const has = { cpus: 1, memoryMiB: 512 };
    expect(afterResize(stopping, { result: 'failed', reason: 'no', has }, 'op1').memoryMiB).toBe(1024);
  });
});

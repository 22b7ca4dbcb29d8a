import { describe, expect, test } from 'vitest';
import {
  admitBegin,
  admitLeave,
  admitMigrate,
  admitReboot,
  admitPause,
  admitResume,
  admitStop,
  afterRestart,
  isLeftStopping,
  wentOn,
  type LocalState,
} from './index.js';
import { command, copy, env, memory, nowMs, room } from './testing/memory.js';

const start = (local: LocalState, ...args: Parameters<typeof command>) =>
  admitBegin(local, 'web1', command(...args), 'start', room, env);
const stop = (local: LocalState, ...args: Parameters<typeof command>) =>
  admitStop(local, 'web1', { ...command(...args), graceSeconds: 0 }, env);
const refusedAs = (code: string) => ({ vm: null, action: null, reply: { ok: false, refusal: { code } } });
const said = (state: string) => ({ action: null, reply: { ok: true, value: { state } } });
/** What the agent remembers after an admission. */
const remembering = (local: LocalState, { vm }: ReturnType<typeof stop>): LocalState =>
  vm ? { ...local, vms: { ...local.vms, web1: vm } } : local;

test('the memory of a copy is remembered with it, until it has gone', () => {
  const started = start(memory(), 3);
  expect(started.vm?.memoryMiB).toBe(128);
  expect(stop(remembering(memory(), started), 4).vm?.memoryMiB).toBe(128);
});

describe('any command', () => {
  test('of a foreign incarnation is refused', () => {
    const foreign = { incarnation: 'other' };
    const running = memory({ copy: copy(3, 'running') });
    expect(start(memory(), 3, foreign)).toMatchObject(refusedAs('stale'));
    expect(stop(running, 9, foreign)).toMatchObject(refusedAs('stale'));
    expect(admitReboot(running, 'web1', { ...command(3, foreign), operation: 'o', force: false })).toMatchObject(
      refusedAs('stale'),
    );
    expect(admitMigrate(running, 'web1', { ...command(3, foreign), to: { generation: 4 } }, env)).toMatchObject(
      refusedAs('stale'),
    );
    const arrived = memory({ copy: copy(3, 'arrived') });
    expect(admitResume(arrived, 'web1', command(3, foreign))).toMatchObject(refusedAs('stale'));
  });

  test('of an older epoch is refused, of a newer one only until that is accepted here', () => {
    expect(start(memory(), 3, { hostEpoch: 1 })).toMatchObject(refusedAs('stale'));
    expect(start(memory(), 3, { hostEpoch: 3 })).toMatchObject(refusedAs('unavailable'));
  });

  test('of an older generation is refused: a start replayed after a stop', () => {
    const after = remembering(memory(), stop(memory(), 4));
    expect(start(after, 3)).toMatchObject(refusedAs('stale'));
    expect(start(after, 4).action).toEqual({ kind: 'start' });
  });
});

describe('start', () => {
  test('is remembered, with its floor, before it begins', () => {
    expect(start(memory(), 3)).toMatchObject({
      vm: { uid: 'uid1', floor: 3, copy: { generation: 3, hostEpoch: 2, state: 'starting' } },
      action: { kind: 'start' },
    });
  });

  test('sent again is the same start', () => {
    expect(start(memory({ floor: 3, copy: copy(3, 'starting') }), 3)).toMatchObject(said('in-progress'));
    expect(start(memory({ floor: 3, copy: copy(3, 'running') }), 3)).toMatchObject(said('already-done'));
  });

  test('a generation that failed or stopped is not started again', () => {
    for (const state of ['failed', 'stopped'] as const) {
      expect(start(memory({ floor: 3, copy: copy(3, state) }), 3)).toMatchObject({
        ...said('already-done'),
        vm: null,
      });
    }
  });

  test('while another generation lives, or there is no memory left, it is refused', () => {
    expect(start(memory({ floor: 3, copy: copy(3, 'running') }), 4)).toMatchObject(refusedAs('conflict'));
    const full = { ...room, freeMemoryMiB: 100 };
    expect(admitBegin(memory(), 'web1', command(3), 'start', full, env)).toMatchObject(refusedAs('no-capacity'));
  });

  test('the memory may be promised as often as the command says, and no more', () => {
    const full = { ...room, freeMemoryMiB: 127 - room.memoryMiB };
    const begun = (memoryOvercommit: number): unknown =>
      admitBegin(memory(), 'web1', { ...command(3), memoryOvercommit }, 'start', full, env);
    expect(begun(2)).toMatchObject(refusedAs('no-capacity'));
    expect(begun(2.1)).toMatchObject({ reply: { ok: true } });
  });
});

describe('stop', () => {
  test('every copy below its generation goes, and the floor is remembered', () => {
    expect(stop(memory({ floor: 3, copy: copy(3, 'running') }), 4)).toMatchObject({
      vm: { floor: 4, copy: { generation: 3, state: 'stopping' } },
      action: { kind: 'stop' },
    });
  });

  test('a copy at or above its generation is left alone: a stop replayed after a start', () => {
    const admission = stop(memory({ floor: 4, copy: copy(4, 'running') }), 4);
    expect(admission).toMatchObject({ ...said('already-done'), vm: null });
  });

  test('of a VM never seen here it still leaves its floor', () => {
    expect(stop(memory(), 4)).toMatchObject({ ...said('already-done'), vm: { floor: 4, copy: null } });
  });

  test('of an older epoch it still stops: less must never run because a number is old', () => {
    expect(stop(memory({ floor: 3, copy: copy(3, 'running') }), 4, { hostEpoch: 1 }).action?.kind).toBe('stop');
  });

  test('is not answered as done while a receiving or stopping copy is still there', () => {
    for (const state of ['receiving', 'stopping', 'migrating', 'paused'] as const) {
      expect(stop(memory({ floor: 3, copy: copy(3, state) }), 4).action?.kind).toBe('stop');
    }
  });
});

describe('a host that goes down', () => {
  const leaving = { ...room, isLeaving: true };
  const begin = (local: LocalState, kind: 'start' | 'receive') =>
    admitBegin(local, 'web1', command(3), kind, leaving, env);

  test('begins nothing, and says so; what it has begun is still the same start', () => {
    for (const kind of ['start', 'receive'] as const) {
      expect(begin(memory(), kind)).toMatchObject(refusedAs('unavailable'));
    }
    expect(begin(memory({ floor: 3, copy: copy(3, 'starting') }), 'start')).toMatchObject(said('in-progress'));
  });

  test('stops by itself whatever is live, and remembers why', () => {
    for (const state of ['starting', 'running', 'paused', 'receiving', 'migrating', 'stopping'] as const) {
      const vm = admitLeave({ uid: 'uid1', floor: 3, copy: copy(3, state) }, env);
      expect(vm?.copy).toMatchObject({ generation: 3, state: 'stopping', reason: 'host-shutdown' });
      expect(isLeftStopping(vm?.copy ?? null)).toBe(true);
    }
    for (const state of ['stopped', 'failed'] as const) {
      expect(admitLeave({ uid: 'uid1', floor: 3, copy: copy(3, state) }, env)).toBeNull();
    }
    expect(admitLeave({ uid: 'uid1', floor: 3, copy: null }, env)).toBeNull();
  });

  test('starts no copy anew that it has stopped', () => {
    const stopped = memory({ floor: 3, copy: copy(3, 'stopped', { reason: 'host-shutdown' }) });
    expect(start(stopped, 3)).toMatchObject({ ...said('already-done'), vm: null });
    expect(isLeftStopping(copy(3, 'stopping'))).toBe(false);
  });
});

describe('a name used again', () => {
  const before = memory({ uid: 'uid1', floor: 7, copy: copy(6, 'stopped'), revision: 10 });
  const later = { uid: 'uid2', revision: 20 };

  test('the floor that a stop of the new VM promises is kept', () => {
    const after = remembering(before, stop(before, 2, later));
    expect(start(after, 1, { ...later, revision: 21 })).toMatchObject(refusedAs('stale'));
    expect(start(after, 2, { ...later, revision: 21 }).action?.kind).toBe('start');
  });

  test('a late command for the VM before is refused, and does not make its successor forgotten', () => {
    const after = remembering(before, stop(before, 2, later));
    expect(start(after, 8, { uid: 'uid1', revision: 11 })).toMatchObject(refusedAs('stale'));
    expect(stop(after, 9, { uid: 'uid1', revision: 11 })).toMatchObject(refusedAs('stale'));
  });

  test('while the VM before still runs here the new one neither starts nor counts as gone', () => {
    const running = memory({ uid: 'uid1', floor: 6, copy: copy(6, 'running') });
    expect(start(running, 1, later)).toMatchObject(refusedAs('conflict'));
    expect(stop(running, 2, later)).toMatchObject(refusedAs('unavailable'));
  });
});

describe('reboot and migrate', () => {
  const running = memory({ floor: 3, copy: copy(3, 'running') });
  const move = (local: LocalState, generation = 3) =>
    admitMigrate(local, 'web1', { ...command(generation), to: { generation: 4 } }, env);

  test('a reboot is carried out once for each operation', () => {
    const ask = { ...command(3), operation: 'op1', force: false };
    const first = admitReboot(running, 'web1', ask);
    expect(first.action).toEqual({ kind: 'reboot', force: false });
    expect(admitReboot(remembering(running, first), 'web1', ask)).toMatchObject(said('in-progress'));
    const reboot = { operation: 'op1', result: 'done' as const, reason: '' };
    const done = memory({ floor: 3, copy: copy(3, 'running', { reboot }) });
    expect(admitReboot(done, 'web1', ask)).toMatchObject(said('already-done'));
  });

  test('a move is carried out once for each target generation, also when it failed', () => {
    const first = move(running);
    expect(first).toMatchObject({ vm: { copy: { state: 'migrating' } }, action: { kind: 'migrate' } });
    expect(move(remembering(running, first))).toMatchObject(said('in-progress'));
    const result = { generation: 4, result: 'failed' as const, downtimeMs: null, reason: '' };
    const failed = memory({ floor: 3, copy: copy(3, 'running', { migration: result }) });
    expect(move(failed)).toMatchObject(said('already-done'));
  });

  test('only the running copy of exactly that generation reboots or moves', () => {
    for (const local of [
      memory(),
      memory({ floor: 2, copy: copy(2, 'running') }),
      memory({ floor: 3, copy: copy(3, 'stopped') }),
    ]) {
      expect(move(local)).toMatchObject(refusedAs('conflict'));
    }
  });
});

describe('going on', () => {
  const arrived = memory({ floor: 3, copy: copy(3, 'arrived') });
  const resume = (local: LocalState, ...args: Parameters<typeof command>) =>
    admitResume(local, 'web1', command(...args));

  test('what a person paused is held, from before it stands still', () => {
    const pause = (local: LocalState, ...args: Parameters<typeof command>) =>
      admitPause(local, 'web1', command(...args));
    const local = memory({ floor: 3, copy: copy(3, 'running') });
    expect(pause(local, 3).vm?.copy).toMatchObject({ state: 'running', held: true });
    expect(pause(local, 3).action).toEqual({ kind: 'pause' });
    expect(pause(local, 2)).toMatchObject(refusedAs('stale'));
    expect(pause(memory({ floor: 3, copy: copy(3, 'stopping') }), 3)).toMatchObject(refusedAs('conflict'));
    const held = { ...copy(3, 'paused'), held: true };
    expect(pause(memory({ floor: 3, copy: held }), 3)).toMatchObject(said('already-done'));
    // Halted by a disk before: then its agent would let it go on.
    expect(pause(memory({ floor: 3, copy: copy(3, 'paused') }), 3)).toMatchObject({ vm: { copy: { held: true } } });
    expect(resume(memory({ floor: 3, copy: held }), 3)).toMatchObject({ action: { kind: 'resume' } });
    expect(wentOn(held, nowMs)).toMatchObject({ state: 'running', held: undefined });
    const byHand = { ...copy(3, 'running'), held: true };
    expect(resume(memory({ floor: 3, copy: byHand }), 3)).toMatchObject({ action: { kind: 'resume' } });
  });

  test('an order from before the last one is refused, also when that found nothing to do or the agent is new', () => {
    const running = memory({ floor: 3, copy: copy(3, 'running') });
    const late = command(3, { revision: 19 });
    const nothingToDo = resume(running, 3);
    expect(nothingToDo).toMatchObject({ vm: { revision: 20 }, action: null });
    const resumed = remembering(running, nothingToDo);
    expect(admitPause(resumed, 'web1', late)).toMatchObject(refusedAs('stale'));
    expect(admitPause(afterRestart(resumed, nowMs), 'web1', late)).toMatchObject(refusedAs('stale'));
    expect(admitPause(resumed, 'web1', command(3, { revision: 21 })).action).toEqual({ kind: 'pause' });
    const held = remembering(running, admitPause(running, 'web1', command(3)));
    expect(resume(held, 3, { revision: 19 })).toMatchObject(refusedAs('stale'));
  });

  test('what has arrived goes on, or was paused; once it runs there is nothing to do', () => {
    for (const state of ['arrived', 'paused'] as const) {
      const local = memory({ floor: 3, copy: copy(3, state) });
      expect(resume(local, 3)).toMatchObject({ vm: { revision: 20 }, action: { kind: 'resume' }, reply: { ok: true } });
      const asked = remembering(local, resume(local, 3));
      expect(resume(asked, 3)).toMatchObject({ vm: null, action: { kind: 'resume' }, reply: { ok: true } });
    }
    expect(resume(memory({ floor: 3, copy: copy(3, 'running') }), 3)).toMatchObject(said('already-done'));
  });

  test('only the copy of exactly that generation, epoch and VM goes on, and not before it is whole', () => {
    expect(resume(arrived, 4)).toMatchObject(refusedAs('conflict'));
    expect(resume(arrived, 2)).toMatchObject(refusedAs('stale'));
    expect(resume(arrived, 3, { hostEpoch: 1 })).toMatchObject(refusedAs('stale'));
    expect(resume(arrived, 3, { uid: 'another' })).toMatchObject(refusedAs('conflict'));
    for (const state of ['receiving', 'starting', 'stopping', 'stopped', 'failed', 'migrating'] as const) {
      expect(resume(memory({ floor: 3, copy: copy(3, state) }), 3)).toMatchObject(refusedAs('conflict'));
    }
  });

  test('one that was ordered gone does not, however late that was asked for', () => {
    const dropped = remembering(arrived, stop(arrived, 4));
    expect(resume(dropped, 3)).toMatchObject(refusedAs('stale'));
  });

  test('how long it stood is told of what had arrived', () => {
    const { heldMs, state } = wentOn(copy(3, 'arrived', { sinceMs: nowMs - 40 }), nowMs);
    expect({ heldMs, state }).toEqual({ heldMs: 40, state: 'running' });
    expect(wentOn(copy(3, 'paused'), nowMs).heldMs).toBeUndefined();
  });
});

import { describe, expect, test } from 'vitest';
import { receiveWithinMs } from './agent.js';
import { afterRestart, doomed, pruned, recalled, reconcile, type FoundDomain, type LocalState } from './index.js';
import { copy, domain, memory, nowMs } from './testing/memory.js';

const look = (
  local: LocalState,
  found: FoundDomain[],
  options: { epoch?: number; busy?: string[]; endings?: [string, string][]; nowMs?: number } = {},
) =>
  reconcile(local, found, {
    epoch: options.epoch ?? 2,
    busy: new Set(options.busy ?? []),
    endings: new Map(options.endings ?? []),
    nowMs: options.nowMs ?? nowMs,
  });
const web1 = ({ local }: ReturnType<typeof look>) => local.vms['web1'];

describe('work that nobody follows', () => {
  const moving = { generation: 4, result: 'moving' as const, downtimeMs: null, reason: '' };
  const asked = { operation: 'op1', result: 'asked' as const, reason: '' };

  test('a move or a reboot without an action in hand has failed, as soon as the hypervisor can be asked', () => {
    const migrating = memory({ floor: 3, copy: copy(3, 'migrating', { migration: moving }) });
    expect(web1(look(migrating, [domain(3)]))?.copy).toMatchObject({
      state: 'running',
      migration: { result: 'failed', reason: 'nobody follows it any more' },
    });
    const rebooting = memory({ floor: 3, copy: copy(3, 'running', { reboot: asked }) });
    expect(web1(look(rebooting, [domain(3)]))?.copy?.reboot?.result).toBe('failed');
  });

  test('one with an action in hand goes on', () => {
    const local = memory({ floor: 3, copy: copy(3, 'migrating', { migration: moving }) });
    expect(look(local, [domain(3)], { busy: ['web1'] }).local.vms['web1']).toBe(local.vms['web1']);
  });
});

describe('stale copies', () => {
  const running = memory({ floor: 3, copy: copy(3, 'running') });

  test('a copy is stale by incarnation, host epoch, uid and generation, never by its name', () => {
    expect(look(running, [domain(3)]).stale).toEqual([]);
    for (const stale of [
      domain(3, { incarnation: 'other' }),
      domain(3, { hostEpoch: 1 }),
      domain(3, { uid: 'uid0' }),
      domain(2),
    ]) {
      expect(look(running, [stale]).stale).toEqual([stale]);
    }
    expect(look(running, [domain(3)], { epoch: 3 }).stale).toHaveLength(1);
  });

  test('a copy below the floor is stale, unless it is the one on its way out', () => {
    expect(look(memory({ floor: 4, copy: null }), [domain(3)]).stale).toHaveLength(1);
    expect(look(memory({ floor: 4, copy: copy(3, 'stopping') }), [domain(3)]).stale).toEqual([]);
    expect(look(memory({ floor: 5, copy: copy(3, 'stopping') }), [domain(4)]).stale).toHaveLength(1);
  });

  test('a stale copy does not count as stopped while its QEMU lives', () => {
    const before = look(running, [domain(3)], { epoch: 3 });
    expect(before.stale).toHaveLength(1);
    expect(web1(before)?.copy?.state).toBe('running');
    expect(web1(look(running, [], { epoch: 3 }))?.copy?.state).toBe('stopped');
  });

  test('a copy that was said to have ended and lives is destroyed', () => {
    for (const state of ['failed', 'stopped'] as const) {
      const local = memory({ floor: 3, copy: copy(3, state) });
      expect(look(local, [domain(3)]).stale).toHaveLength(1);
      expect(look(local, [domain(3, { state: 'ended' })]).stale).toEqual([]);
    }
  });

  test('of another incarnation nothing is kept, whatever its numbers are', () => {
    const { stale, local } = look(memory(), [domain(9, { incarnation: 'before', hostEpoch: 9 })]);
    expect(stale).toHaveLength(1);
    expect(local.vms).toEqual({});
  });
});

describe('what the agent says of its copies', () => {
  const running = memory({ floor: 3, copy: copy(3, 'running') });

  test('a copy whose QEMU is gone has stopped, for the reason that the hypervisor told', () => {
    expect(web1(look(running, []))?.copy).toMatchObject({ state: 'stopped', reason: 'its QEMU is gone' });
    const told = look(running, [domain(3, { state: 'ended' })], { endings: [['web1', 'guest-shutdown']] });
    expect(web1(told)?.copy?.reason).toBe('guest-shutdown');
  });

  test('a VM with an action in hand is left alone', () => {
    const local = memory({ floor: 3, copy: copy(3, 'starting') });
    expect(look(local, [], { busy: ['web1'] }).local).toEqual(local);
  });

  test('one that nobody connected to for longer than a migration may last gives its room back', () => {
    const sinceMs = 1000;
    const receiving = memory({ floor: 3, copy: copy(3, 'receiving', { sinceMs }) });
    const inTime = look(receiving, [], { nowMs: sinceMs + receiveWithinMs - 1 });
    expect(web1(inTime)?.copy?.state).toBe('receiving');
    const late = look(receiving, [], { nowMs: sinceMs + receiveWithinMs });
    expect(web1(late)?.copy?.state).toBe('stopped');
  });

  test('a receiving half whose QEMU was seen to end has stopped, however early', () => {
    const receiving = memory({ floor: 3, copy: copy(3, 'receiving') });
    const ended = look(receiving, [], { endings: [['web1', 'failed']] });
    expect(web1(ended)?.copy).toMatchObject({ state: 'stopped', reason: 'failed' });
  });

  test('one that waits to be connected to is receiving, has arrived when it is whole, and runs once let go on', () => {
    const receiving = memory({ floor: 3, copy: copy(3, 'receiving') });
    expect(web1(look(receiving, []))?.copy?.state).toBe('receiving');
    expect(web1(look(receiving, [domain(3, { incoming: 'receiving' })]))?.copy?.state).toBe('receiving');
    const whole = domain(3, { state: 'paused', incoming: 'arrived' });
    const arrived = look(receiving, [whole]);
    expect(web1(arrived)?.copy?.state).toBe('arrived');
    expect(look(arrived.local, [whole]).local).toBe(arrived.local);
    expect(web1(look(arrived.local, [domain(3)]))?.copy?.state).toBe('running');
  });

  test('one that ran here and is paused by hand has not arrived', () => {
    const byHand = domain(3, { state: 'paused', incoming: 'arrived' });
    expect(web1(look(running, [byHand]))?.copy?.state).toBe('paused');
    expect(web1(look(memory(), [byHand]))?.copy?.state).toBe('arrived');
  });

  test('one that ended as migrated has moved, though nobody followed the move; no other end says so', () => {
    const moving = { generation: 4, result: 'moving' as const, downtimeMs: null, reason: '' };
    const followed = memory({ floor: 3, copy: copy(3, 'migrating', { migration: moving }) });
    const left = look(followed, [domain(3, { state: 'paused' })]).local;
    expect(left.vms['web1']?.copy).toMatchObject({ state: 'paused', migration: { result: 'failed' } });
    for (const local of [followed, left]) {
      const moved = web1(look(local, [], { endings: [['web1', 'migrated']] }))?.copy;
      expect(moved).toMatchObject({ state: 'stopped', migration: { generation: 4, result: 'moved' } });
      for (const ending of ['destroyed', 'crashed', 'guest-shutdown', 'failed']) {
        const other = web1(look(local, [], { endings: [['web1', ending]] }))?.copy;
        expect(other).toMatchObject({ state: 'stopped', migration: { result: 'failed' } });
      }
      expect(web1(look(local, []))?.copy?.migration?.result).toBe('failed');
    }
  });

  test('one that waited to be connected to in an older epoch is over: nobody may connect any more', () => {
    const receiving = memory({ floor: 3, copy: copy(3, 'receiving') });
    expect(web1(look(receiving, [], { epoch: 3 }))?.copy?.state).toBe('stopped');
  });

  test('a stop in hand over a restart of the agent goes on as a stop', () => {
    const stopping = memory({ floor: 4, copy: copy(3, 'stopping') });
    expect(web1(look(afterRestart(stopping, nowMs), [domain(3)]))?.copy?.state).toBe('stopping');
  });

  test('a copy of ours that memory lost is found again by its identity, with its floor', () => {
    expect(web1(look(memory(), [domain(3)]))).toMatchObject({ uid: 'uid1', floor: 3, copy: { state: 'running' } });
    const older = memory({ floor: 3, copy: copy(2, 'stopped') });
    expect(web1(look(older, [domain(3)]))?.copy).toMatchObject({ generation: 3, state: 'running' });
  });
});

describe('memory', () => {
  test('a move in hand over a restart of the agent counts as failed', () => {
    const moving = { generation: 4, result: 'moving' as const, downtimeMs: null, reason: '' };
    const { vms } = afterRestart(memory({ copy: copy(3, 'migrating', { migration: moving }) }), nowMs);
    expect(vms['web1']?.copy?.migration?.result).toBe('failed');
  });

  test('floors survive a restart', () => {
    expect(afterRestart(memory({ floor: 9 }), nowMs).vms['web1']?.floor).toBe(9);
  });

  test('only those that no longer run are ever forgotten, the oldest first', () => {
    const vm = (state: 'running' | 'stopped', sinceMs: number) => ({
      uid: 'u',
      floor: 1,
      copy: copy(1, state, { sinceMs }),
    });
    const local = { ...memory(), vms: { a: vm('running', 1), b: vm('stopped', 2), c: vm('stopped', 3) } };
    expect(Object.keys(pruned(local, 1).vms)).toEqual(['a', 'c']);
    expect(pruned(local, 2)).toBe(local);
  });
});

describe('another incarnation', () => {
  const before = memory({ floor: 6, copy: copy(5, 'running') });

  test('nothing that was remembered counts, but the numbers are told', () => {
    const local = recalled(before, 'inc2', nowMs);
    expect(local).toEqual({
      incarnation: 'inc2',
      epoch: 0,
      vms: {},
      former: { incarnation: 'inc1', epoch: 2, generations: { uid1: 6 } },
    });
    const third = recalled({ ...local, epoch: 1 }, 'inc3', nowMs);
    expect(third.former).toEqual({ incarnation: 'inc2', epoch: 2, generations: { uid1: 6 } });
    expect(recalled(null, 'inc2', nowMs)).toEqual({ incarnation: 'inc2', epoch: 0, vms: {} });
  });

  test('in the same one all of it counts', () => {
    expect(recalled(before, 'inc1', nowMs)).toEqual(afterRestart(before, nowMs));
  });

  test('its copies are stale, and stay until the cluster has taken up the host', () => {
    const { stale, local } = look(recalled(before, 'inc2', nowMs), [domain(5)]);
    expect(stale).toMatchObject([{ generation: 5 }]);
    expect(local.vms).toEqual({});
    expect(doomed(stale, 'inc2', false)).toEqual([]);
    expect(doomed(stale, 'inc2', true)).toEqual(stale);
    const own = domain(3, { incarnation: 'inc2' });
    expect(doomed([own, ...stale], 'inc2', false)).toEqual([own]);
  });
});

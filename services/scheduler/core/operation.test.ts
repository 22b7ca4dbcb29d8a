import type { Transition } from '@holdfast/contracts';
import { describe, expect, test } from 'vitest';
import { lostInRestore, operationAfter } from './index.js';
import { vmRecord } from './testing/records.js';

const said = (event: string, operationState: string | null, patch: Partial<Transition> = {}): Transition => ({
  number: 1,
  atMs: 1000,
  event,
  text: 'as asked',
  data: operationState === null ? {} : { operationState },
  operation: 'op1',
  incident: null,
  ...patch,
});

describe('the record of an operation', () => {
  const vm = vmRecord();
  const running = operationAfter(null, vm, said('vm.stop-requested', 'running'));

  test('begins with the request, and ends with the transition that says so', () => {
    expect(running).toMatchObject({ id: 'op1', kind: 'stop', state: 'running', startedAtMs: 1000, endedAtMs: null });
    expect(operationAfter(running, vm, said('vm.stopped', 'done', { atMs: 3000 }))).toMatchObject({
      kind: 'stop',
      state: 'done',
      startedAtMs: 1000,
      endedAtMs: 3000,
    });
  });

  test('has ended for good', () => {
    const done = operationAfter(running, vm, said('vm.stopped', 'done'));
    expect(operationAfter(done, vm, said('vm.failed', 'failed'))).toBeNull();
    expect(operationAfter(done, vm, said('vm.stop-requested', 'running'))).toBeNull();
  });

  test('is not written where a transition says nothing of one, or nothing new', () => {
    expect(operationAfter(null, vm, said('vm.stopped', 'done', { operation: null }))).toBeNull();
    expect(operationAfter(null, vm, said('vm.stopped', null))).toBeNull();
    expect(operationAfter(running, vm, said('vm.stop-requested', 'running'))).toBeNull();
  });

  describe('that a backup holds as running', () => {
    const now = { incarnation: 'inc2', nowMs: 9000 };
    const takenUp = { ...vm, incarnation: 'inc2' };
    const restored = running as NonNullable<typeof running>;

    test('is lost once its VM is taken up and does not work on it, or is not there at all', () => {
      const lost = { state: 'failed', endedAtMs: 9000, reason: 'lost when the cluster was restored from a backup' };
      expect(lostInRestore(restored, takenUp, now)).toMatchObject(lost);
      expect(lostInRestore(restored, null, now)).toMatchObject(lost);
    });

    test('goes on while its VM is not taken up, or works on it', () => {
      expect(lostInRestore(restored, vm, now)).toBeNull();
      expect(lostInRestore(restored, { ...takenUp, operation: { id: 'op1', kind: 'stop' } }, now)).toBeNull();
    });

    test('has the end that its VM remembers', () => {
      const ended = { ...takenUp, transitions: [said('vm.stopped', 'done', { atMs: 3000 })] };
      expect(lostInRestore(restored, ended, now)).toMatchObject({ state: 'done', endedAtMs: 3000 });
    });

    test('one of this incarnation is never lost', () => {
      expect(lostInRestore({ ...restored, incarnation: 'inc2' }, null, now)).toBeNull();
    });
  });
});

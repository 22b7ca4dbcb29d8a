import type { Transition } from '@holdfast/contracts';
import { describe, expect, test } from 'vitest';
import { operationAfter } from './index.js';
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
});

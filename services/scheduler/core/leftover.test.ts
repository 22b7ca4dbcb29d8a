import { accepted, refused } from '@holdfast/contracts';
import { describe, expect, test } from 'vitest';
import { stepVm } from './index.js';
import {
  attachment,
  copy,
  evidence,
  holder,
  hostRecord,
  nowMs,
  observed,
  viewOf,
  vmRecord,
} from './testing/records.js';

const left = { host: 'h2', hostEpoch: 2, generation: 2 };
const running = vmRecord({ generation: 3, leftovers: [left] });
const onSource = observed('h1', { web1: copy(1, 'running') });
const facts = { observed: [onSource, observed('h2', { web1: copy(2, 'arrived') })] };
const stopKey = 'stop/h2/below-g3/force';

describe('what is left of an earlier move', () => {
  test('is ordered gone beside everything else, until its host says so', () => {
    const { state, effects, wakeAtMs } = stepVm(viewOf(running, facts));
    expect(state).toBe(running);
    expect(effects).toMatchObject([{ key: stopKey, kind: 'stop', host: 'h2', generation: 3, graceSeconds: 0 }]);
    expect(wakeAtMs).toBe(nowMs + 2000);
    for (const reply of [refused('unavailable', 'no answer'), accepted({ state: 'started-work' })]) {
      expect(stepVm(viewOf(running, facts, { [stopKey]: reply })).state).toBe(running);
    }
    const cleared = stepVm(viewOf(running, facts, { [stopKey]: accepted({ state: 'already-done' }) })).state;
    expect(cleared).toMatchObject({ leftovers: [], phase: 'running', reason: running.reason });
  });

  test('is over with its host, or when that reports it stopped', () => {
    const hosts = [hostRecord('h1'), hostRecord('h2', { epoch: 3, evidence: [evidence('power-off')] })];
    expect(stepVm(viewOf(running, { ...facts, hosts })).state.leftovers).toEqual([]);
    const stopped = [onSource, observed('h2', { web1: copy(2, 'stopped') })];
    expect(stepVm(viewOf(running, { observed: stopped })).state.leftovers).toEqual([]);
  });

  test('keeps the record of a deleted VM until it is gone', () => {
    const deleting = vmRecord({ phase: 'deleting', desired: 'deleted', assignment: null, leftovers: [left] });
    const deleted = { 'delete-volume/disk': accepted({}) };
    const volumes = { volumes: [] };
    expect(stepVm(viewOf(deleting, volumes, deleted))).toMatchObject({ state: deleting, effects: [{ kind: 'stop' }] });
    const gone = { ...deleted, [stopKey]: accepted({ state: 'already-done' }) };
    const cleared = stepVm(viewOf(deleting, volumes, gone)).state;
    expect(cleared).toMatchObject({ phase: 'deleting', leftovers: [] });
    expect(stepVm(viewOf(cleared, volumes, gone)).state.phase).toBe('deleted');
  });
});

describe('the recovery of a moving VM', () => {
  const fenced = hostRecord('h1', { health: 'fenced', epoch: 3, evidence: [evidence('power-off')] });
  const hosts = [fenced, hostRecord('h2')];
  const recovering = vmRecord({
    phase: 'recovering',
    generation: 2,
    migration: { to: left, stage: 'moving', startedAtMs: nowMs },
  });
  const silent = { [stopKey]: refused('unavailable', 'no answer') };

  test('asks for the other half, and has storage shut it out where its host does not answer', () => {
    const both = { hosts, attachments: [attachment([holder('h1', 1), holder('h2', 2)])] };
    expect(stepVm(viewOf(recovering, both)).effects).toMatchObject([{ kind: 'stop', host: 'h2' }]);
    expect(stepVm(viewOf(recovering, both, silent)).effects).toMatchObject([
      { kind: 'stop', host: 'h2' },
      { kind: 'detach', only: 2 },
    ]);
    const shutOut = { hosts, attachments: [attachment([holder('h1', 1)], { newest: 2 })] };
    expect(stepVm(viewOf(recovering, shutOut)).state).toBe(recovering);
    const { state } = stepVm(viewOf(recovering, shutOut, silent));
    expect(state).toMatchObject({ phase: 'recovering', migration: null, generation: 3, leftovers: [left] });
    const placed = stepVm(viewOf(state, shutOut)).state;
    expect(placed).toMatchObject({ phase: 'attaching', generation: 4, leftovers: [left] });
  });

  test('waits for that host where no volume can be taken away', () => {
    const without = { ...recovering, volumes: [] };
    const { state, effects } = stepVm(viewOf(without, { hosts }, silent));
    expect(state).toBe(without);
    expect(effects).toMatchObject([{ kind: 'stop', host: 'h2' }]);
  });
});

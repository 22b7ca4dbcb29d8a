import { accepted, refused } from '@holdfast/contracts';
import { describe, expect, test } from 'vitest';
import { deletedFloor, stepAttachment, stepVolume } from './index.js';
import { attachment, env, factsOf, holder, volumeRecord } from './testing/records.js';

const foreign = { incarnation: 'inc0' };

describe('who has access, by a record that comes from a backup', () => {
  const record = attachment([holder('h1', 3)], foreign);
  const step = (...facts: Parameters<typeof factsOf>) => stepAttachment(record, factsOf(...facts), env);

  test('is not touched, and neither are its targets, before a person has armed the cluster', () => {
    const waiting = step({ targets: [3, 7], reconciles: false });
    expect(waiting.state).toBe(record);
    expect(waiting.effects).toEqual([]);
  });

  test('is nobody from then on, and every number that may have been used is spent', () => {
    const { state } = step({ targets: [3, 7] });
    expect(state).toMatchObject({ incarnation: 'inc1', newest: 7 });
    expect(state.holders).toMatchObject([{ generation: 3, phase: 'revoking', floors: { generation: 8 } }]);
    expect(step({ targets: [3], used: 9 }).state.newest, 'opened once, and gone since').toBe(9);
    expect(step({ targets: [3], volumeFloor: 12 }).state.newest, 'ruled out').toBe(11);
    expect(step({ targets: [] }).state.newest).toBe(3);
    expect(step({ targets: [], volumeFloor: deletedFloor }).state.newest, 'deleted, not numbered').toBe(3);
  });

  test('waits for the target daemon, which knows what exists', () => {
    expect(step({ targets: null }).state).toBe(record);
  });

  test('loses also the targets that the record has never heard of', () => {
    const { state } = step({ targets: [3, 7] });
    const { effects } = stepAttachment(state, factsOf({ targets: [3, 7], volumeFloor: 8 }), env);
    expect(effects).toMatchObject([
      { kind: 'delete', generation: 3 },
      { kind: 'delete', generation: 7 },
    ]);
  });
});

describe('a volume by a record that comes from a backup', () => {
  const there = accepted<unknown>({ isThere: true, isDeleted: false });
  const step = (patch: Parameters<typeof volumeRecord>[0], reply = there, reconciles = true) => {
    const { answer } = factsOf({}, { 'take-up': reply });
    const unused = { holderCount: 0, volumeFloor: 0, isSourceOpen: false, isCopied: () => false };
    return stepVolume(volumeRecord({ ...foreign, ...patch }), { ...unused, reconciles, answer }, env);
  };

  test('is taken up after who has access to it', () => {
    expect(step({}, undefined, false).effects).toEqual([]);
    const waiting = step({}, refused('unavailable', 'not yet'));
    expect(waiting.state.incarnation).toBe('inc0');
    expect(waiting.effects).toMatchObject([{ kind: 'take-up' }]);
    expect(step({}).state).toMatchObject({ incarnation: 'inc1', state: 'ready' });
  });

  test('has failed, with the reason, when its data was deleted after the backup', () => {
    const gone = accepted<unknown>({ isThere: false, isDeleted: false });
    expect(step({}, gone).state.state).toBe('failed');
    expect(step({}, gone).state.reason).toContain('deleted after the backup');
    expect(step({ state: 'creating' }, gone).state.state, 'it is created now').toBe('creating');
    expect(step({ state: 'deleting' }, gone).state.state).toBe('deleting');
    const half = accepted<unknown>({ isThere: true, isDeleted: true });
    expect(step({}, half).state.state, 'its floor lets nobody in').toBe('failed');
    expect(step({ state: 'creating' }, half).state.state).toBe('failed');
  });
});

import { accepted, refused } from '@holdfast/contracts';
import { describe, expect, test } from 'vitest';
import { admitVolumeCreate, admitVolumeDelete, admitVolumeName, deletedFloor, stepVolume } from './index.js';
import { env, factsOf, volumeRecord } from './testing/records.js';

const step = (
  state: Parameters<typeof volumeRecord>[0],
  holderCount = 0,
  answers: Parameters<typeof factsOf>[1] = {},
  volumeFloor = 0,
) => {
  const { answer } = factsOf({}, answers);
  return stepVolume(volumeRecord(state), { ...usual, holderCount, volumeFloor, answer }, env);
};
const usual = { isSourceOpen: false, isCopied: () => false, reconciles: true, holderCount: 0, volumeFloor: 0 };
const request = { volume: 'disk', pool: 'san', vm: 'web1', sizeMiB: 64, image: 'tiny', operation: null };
const at = { node: 'san1', volumeFloor: 0, source: null };

describe('a volume', () => {
  test('is ready when its creation was answered, and failed with the reason when it cannot be', () => {
    expect(step({ state: 'creating' }).effects).toMatchObject([{ kind: 'create' }]);
    expect(step({ state: 'creating' }, 0, { create: accepted({}) }).state.state).toBe('ready');
    expect(step({ state: 'creating' }, 0, { create: refused('no-capacity', 'full') }).state).toMatchObject({
      state: 'failed',
      reason: 'full',
    });
    const later = step({ state: 'creating' }, 0, { create: refused('unavailable', 'busy') });
    expect(later.state.state).toBe('creating');
  });

  test('is deleted only when nobody is attached', () => {
    expect(step({ state: 'deleting' }, 1).effects).toEqual([]);
    expect(step({ state: 'deleting' }).effects).toMatchObject([{ kind: 'delete' }]);
    expect(step({ state: 'deleting' }, 0, { delete: accepted({}) }).state.state).toBe('deleted');
  });

  test('asked for twice is one volume, and not another one under its name', () => {
    const { change } = admitVolumeCreate(null, request, at, env);
    expect(change).toMatchObject({ state: 'creating', node: 'san1' });
    expect(admitVolumeCreate(change, request, at, env)).toMatchObject({ change: null, reply: { ok: true } });
    expect(admitVolumeCreate(change, { ...request, sizeMiB: 1 }, at, env).reply.ok).toBe(false);
  });

  test('a late creation does not bring a deleted one back', () => {
    const deleted = volumeRecord({ state: 'deleted' });
    expect(admitVolumeCreate(deleted, request, at, env).change).toBeNull();
    expect(admitVolumeDelete(deleted, env).change).toBeNull();
    expect(admitVolumeDelete(null, env).reply.ok).toBe(true);
    expect(admitVolumeDelete(volumeRecord(), env).change?.state).toBe('deleting');
  });

  test('nor does one that comes when its record is gone: the floor remembers', () => {
    expect(admitVolumeCreate(null, request, { ...at, volumeFloor: deletedFloor }, env)).toMatchObject({
      change: null,
      reply: { ok: false, refusal: { code: 'stale' } },
    });
    expect(admitVolumeCreate(null, request, { ...at, volumeFloor: 7 }, env).change?.state).toBe('creating');
  });

  test('that is copied is not deleted before its copy is made', () => {
    const { answer } = factsOf({});
    const copied = stepVolume(volumeRecord({ state: 'deleting' }), { ...usual, isCopied: () => true, answer }, env);
    expect(copied).toMatchObject({ effects: [], state: { state: 'deleting' } });
    expect(copied.wakeAtMs).not.toBeNull();
  });

  test('is made only from one that has all of its data here, and is no larger', () => {
    const asked = { ...request, volume: 'copy', source: { volume: 'disk' } };
    const from = (source: ReturnType<typeof volumeRecord> | null) =>
      admitVolumeCreate(null, asked, { ...at, source }, env);
    const { change } = from(volumeRecord({ state: 'ready' }));
    expect(change).toMatchObject({ state: 'creating', source: { volume: 'disk' } });
    for (const source of [null, volumeRecord({ state: 'creating' }), volumeRecord({ state: 'deleting' })]) {
      expect(from(source)).toMatchObject({ change: null, reply: { refusal: { code: 'not-found' } } });
    }
    expect(from(volumeRecord({ state: 'ready', sizeMiB: 65 })).reply).toMatchObject({ refusal: { code: 'invalid' } });
    expect(from(volumeRecord({ state: 'ready', incarnation: 'before' })).reply).toMatchObject({
      refusal: { code: 'unavailable' },
    });
  });

  test('fails with the reason where somebody can reach what it was to be a copy of', () => {
    const { answer } = factsOf({});
    const copy = volumeRecord({ state: 'creating', source: { volume: 'web1-disk0-a' } });
    expect(stepVolume(copy, { ...usual, isSourceOpen: true, answer }, env)).toMatchObject({
      state: { state: 'failed', reason: 'web1-disk0-a is in use: a disk is copied while its VM is stopped' },
      effects: [],
    });
  });

  test('nor does a record that was on its way when it was deleted: once seen, it is deleted', () => {
    const late = step({ state: 'creating' }, 0, {}, deletedFloor);
    expect(late).toMatchObject({ state: { state: 'deleting' }, effects: [] });
    expect(step({ state: 'creating' }, 0, {}, 7).effects).toMatchObject([{ kind: 'create' }]);
  });

  test('has the newest name of its VM: one that comes late, or again, changes nothing', () => {
    const name = (record: ReturnType<typeof volumeRecord> | null, vm: string, generation: number) =>
      admitVolumeName(record, { volume: 'web1-disk0-a', vm, generation, operation: 'op' }, 3, env);
    const www = name(volumeRecord({ state: 'ready' }), 'www', 4).change;
    expect(www).toMatchObject({ vm: 'www', namedAt: 4 });
    expect(www?.transitions.at(-1)).toMatchObject({ event: 'volume.named' });
    const third = name(www, 'third', 5).change;
    expect(third).toMatchObject({ vm: 'third', namedAt: 5 });
    expect(name(third, 'www', 4)).toMatchObject({ change: null, reply: { refusal: { code: 'stale' } } });
    expect(name(third, 'third', 5)).toMatchObject({ change: null, reply: { ok: true } });
    expect(name(volumeRecord({ state: 'ready' }), 'www', 3).reply).toMatchObject({ refusal: { code: 'stale' } });
    for (const gone of [null, volumeRecord({ state: 'deleting' })]) {
      expect(name(gone, 'www', 4)).toMatchObject({ change: null, reply: { refusal: { code: 'not-found' } } });
    }
    expect(name(volumeRecord({ state: 'ready', incarnation: 'before' }), 'www', 4).reply.ok).toBe(false);
  });
});

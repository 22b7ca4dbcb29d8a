import { accepted, refused } from '@holdfast/contracts';
import { describe, expect, test } from 'vitest';
import { admitVolumeCreate, admitVolumeDelete, deletedFloor, stepVolume } from './index.js';
import { env, factsOf, volumeRecord } from './testing/records.js';

const step = (
  state: Parameters<typeof volumeRecord>[0],
  holderCount = 0,
  answers: Parameters<typeof factsOf>[1] = {},
  volumeFloor = 0,
) => {
  const { answer } = factsOf({}, answers);
  return stepVolume(volumeRecord(state), { holderCount, volumeFloor, reconciles: true, answer }, env);
};
const request = { volume: 'disk', pool: 'san', vm: 'web1', sizeMiB: 64, image: 'tiny', operation: null };
const at = { node: 'san1', volumeFloor: 0 };

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

  test('nor does a record that was on its way when it was deleted: once seen, it is deleted', () => {
    const late = step({ state: 'creating' }, 0, {}, deletedFloor);
    expect(late).toMatchObject({ state: { state: 'deleting' }, effects: [] });
    expect(step({ state: 'creating' }, 0, {}, 7).effects).toMatchObject([{ kind: 'create' }]);
  });
});

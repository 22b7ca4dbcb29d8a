import { defaultSettings } from '@holdfast/contracts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { caller } from './testing/call.js';
import { startFakeCluster, type FakeCluster } from './testing/fake-cluster.js';

let cluster: FakeCluster;
const call = caller(() => cluster);
const url = '/api/v1/settings';

beforeAll(async () => {
  cluster = await startFakeCluster();
});
afterAll(async () => {
  await cluster.close();
});

describe('settings', () => {
  test('are the defaults first; what is changed is seen at once, and the rest stays', async () => {
    expect((await call(url)).body).toEqual(defaultSettings);
    const body = { policy: 'packed', weights: { room: 3 }, cpuRatioOn: { 'age=old': 2 } };
    const changed = { ...defaultSettings, ...body, weights: { ...defaultSettings.weights, room: 3 } };
    expect(await call(url, { method: 'PUT', body })).toMatchObject({ status: 200, body: changed });
    expect((await call(url)).body).toEqual(changed);
  });

  test.each([
    [{ policy: 'best' }, 'policy', 'balanced, packed or power-saving'],
    [{ memoryOvercommit: 0.9 }, 'memoryOvercommit', 'from 1'],
    [{ weights: { disks: 1 } }, 'weights', 'leave it out'],
    [{ weights: { room: -1 } }, 'weights.room', 'from 0 to 1000'],
    [{ cpuRatioOn: { old: 2 } }, 'cpuRatioOn.old', 'KEY=VALUE'],
    [{ admissionHosts: 0 }, 'admissionHosts', 'from 1 to 4'],
    [{ color: 'red' }, 'color', 'leave it out; known are policy'],
  ])('%j is refused with its field and a remedy', async (body, field, remedy) => {
    const { status, body: problem } = await call(url, { method: 'PUT', body });
    expect([status, problem.code, problem.field]).toEqual([400, 'invalid', field]);
    expect(problem.remedy).toContain(remedy);
  });

  test('a change that names nothing is refused', async () => {
    expect((await call(url, { method: 'PUT', body: {} })).status).toBe(400);
  });
});

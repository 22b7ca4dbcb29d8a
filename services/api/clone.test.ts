import type { Accepted, ProblemDetails, VmDryRun, VmView } from '@holdfast/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cloudInitOfClone } from './cloud-init.js';
import { caller } from './testing/call.js';
import { startFakeCluster, type FakeCluster } from './testing/fake-cluster.js';

let cluster: FakeCluster;
const call = caller(() => cluster);
const newest = (): unknown => cluster.scheduler.asked.at(-1);

beforeAll(async () => {
  cluster = await startFakeCluster();
  const body = {
    name: 'golden', cpus: 2, memoryMiB: 256, labels: { env: 'test' }, note: 'a base', protected: true,
    policy: { priority: 7 }, cloudInit: { userData: '#!/bin/sh', metaData: '{"instance-id": "golden", "role": "db"}' },
  };
  await call('/api/v1/vms', { body });
});
afterAll(async () => {
  await cluster.close();
});

describe('a clone', () => {
  test('is asked for with what its source is, but its protection and the names of its guest', async () => {
    const { body: source } = await call<VmView>('/api/v1/vms/golden');
    const { status, body } = await call<Accepted>('/api/v1/vms/golden/clone', { body: { name: 'copy1' } });
    expect([status, body.vm]).toEqual([202, 'copy1']);
    expect(newest()).toMatchObject({
      command: 'create',
      request: {
        vm: 'copy1',
        cloneOf: { vm: 'golden', uid: source.uid },
        spec: { cpus: 2, memoryMiB: 256, policy: { priority: 7 }, cloudInit: { userData: '#!/bin/sh' } },
        words: { note: 'a base', labels: { env: 'test' } },
        project: 'default',
        start: false,
      },
    });
    const { request } = newest() as { request: { words: object; spec: { cloudInit: { metaData: string } } } };
    expect(request.words).not.toHaveProperty('protected');
    expect(JSON.parse(request.spec.cloudInit.metaData)).toEqual({ role: 'db' });
  });

  test('that is asked for again is the same, also when its source has changed since', async () => {
    const headers = { 'idempotency-key': 'one-clone' };
    const send = () => call<Accepted>('/api/v1/vms/golden/clone', { headers, body: { name: 'copy2' } });
    const first = await send();
    await call('/api/v1/vms/golden/describe', { body: { note: 'another' } });
    expect((await send()).body.operation).toBe(first.body.operation);
  });

  test('can be tried, and its source must be there', async () => {
    const tried = await call<VmDryRun>('/api/v1/vms/golden/clone?dryRun=true', { body: { name: 'copy3' } });
    expect([tried.status, tried.body.vm]).toEqual([200, 'copy3']);
    const missing = await call<ProblemDetails>('/api/v1/vms/goldem/clone', { body: { name: 'copy4' } });
    expect([missing.status, missing.body.remedy]).toEqual([404, expect.stringContaining('golden')]);
    expect((await call('/api/v1/vms/golden/clone', { body: {} })).body).toMatchObject({ field: 'name' });
  });
});

test('what a guest is told of itself is not told to the guest of a clone', () => {
  expect(cloudInitOfClone(undefined)).toBeUndefined();
  expect(cloudInitOfClone({ userData: 'x' })).toEqual({ userData: 'x' });
  const named = { userData: 'x', metaData: 'instance-id: a\nlocal-hostname: b\n' };
  expect(cloudInitOfClone(named)).toEqual({ userData: 'x' });
});

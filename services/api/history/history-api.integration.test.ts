import type { CloudEvent, HistoryEntry, Page, ProblemDetails, StatusView } from '@holdfast/client';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { TestPostgres } from '../persistence/testing/postgres.js';
import { caller } from '../testing/call.js';
import { startFakeCluster, type FakeCluster } from '../testing/fake-cluster.js';

let postgres: TestPostgres;
let cluster: FakeCluster;
const call = caller(() => cluster);

beforeAll(async () => {
  postgres = await TestPostgres.begin();
  cluster = await startFakeCluster({ databaseUrlFile: await postgres.urlFile() });
});
afterAll(async () => {
  await cluster.close();
  await postgres.end();
});

async function until(holds: () => Promise<boolean>): Promise<void> {
  const deadlineMs = Date.now() + 30_000;
  while (!(await holds())) {
    if (Date.now() > deadlineMs) throw new Error('it takes too long');
    await sleep(50);
  }
}

async function publish(vm: string): Promise<void> {
  const { bus } = cluster.scheduler;
  const data = { text: 'is created', atMs: Date.now(), operation: null, incident: null };
  const type = 'io.holdfast.vm.created.v1';
  const time = new Date(data.atMs).toISOString();
  const event = { specversion: '1.0', source: '/test', type, subject: vm, time, datacontenttype: 'application/json' };
  await bus.publishEvent(`evt.v1.vm.${vm}.created`, { ...event, id: `test.vm.${vm}.1`, data } as CloudEvent);
}

const typesOf = async (path: string): Promise<string[]> =>
  (await call<Page<HistoryEntry>>(path)).body.items.map(({ event }) => event.type);
const database = async (): Promise<string> => (await call<StatusView>('/api/v1/status')).body.database.state;

it('what happened to a VM is answered from the database', async () => {
  await until(async () => (await database()) === 'up');
  await publish('web1');
  await until(async () => (await typesOf('/api/v1/history?filter=vm.web1')).length > 0);
  expect(await typesOf('/api/v1/history?filter=vm.web1&sort=time')).toEqual(['io.holdfast.vm.created.v1']);
  expect(await typesOf('/api/v1/history?filter=vm.web1&until=2020-01-01T00:00:00Z')).toEqual([]);
});

it.each(['sort=size', 'from=yesterday', 'limit=0', 'after=x', 'filter=;', 'more=1'])('%s is refused', async (query) => {
  const { status, body } = await call(`/api/v1/history?${query}`);
  expect(status).toBe(400);
  expect(body.field).toBe(query.split('=')[0]);
  expect(body.remedy).not.toBe('');
});

it('without the database history is away for a while, and nothing else', async () => {
  await postgres.kill();
  await until(async () => (await database()) === 'away');
  const { status, headers, body } = await call<ProblemDetails>('/api/v1/history');
  expect(status).toBe(503);
  expect(headers.get('retry-after')).toMatch(/^\d+$/);
  expect(body).toMatchObject({ code: 'unavailable', detail: 'this needs the database, which does not answer' });
  expect((await call('/api/v1/vms')).status).toBe(200);
  expect((await call('/health/ready')).status).toBe(200);
  await publish('web2');
  expect((await call('/api/v1/vms', { body: { name: 'web2', cpus: 1, memoryMiB: 128 } })).status).toBe(202);
  await postgres.start();
  await until(async () => (await call('/api/v1/history')).status === 200);
  await until(async () => (await typesOf('/api/v1/history?filter=vm.web2')).length > 0);
});

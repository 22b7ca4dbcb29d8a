import { hostLoad, loadSummaryMs, type HostLoad } from '@holdfast/contracts';
import type { HostLoadView, Page, VmLoadView, VmView } from '@holdfast/client';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ClusterView } from '../cluster-view.js';
import { Database } from '../persistence/database.js';
import { TestPostgres, untilState } from '../persistence/testing/postgres.js';
import { caller } from '../testing/call.js';
import { startFakeCluster, type FakeCluster } from '../testing/fake-cluster.js';
import { LoadSummarizer } from './load-summarizer.js';
import { forgetLoads } from './load-writer.js';

const nowMs = Date.now();
const startMs = nowMs - (nowMs % loadSummaryMs) - 4 * loadSummaryMs;
let postgres: TestPostgres;
let cluster: FakeCluster;
let database: Database;
const call = caller(() => cluster);

beforeAll(async () => {
  postgres = await TestPostgres.begin();
  cluster = await startFakeCluster({ databaseUrlFile: await postgres.urlFile() });
  database = cluster.api.app.get(Database);
  await untilState(database, 'up');
});
afterAll(async () => {
  await cluster.close();
  await postgres.end();
});

const load = (host: string, busy: number, used: number): HostLoad => ({
  host,
  machine: { busy, cpuPressure: 0.1, memoryPressure: 0, ioPressure: 0 },
  vms: { web1: { generation: 1, used, waited: 0 } },
});

/** What an API hears of these in a quarter of an hour, the first being 0, and puts into the stream after it. */
async function heard(quarter: number, ...loads: HostLoad[]): Promise<void> {
  let atMs = startMs + quarter * loadSummaryMs;
  const { broker } = cluster;
  const api = broker.connect({ service: 'api', node: 'control2' });
  const summarizer = new LoadSummarizer(api, cluster.api.app.get(ClusterView), () => atMs);
  await summarizer.start();
  for (const one of loads) broker.connect({ service: 'host-agent', node: one.host }).broadcast(hostLoad, one);
  await sleep(0);
  atMs += loadSummaryMs;
  await summarizer.tell();
  await summarizer.close();
  await api.close();
}

async function loads<T>(path: string, count: number): Promise<T[]> {
  const deadlineMs = Date.now() + 30_000;
  for (;;) {
    const { items } = (await call<Page<T>>(path)).body;
    if (items.length >= count) return items;
    if (Date.now() > deadlineMs) throw new Error(`${path}: ${items.length} of ${count}`);
    await sleep(50);
  }
}
const busyOf = ({ machine }: HostLoadView): number | undefined => machine?.busy.mean;

it('what hosts and VMs used is kept once, though several APIs tell it, and the fuller of two wins', async () => {
  expect((await call('/api/v1/vms', { body: { name: 'web1', cpus: 1, memoryMiB: 128 } })).status).toBe(202);
  while ((await call<VmView>('/api/v1/vms/web1')).status !== 200) await sleep(20);
  await heard(0, load('h1', 1, 0.5));
  await heard(0, load('h1', 1, 0.5), load('h1', 3, 1));
  await heard(0, load('h1', 1, 0.5));
  await heard(1, load('h2', 4, 2));
  const ofVm = await loads<VmLoadView>('/api/v1/vms/web1/loads', 2);
  expect(ofVm.map(({ host, atMs, forMs, used, samples }) => [host, atMs, forMs, used.mean, samples])).toEqual([
    ['h2', startMs + loadSummaryMs, loadSummaryMs, 2, 1], ['h1', startMs, loadSummaryMs, 0.75, 2],
  ]);
  const [ofHost, ...more] = await loads<HostLoadView>('/api/v1/hosts/h1/loads', 1);
  expect(more).toEqual([]);
  expect(ofHost?.machine?.busy).toEqual({ mean: 2, max: 3 });
});

it('it is read page by page and within a time', async () => {
  for (const quarter of [1, 2]) await heard(quarter, load('h1', 10 * quarter, 1));
  await loads('/api/v1/hosts/h1/loads', 3);
  const first = (await call<Page<HostLoadView>>('/api/v1/hosts/h1/loads?limit=2')).body;
  expect(first.items.map(busyOf)).toEqual([20, 10]);
  const rest = (await call<Page<HostLoadView>>(`/api/v1/hosts/h1/loads?limit=2&after=${first.next}`)).body;
  expect(rest.items.map(busyOf)).toEqual([2]);
  expect(rest.next).toBeNull();
  const until = new Date(startMs + loadSummaryMs).toISOString();
  expect((await loads<HostLoadView>(`/api/v1/hosts/h1/loads?until=${until}`, 1)).map(busyOf)).toEqual([2]);
  expect((await call('/api/v1/hosts/h1/loads?after=x')).status).toBe(400);
  expect((await call('/api/v1/vms/web9/loads')).status).toBe(404);
});

it('what came while the database was away is caught up', async () => {
  await postgres.kill();
  await untilState(database, 'away');
  await heard(3, load('h3', 7, 1));
  expect((await call('/api/v1/hosts/h3/loads')).status).toBe(503);
  await postgres.start();
  await untilState(database, 'up');
  expect((await loads<HostLoadView>('/api/v1/hosts/h3/loads', 1)).map(busyOf)).toEqual([7]);
});

it('it is forgotten after 90 days', async () => {
  const laterMs = startMs + 2 * loadSummaryMs + 90 * 86_400_000;
  expect(await database.use((manager) => forgetLoads(manager, laterMs))).toBe(true);
  expect((await call<Page<HostLoadView>>('/api/v1/hosts/h1/loads')).body.items.map(busyOf)).toEqual([20]);
});

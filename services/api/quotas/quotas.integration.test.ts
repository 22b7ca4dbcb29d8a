import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Accepted, Page, ProblemDetails, QuotaView, VmView } from '@holdfast/client';
import { vmSpecSchema } from '@holdfast/contracts';
import { createLog } from '@holdfast/runtime';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ClusterView } from '../cluster-view.js';
import { Problem } from '../http/problem.js';
import { Database } from '../persistence/database.js';
import { untilState } from '../persistence/testing/postgres.js';
import { ClusterWithPeople } from '../testing/with-people.js';
import { Quotas } from './quotas.js';

let people: ClusterWithPeople;
let editor: string;
const size = { cpus: 1, memoryMiB: 64 };
const atOnce = Array.from({ length: 50 }, (_, index) => index);

const quotas = (): Quotas => people.cluster.api.app.get(Quotas);

async function projectWith(name: string, quota: object): Promise<void> {
  expect((await people.call('/api/v1/projects', { body: { name } })).status).toBe(201);
  const { status } = await people.call(`/api/v1/projects/${name}/quota`, { method: 'PUT', body: quota });
  expect(status).toBe(200);
}

async function usedOf(project: string): Promise<QuotaView['used']> {
  return (await people.call<QuotaView>(`/api/v1/projects/${project}/quota`)).body.used;
}

function create(body: object, more: { token?: string; headers?: Record<string, string> } = {}) {
  return people.call<Accepted & ProblemDetails>('/api/v1/vms', { body: { ...size, ...body }, ...more });
}

beforeAll(async () => {
  people = await ClusterWithPeople.start();
  await projectWith('crowd', { vms: 7 });
  editor = await people.user('editor', { role: 'editor', project: 'crowd' });
});
afterAll(async () => {
  await people.close();
});

it('of 50 VMs that are asked for at once as many are made as the quota has room for, and not one more', async () => {
  const answers = await Promise.all(atOnce.map((index) => create({ name: `crowd${index}` }, { token: editor })));
  const made = answers.filter(({ status }) => status === 202);
  expect(made).toHaveLength(7);
  const refused = answers.filter(({ status }) => status !== 202);
  expect(new Set(refused.map(({ status, body }) => `${status} ${body.code}`))).toEqual(new Set(['422 over-quota']));
  expect(refused[0]?.body.detail).toBe('crowd may have 7 VMs: 7 are taken up, and 1 more is asked for');
  const { body } = await people.call<Page<VmView>>('/api/v1/vms', { token: editor });
  expect(body.items).toHaveLength(7);
  expect(await usedOf('crowd')).toEqual({ vms: 7, cpus: 7, memoryMiB: 7 * 64, diskMiB: 7 * 64 });
});

it('a VM that is gone gives its share back', async () => {
  const { body } = await people.call<Page<VmView>>('/api/v1/vms?limit=1', { token: editor });
  const [vm] = body.items;
  expect(await people.status(`/api/v1/vms/${vm?.name}`, editor, 'DELETE')).toBe(202);
  while ((await usedOf('crowd')).vms !== 6) await sleep(20);
  expect((await create({ name: 'late1' }, { token: editor })).status).toBe(202);
  expect((await create({ name: 'late2' }, { token: editor })).status).toBe(422);
});

describe('a share', () => {
  beforeAll(() => projectWith('small', { cpus: 3, memoryMiB: 4096, diskMiB: 200 }));

  it('is taken once, however often the same is asked for', async () => {
    const headers = { 'idempotency-key': 'the-same' };
    const once = (): ReturnType<typeof create> => create({ name: 'again1', project: 'small', cpus: 2 }, { headers });
    const [one, two] = await Promise.all([once(), once()]);
    expect([one.status, two.status, (await once()).status]).toEqual([202, 202, 202]);
    expect((await usedOf('small')).cpus).toBe(2);
  });

  it('is given back when the scheduler refuses', async () => {
    const { status, body } = await create({ name: 'huge1', project: 'small', memoryMiB: 4000 });
    expect([status, body.code]).toEqual([422, 'no-capacity']);
    expect((await usedOf('small')).memoryMiB).toBe(64);
  });

  it('is not taken by a dry run, which says all the same that there is no room', async () => {
    const tryIt = (cpus: number) =>
      people.call('/api/v1/vms?dryRun=true', { body: { ...size, name: 'dry1', project: 'small', cpus } });
    expect((await tryIt(1)).status).toBe(200);
    expect((await tryIt(2)).body).toMatchObject({ code: 'over-quota', field: 'cpus' });
    expect((await usedOf('small')).cpus).toBe(2);
  });

  it('of what became larger is taken before, and only the more of it', async () => {
    const view = people.cluster.api.app.get(ClusterView);
    const vm = view.vm('again1');
    if (!vm) throw new Error('again1 is not there');
    const grown = (cpus: number) => quotas().forChange(vm, { ...vm.spec, cpus }, `grow-${cpus}`);
    await expect(quotas().during(grown(4), false, () => Promise.resolve('done'))).rejects.toThrow('small may have 3');
    expect(await quotas().during(grown(3), false, () => Promise.resolve('done'))).toBe('done');
    expect((await usedOf('small')).cpus).toBe(3);
  });

  it('of what was never heard of again is kept, and dropped once nothing can come of it', async () => {
    await projectWith('lost', { vms: 1 });
    const asked = quotas().forNew('lost1', 'lost', vmSpecSchema.parse(size), 'op-lost');
    const lost = new Problem('unavailable', 'no answer');
    await expect(quotas().during(asked, false, () => Promise.reject(lost))).rejects.toThrow('no answer');
    await quotas().look();
    expect((await create({ name: 'lost2', project: 'lost' })).status).toBe(422);
    await people.cluster.api.app.get(Database).use((manager) =>
      manager.query(`UPDATE quota_shares SET since = now() - interval '3 minutes' WHERE project = 'lost'`));
    await quotas().look();
    expect((await create({ name: 'lost2', project: 'lost' })).status).toBe(202);
  });

  it('is that of a VM that was there before its project had a quota, too', async () => {
    await people.call('/api/v1/projects', { body: { name: 'older' } });
    for (const name of ['old1', 'old2']) expect((await create({ name, project: 'older' })).status).toBe(202);
    const { body } = await people.call<QuotaView>('/api/v1/projects/older/quota', { method: 'PUT', body: { vms: 1 } });
    expect(body).toMatchObject({ quota: { vms: 1, cpus: null }, used: { vms: 2 } });
    expect((await create({ name: 'old3', project: 'older' })).status).toBe(422);
    await people.call('/api/v1/projects/older/quota', { method: 'PUT', body: { vms: null } });
    expect((await create({ name: 'old3', project: 'older' })).status).toBe(202);
    expect((await usedOf('older')).vms).toBe(3);
  });

  it('is changed only as it was read, and can be tried first', async () => {
    const path = '/api/v1/projects/edited/quota';
    await projectWith('edited', { vms: 2 });
    const put = (vms: number, match: string, query = '') => {
      const headers = { 'if-match': `"${match}"` };
      return people.call<QuotaView>(`${path}${query}`, { method: 'PUT', body: { vms }, headers });
    };
    const { version } = (await people.call<QuotaView>(path)).body;
    expect((await put(3, version, '?dryRun=true')).body.quota.vms).toBe(3);
    expect((await put(3, version)).body.quota.vms).toBe(3);
    expect((await put(4, version)).status).toBe(412);
    expect((await people.call<QuotaView>(path)).body.quota.vms).toBe(3);
  });

  it('is kept once by a VM that is renamed, also while it has both names', async () => {
    const { scheduler, api: { app } } = people.cluster;
    const view = app.get(ClusterView);
    await people.call('/api/v1/projects', { body: { name: 'moved' } });
    expect((await create({ name: 'before1', project: 'moved', cpus: 2 })).status).toBe(202);
    await scheduler.beginRename('before1', 'after1');
    while (view.vm('after1') === null) await sleep(20);
    const once = { vms: 1, cpus: 2, memoryMiB: 64, diskMiB: 64 };
    // Counted from the records without a quota, and from the shares with one.
    expect(await usedOf('moved')).toEqual(once);
    await people.call('/api/v1/projects/moved/quota', { method: 'PUT', body: { vms: 1 } });
    await quotas().look();
    expect(await usedOf('moved')).toEqual(once);
    await scheduler.endRename('before1', 'after1');
    while (view.vms.value('before1') !== null) await sleep(20);
    await quotas().look();
    expect(await usedOf('moved')).toEqual(once);
    expect((await create({ name: 'before1', project: 'moved' })).status).toBe(422);
    expect(await people.status('/api/v1/vms/after1', editor, 'DELETE')).toBe(404);
    expect((await people.call('/api/v1/vms/after1', { method: 'DELETE' })).status).toBe(202);
    while ((await usedOf('moved')).vms !== 0) await sleep(20);
  });

  it('is one for all replicas of the API', async () => {
    await projectWith('shared', { vms: 9 });
    const url = (await readFile(join(people.postgres.directory, 'api-url'), 'utf8')).trim();
    const log = createLog({ service: 'api', node: 'other', logLevel: 'silent' });
    const database = new Database({ url, log });
    database.start();
    await untilState(database, 'up');
    const other = new Quotas(database, people.cluster.api.app.get(ClusterView), 'test');
    const spec = vmSpecSchema.parse(size);
    const taken = await Promise.all(atOnce.map((index) => {
      const replica = index % 2 === 0 ? quotas() : other;
      const asked = replica.forNew(`shared${index}`, 'shared', spec, `op-shared-${index}`);
      return replica.during(asked, false, () => Promise.resolve(true)).catch((error: Problem) => error.code);
    }));
    expect(taken.filter((each) => each === true)).toHaveLength(9);
    expect(new Set(taken)).toEqual(new Set([true, 'over-quota']));
    await database.close();
  });
});

it('who works in a project sees its quota and cannot change it; a stranger sees nothing', async () => {
  expect(await people.status('/api/v1/projects/crowd/quota', editor)).toBe(200);
  expect(await people.status('/api/v1/projects/small/quota', editor)).toBe(404);
  const owner = await people.user('owner', { role: 'owner', project: 'crowd' });
  const { status } = await people.call('/api/v1/projects/crowd/quota', {
    method: 'PUT', token: owner, body: { vms: 100 },
  });
  expect(status).toBe(403);
  expect((await create({ name: 'none1', project: 'nowhere' })).status).toBe(404);
});

it('while the database is away a project with a quota gets no VM, and any other goes on', async () => {
  await quotas().look();
  await people.postgres.kill();
  const { status, headers, body } = await create({ name: 'away1', project: 'lost' });
  expect(status).toBe(503);
  expect(headers.get('retry-after')).not.toBeNull();
  expect(body.detail).toContain('quota cannot be told');
  expect((await create({ name: 'away2' })).status).toBe(202);
});

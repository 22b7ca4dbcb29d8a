import type { ChangedNetwork, HostView, NetworkView, Page, VmView } from '@holdfast/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { caller } from './testing/call.js';
import { startFakeCluster, type FakeCluster } from './testing/fake-cluster.js';
import { setDrain } from './testing/fake-policies.js';

let cluster: FakeCluster;
const call = caller(() => cluster);

beforeAll(async () => {
  cluster = await startFakeCluster();
});
afterAll(async () => {
  await cluster.close();
});

describe('rules', () => {
  const apart = { kind: 'vm-affinity', vms: ['db1', 'db2'], together: false };
  const pinned = { kind: 'host-affinity', vms: ['db1'], hosts: { h1: 2 }, strict: true };

  test('are made, replaced, listed and dropped, and what was changed is seen at once', async () => {
    const put = await call<{ rule: string }>('/api/v1/rules/apart', { method: 'PUT', body: apart });
    expect([put.status, put.body]).toEqual([200, { rule: 'apart' }]);
    await call('/api/v1/rules/pinned', { method: 'PUT', body: apart });
    await call('/api/v1/rules/pinned', { method: 'PUT', body: pinned });
    const { body } = await call<{ items: { id: string; spec: unknown }[] }>('/api/v1/rules');
    expect(body.items.map(({ id, spec }) => ({ id, spec }))).toEqual([
      { id: 'apart', spec: apart },
      { id: 'pinned', spec: pinned },
    ]);
    expect((await call('/api/v1/rules/pinned')).body).not.toHaveProperty('transitions');
    expect((await call('/api/v1/rules/pinned', { method: 'DELETE' })).status).toBe(200);
    const gone = await call('/api/v1/rules/pinned');
    expect(gone.status).toBe(404);
    expect(gone.body.remedy).toContain('apart');
  });

  test.each([
    ['no kind', { vms: ['a'] }, 'kind'],
    ['no VM', { ...apart, vms: [] }, 'vms'],
    ['one VM that is to be apart', { ...apart, vms: ['a'] }, 'vms'],
    ['a VM that cannot be', { ...apart, vms: ['a', 'B_'] }, 'vms[1]'],
    ['no host', { ...pinned, hosts: {} }, 'hosts'],
    ['a weight that is none', { ...pinned, hosts: { h1: -1 } }, 'hosts.h1'],
    ['a field nobody knows', { ...apart, forever: true }, 'forever'],
  ])('with %s are refused with their field and a remedy', async (_what, body, field) => {
    const { status, body: problem } = await call('/api/v1/rules/bad', { method: 'PUT', body });
    expect(status).toBe(400);
    expect(problem).toMatchObject({ code: 'invalid', field });
    expect(problem.remedy).not.toMatch(/see the documentation/);
  });

  test('of a name that cannot be are refused', async () => {
    const { status, body } = await call('/api/v1/rules/No_Name', { method: 'PUT', body: apart });
    expect([status, body.field]).toEqual([400, 'rule']);
  });

  test('that contradict others are a 409 with the reason of the scheduler', async () => {
    const body = { ...apart, vms: ['a', 'contrary'] };
    const { status, body: problem } = await call('/api/v1/rules/odd', { method: 'PUT', body });
    expect([status, problem.code]).toEqual([409, 'conflict']);
    expect(problem.detail).toContain('contradict');
  });

  test('that are not there cannot be dropped', async () => {
    const { status, body } = await call('/api/v1/rules/apar', { method: 'DELETE' });
    expect([status, body.code, body.near]).toEqual([404, 'not-found', ['apart']]);
  });
});

describe('networks', () => {
  const send = (path: string, method: string, body?: unknown) =>
    call<ChangedNetwork>(`/api/v1/networks${path}`, { method, ...(body !== undefined && { body }) });
  const seen = async (name: string) => (await call<NetworkView>(`/api/v1/networks/${name}`)).body;

  test('get a record, are changed and shared, and lose it, and what was changed is seen at once', async () => {
    const made = await send('', 'POST', { name: 'lan', project: 'default', note: 'first floor' });
    expect([made.status, made.body]).toEqual([200, { network: 'lan' }]);
    expect(await seen('lan')).toMatchObject({ recorded: true, shared: false, project: 'default', note: 'first floor' });
    expect((await send('', 'POST', { name: 'lan', project: null })).body).toMatchObject({ code: 'exists' });
    const tried = await call<ChangedNetwork>('/api/v1/networks/lan?dryRun=true', { method: 'DELETE' });
    expect(tried.body).toMatchObject({ network: 'lan', would: 'changed' });
    await send('/lan', 'PUT', { project: null });
    expect(await seen('lan')).toMatchObject({ shared: true, project: null, note: 'first floor', vmCount: 0 });
    expect((await send('/lan', 'DELETE')).status).toBe(200);
    expect((await call('/api/v1/networks/lan')).status).toBe(404);
    expect((await send('/lan', 'DELETE')).body).toMatchObject({ code: 'not-found', field: 'network' });
  });

  test('on which VMs are that could not stay are refused, naming them', async () => {
    await call('/api/v1/vms', { body: { name: 'web1', cpus: 1, memoryMiB: 64, network: 'dmz' } });
    await send('', 'POST', { name: 'dmz', project: null });
    const { status, body } = await send('/dmz', 'DELETE');
    expect([status, body]).toMatchObject([409, { code: 'conflict', detail: 'VMs are on it: web1' }]);
    expect(await seen('dmz')).toMatchObject({ vmCount: 1, vms: ['web1'] });
  });

  test.each([
    ['nobody said whose', { name: 'lan' }, 'project'],
    ['a name that cannot be', { name: 'No_Name', project: null }, 'name'],
    ['a VLAN', { name: 'lan', project: null, vlan: 7 }, 'vlan'],
  ])('of which %s are refused with their field and a remedy', async (_what, body, field) => {
    const { status, body: problem } = await send('', 'POST', body);
    expect([status, problem]).toMatchObject([400, { code: 'invalid', field }]);
  });
});

describe('maintenance', () => {
  const of = async (host: string) => (await call<HostView>(`/api/v1/hosts/${host}`)).body;

  test('empties a host, and what is left is shown with it at once', async () => {
    const body = { on: true, reason: 'new memory' };
    const asked = await call<{ host: string }>('/api/v1/hosts/h2/maintenance', { body });
    expect([asked.status, asked.body]).toEqual([202, { host: 'h2' }]);
    expect((await of('h2')).drain).toMatchObject({
      state: 'draining',
      reason: 'new memory',
      startedAtMs: expect.any(Number) as number,
      vmCount: 2,
      left: [{ vm: 'web1', text: 'is moving away' }],
    });
    expect((await of('h1')).drain).toBeNull();
  });

  test('ends, and an ended one is not shown', async () => {
    await call('/api/v1/hosts/h2/maintenance', { body: { on: false } });
    expect((await of('h2')).drain?.state).toBe('ending');
    await setDrain(cluster.scheduler.bus, 'h2', { state: 'ended' });
    await expect.poll(async () => (await of('h2')).drain).toBeNull();
  });

  test('of a host that is not there, or without saying which, is refused', async () => {
    const missing = await call('/api/v1/hosts/h9/maintenance', { body: { on: true } });
    expect(missing.status).toBe(404);
    const unclear = await call('/api/v1/hosts/h1/maintenance', { body: {} });
    expect([unclear.status, unclear.body.field]).toEqual([400, 'on']);
  });
});

test('a relocation names the host to go to', async () => {
  await call('/api/v1/vms', { body: { name: 'web1', cpus: 1, memoryMiB: 128 } });
  const unclear = await call('/api/v1/vms/web1/relocate', { body: {} });
  expect([unclear.status, unclear.body.field]).toEqual([400, 'host']);
  expect((await call('/api/v1/vms/web1/relocate', { body: { host: 'h2' } })).status).toBe(202);
  await expect
    .poll(async () => (await call<VmView>('/api/v1/vms/web1')).body.assignment)
    .toMatchObject({ host: 'h2', generation: 2 });
});

test('a policy is changed in part; what is wrong in it is refused by its field', async () => {
  await call('/api/v1/vms', { body: { name: 'web2', cpus: 1, memoryMiB: 128, policy: { maxRelocate: 4 } } });
  const wrong = await call('/api/v1/vms/web2/policy', { body: { proof: 'hope' } });
  expect([wrong.status, wrong.body.field, wrong.body.detail]).toEqual([
    400,
    'proof',
    expect.stringContaining('give storage, power or both'),
  ]);
  expect((await call('/api/v1/vms/web2/policy', { body: {} })).status).toBe(400);
  expect((await call('/api/v1/vms/web2/policy', { body: { proof: 'power' } })).status).toBe(202);
  await expect
    .poll(async () => (await call<VmView>('/api/v1/vms/web2')).body.spec.policy)
    .toMatchObject({ proof: 'power', maxRelocate: 4 });
});

test('VMs are found by their labels, and a word that is wrong is refused by its field', async () => {
  await call('/api/v1/vms', { body: { name: 'shop1', cpus: 1, memoryMiB: 128, labels: { env: 'test' } } });
  await call('/api/v1/vms', { body: { name: 'shop2', cpus: 1, memoryMiB: 128 } });
  const said = { note: 'ask Ann', labels: { set: { env: 'prod' } }, protected: true };
  expect((await call('/api/v1/vms/shop2/describe', { body: said })).status).toBe(202);
  const found = async (filter: string): Promise<string[]> => {
    const { body } = await call<Page<VmView>>(`/api/v1/vms?filter=${encodeURIComponent(filter)}`);
    return body.items.map(({ name }) => name);
  };
  await expect.poll(() => found('labels.env=prod')).toEqual(['shop2']);
  expect(await found('labels.env=test')).toEqual(['shop1']);
  expect(await found('protected=true')).toEqual(['shop2']);
  const wrong = await call('/api/v1/vms/shop2/describe', { body: { labels: { set: { 'no key': 'x' } } } });
  expect([wrong.status, wrong.body.field]).toEqual([400, expect.stringContaining('labels.set')]);
  expect((await call('/api/v1/vms/shop2/describe', { body: {} })).status).toBe(400);
});

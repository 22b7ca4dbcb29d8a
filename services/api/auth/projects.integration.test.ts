import { setTimeout as sleep } from 'node:timers/promises';
import type {
  Accepted, HistoryEntry, NetworkView, OperationView, Page, ProjectUsageView, UsageView, VmView,
  VolumeView,
} from '@holdfast/client';
import { noTransitions, operations, volumes, withTransition } from '@holdfast/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ClusterWithPeople } from '../testing/with-people.js';
import { routeAccess } from './permissions.js';

let people: ClusterWithPeople;
let shopper: string;
let banker: string;
let viewer: string;
/** Of the VM of the bank, and of one that there is not. */
const vault = { vm: 'vault1', operation: '' };
const nothing = { vm: 'vault9', operation: 'op-00000000000000000000000000000000' };
const size = { cpus: 1, memoryMiB: 64 };

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await sleep(20);
}

async function made(name: string, token: string): Promise<string> {
  const { status, body } = await people.call<Accepted>('/api/v1/vms', { body: { name, ...size }, token });
  expect(status).toBe(202);
  return body.operation;
}

beforeAll(async () => {
  people = await ClusterWithPeople.start();
  for (const name of ['shop', 'bank']) await people.call('/api/v1/projects', { body: { name } });
  shopper = await people.user('shopper', { role: 'owner', project: 'shop' });
  banker = await people.user('banker', { role: 'owner', project: 'bank' });
  viewer = await people.user('viewer', { role: 'viewer', project: 'bank' }, { role: 'editor', project: 'shop' });
  vault.operation = await made('vault1', banker);
  await made('web7', shopper);
  const { broker, scheduler } = people.cluster;
  const volume = { volume: 'vault1-disk0-x', pool: 'default', node: 'san1', sizeMiB: 64 };
  const data = { cpus: 1, memoryMiB: 64, disksMiB: 64, operationState: 'running' };
  const asked = { event: 'vm.requested', text: 'waits until vault1 runs', data };
  const agoMs = Date.now() - 3_600_000;
  await scheduler.replaceVm('vault1', (vm) => withTransition({ ...vm, volumes: [volume] }, agoMs, asked));
  await broker.connect({ service: 'storage', node: 'san1' }).bucket(volumes).create(volume.volume, {
    ...volume, vm: 'vault1', image: null, state: 'ready', reason: '', ...noTransitions('test', 1),
  });
  // What the cluster says of one VM may name another.
  const told = { reason: 'stopped for vault1; no host has room', preemptedBy: 'vault1', claims: ['vault1'] };
  await scheduler.replaceVm('web7', (vm) => withTransition({ ...vm, ...told }, agoMs, asked));
  for (const name of ['vault1', 'web7']) await scheduler.publishNewest(name);
  for (const project of ['shop', 'bank']) {
    await people.call('/api/v1/networks', { body: { name: `${project}-lan`, project } });
  }
  await until(async () => (await people.call<Page<HistoryEntry>>('/api/v1/history')).body.items.length === 2);
});
afterAll(async () => {
  await people.close();
});

/** What a route has to be sent, so that nothing but whose it is keeps it from being done. */
const bodies: Record<string, unknown> = {
  'POST /api/v1/vms': { name: 'other1', project: 'bank', ...size },
  'POST /api/v1/vms/:vm/clone': { name: 'other2' },
  'POST /api/v1/vms/:vm/rename': { to: 'other3' },
  'POST /api/v1/vms/:vm/resize': { cpus: 2 },
  'POST /api/v1/vms/:vm/disks': { sizeMiB: 64 },
  'POST /api/v1/vms/:vm/nics': { network: 'guest' },
  'PUT /api/v1/vms/:vm/boot': { order: null },
  'PUT /api/v1/vms/:vm/cdrom': { iso: null },
  'POST /api/v1/vms/:vm/policy': { priority: 7 },
  'POST /api/v1/vms/:vm/describe': { note: 'mine' },
  'POST /api/v1/grants': { role: 'viewer', user: 'shopper', project: 'bank' },
};

/** As a stranger hears it; of the names only that they were asked for. */
async function heard(route: string, { vm, operation }: typeof vault): Promise<{ status: number; text: string }> {
  const [method = '', path = ''] = route.split(' ');
  const id = path.includes('/operations/') ? operation : '5f0cf5de-8a43-4ea9-a0f8-8dbf9b5b3d3c';
  const filled = path.replace(':project', 'bank').replace(':id', id).replace(':nic', '0').replace(/:\w+/g, vm);
  const sends = method === 'POST' || method === 'PUT';
  const { status, body } = await people.call<Record<string, unknown>>(filled, {
    method, token: shopper, ...(sends && { body: bodies[route] ?? {} }),
  });
  const { requestId: _, ...rest } = body;
  return { status, text: JSON.stringify(rest).replaceAll(vm, 'IT').replaceAll(operation, 'IT') };
}

const projectRoutes = Object.entries(routeAccess).filter(([, { scope }]) => scope === 'project').map(([key]) => key);
const isStream = (route: string): boolean => route === 'GET /api/v1/events';

describe('who works in another project', () => {
  it.each(projectRoutes.filter((route) => route.includes('/:') || bodies[route] !== undefined))(
    'is told by %s that there is nothing, as of what there is not',
    async (route) => {
      const told = await heard(route, vault);
      expect(told.status).toBe(404);
      expect(told).toEqual(await heard(route, nothing));
      expect(told.text).not.toContain('vault1');
    },
  );

  it.each(projectRoutes.filter((route) => route.startsWith('GET') && !route.includes('/:') && !isStream(route)))(
    'sees nothing of it in %s, whatever is sorted, filtered or counted',
    async (route) => {
      const path = route.slice('GET '.length);
      const { status, body } = await people.call(path, { token: shopper });
      expect(status).toBe(200);
      expect(JSON.stringify(body)).not.toMatch(/vault1|bank/);
    },
  );

  it.each([
    ['a new VM', '/api/v1/vms', { name: 'web8', ...size, project: 'shop' }, (network: string) => ({ network })],
    ['another NIC', '/api/v1/vms/web7/nics', {}, (network: string) => ({ network })],
    ['one of several NICs', '/api/v1/vms', { name: 'web8', ...size }, (network: string) =>
      ({ nics: [{ nic: 1, network }] })],
  ])('is told of its networks by %s what is told of those that there are not', async (_what, path, body, on) => {
    const told = async (network: string): Promise<string> => {
      const answer = await people.call(path, { body: { ...body, ...on(network) }, token: shopper });
      expect(answer).toMatchObject({ status: 400, body: { code: 'invalid', field: 'network' } });
      const { requestId: _, ...rest } = answer.body as Record<string, unknown>;
      return JSON.stringify(rest).replaceAll(network, 'IT');
    };
    expect(await told('bank-lan')).toBe(await told('nosuch-lan'));
    expect(await told('bank-lan')).not.toMatch(/bank|vault1/);
  });

  it('sees the networks of the own project and shared ones, and of the VMs on them the own', async () => {
    const { scheduler } = people.cluster;
    for (const [vm, network] of [['vault1', 'bank-lan'], ['web7', 'shop-lan']] as const) {
      const nics = [{ nic: 1, network }];
      await scheduler.replaceVm(vm, (known) => ({ ...known, spec: { ...known.spec, nics } }));
    }
    await people.call('/api/v1/networks', { body: { name: 'guest', project: null } });
    const seenBy = async (token: string): Promise<string[]> => {
      const { body } = await people.call<Page<NetworkView>>('/api/v1/networks', { token });
      return body.items.map(({ name, vms, vmCount }) => `${name} ${vmCount} ${vms.join()}`);
    };
    expect(await seenBy(shopper)).toEqual(['guest 1 web7', 'shop-lan 1 web7']);
    expect(await seenBy(banker)).toEqual(['bank-lan 1 vault1', 'guest 1 vault1']);
    expect(await seenBy(people.cluster.token)).toEqual(['bank-lan 1 vault1', 'guest 2 vault1,web7', 'shop-lan 1 web7']);
    expect(await people.status('/api/v1/networks/bank-lan', shopper)).toBe(404);
    expect(await people.status('/api/v1/networks/shop-lan', shopper)).toBe(200);
    // Whose a network is, is for who runs the hosts.
    const stolen = { method: 'PUT', body: { project: 'shop' }, token: shopper };
    expect((await people.call('/api/v1/networks/bank-lan', stolen)).status).toBe(403);
  });

  it('does nothing to it among many', async () => {
    const of = async (vm: string): Promise<string> => {
      const body = { action: 'stop', vms: [vm] };
      const answer = await people.call('/api/v1/vms/bulk', { body, token: shopper });
      return JSON.stringify(answer.body).replaceAll(vm, 'IT');
    };
    expect(await of('vault1')).toEqual(await of('vault9'));
  });

  it('cannot find it by what is said of it', async () => {
    const { body } = await people.call<Page<VmView>>('/api/v1/vms?filter=reason~vault1', { token: shopper });
    expect(body.items).toEqual([]);
    const own = await people.call<VmView>('/api/v1/vms/web7', { token: shopper });
    expect(own.body).toMatchObject({
      project: 'shop', reason: 'stopped for another VM; no host has room', claims: [],
    });
    expect(own.body.preemptedBy).toBeUndefined();
    expect(JSON.stringify((await people.call('/api/v1/vms/web7/events', { token: shopper })).body))
      .toContain('waits until another VM runs');
  });

  it('follows the events of the own project only', async () => {
    const gone = new AbortController();
    const response = await fetch(`${people.cluster.api.url}/api/v1/events?since=1`, {
      headers: { authorization: `Bearer ${shopper}` }, signal: gone.signal,
    });
    let text = '';
    for await (const chunk of response.body ?? []) {
      text += Buffer.from(chunk as Uint8Array).toString();
      if (text.includes('web7')) break;
    }
    gone.abort();
    expect(text).toContain('"project":"shop"');
    expect(text).not.toContain('vault1');
  });

  it('learns of a name only that it is taken', async () => {
    const { status, body } = await people.call('/api/v1/vms', { body: { name: 'vault1', ...size }, token: shopper });
    expect(status).toBe(409);
    expect(JSON.stringify(body)).not.toMatch(/bank|web7/);
  });

  it('cannot have an own VM depend on it, as on none that there is not', async () => {
    const refusalOf = async (after: string): Promise<string> => {
      const path = '/api/v1/vms/web7/policy';
      const { status, body } = await people.call(path, { body: { after: [after] }, token: shopper });
      expect(status).toBe(400);
      return `${body.detail} ${body.remedy}`.replaceAll(after, 'IT');
    };
    expect(await refusalOf('vault1')).toBe('after: there is no VM named IT create IT first, or leave it out');
  });

  it('is told what was taken up in the own project', async () => {
    const usage = async (token: string): Promise<string[]> => {
      const { body } = await people.call<Page<UsageView>>('/api/v1/usage', { token });
      return body.items.map(({ vm, project }) => `${vm} ${project}`);
    };
    expect(await usage(shopper)).toEqual(['web7 shop']);
    expect(await usage(banker)).toEqual(['vault1 bank']);
    const { body } = await people.call<Page<ProjectUsageView>>('/api/v1/usage/projects', { token: banker });
    expect(body.items.map(({ project, vms }) => [project, vms])).toEqual([['bank', 1]]);
  });

  it('learns no name of it from a volume that kept the one from before', async () => {
    const { scheduler } = people.cluster;
    await scheduler.beginRename('vault1', 'safe1');
    await scheduler.endRename('vault1', 'safe1');
    await until(async () => await people.status('/api/v1/vms/vault1', banker) === 404);
    await scheduler.replaceVm('web7', (vm) => ({ ...vm, reason: 'waits for vault1-disk0-x' }));
    const shown = async (token: string): Promise<string> =>
      (await people.call<VmView>('/api/v1/vms/web7', { token })).body.reason;
    await until(async () => (await shown(people.cluster.token)).includes('vault1-disk0-x'));
    expect(await shown(shopper)).toBe('waits for another VM');
    // Its storage has not been told yet, and it is in its project all the same.
    const volumesOf = async (token: string): Promise<string[]> =>
      (await people.call<Page<VolumeView>>('/api/v1/volumes', { token })).body.items.map(({ volume }) => volume);
    expect(await volumesOf(banker)).toEqual(['vault1-disk0-x']);
    expect(await volumesOf(shopper)).toEqual([]);
    await scheduler.beginRename('safe1', 'vault1');
    await scheduler.endRename('safe1', 'vault1');
    await until(async () => await people.status('/api/v1/vms/vault1', banker) === 200);
  });

  it('finds it as soon as it is shared', async () => {
    expect(await people.status('/api/v1/vms/vault1', viewer)).toBe(200);
    // May see it, and not touch it: there is nothing to hide.
    expect(await people.status('/api/v1/vms/vault1/stop', viewer, 'POST')).toBe(403);
    const { body } = await people.call<Page<VmView>>('/api/v1/vms', { token: viewer });
    expect(body.items.map(({ name, project }) => `${name} ${project}`)).toEqual(['vault1 bank', 'web7 shop']);
  });
});

describe('whoever clones a VM', () => {
  const clone = (token: string, project?: string) =>
    people.call('/api/v1/vms/vault1/clone', { token, body: { name: 'vault2', ...(project && { project }) } });
  const made = () => people.cluster.scheduler.asked.at(-1)?.request;

  it('needs the right to do so where it is, and to create VMs where the clone is to be', async () => {
    expect((await clone(viewer, 'shop')).body).toMatchObject({ code: 'forbidden' });
    expect((await clone(banker, 'shop')).status).toBe(404);
    const roles = [{ role: 'editor', project: 'bank' }, { role: 'viewer', project: 'shop' }] as const;
    const teller = await people.user('teller', ...roles);
    expect((await clone(teller, 'shop')).body).toMatchObject({ code: 'forbidden' });
    expect((await clone(teller)).status).toBe(202);
    expect(made()).toMatchObject({ vm: 'vault2', project: 'bank', cloneOf: { vm: 'vault1' } });
    await people.call('/api/v1/vms/vault2', { method: 'DELETE', token: banker });
  });
});

describe('whoever makes a VM', () => {
  it('has it in the only project where that is allowed, and names one of several', async () => {
    const { body } = await people.call<VmView>('/api/v1/vms/vault1', { token: banker });
    expect(body.project).toBe('bank');
    const both = await people.user('both', { role: 'editor', project: 'bank' }, { role: 'editor', project: 'shop' });
    const refused = await people.call('/api/v1/vms', { body: { name: 'some1', ...size }, token: both });
    expect(refused).toMatchObject({ status: 400, body: { field: 'project', remedy: 'name one of bank, shop' } });
    const admins = await people.call<Accepted>('/api/v1/vms', { body: { name: 'infra1', ...size } });
    const operation = await people.call<OperationView>(`/api/v1/operations/${admins.body.operation}`);
    expect(operation.body.project).toBe('default');
  });

  it('keeps its project from being deleted, and nobody deletes the cluster\'s own', async () => {
    const refused = await people.call('/api/v1/projects/bank', { method: 'DELETE' });
    expect(refused).toMatchObject({ status: 409, body: { remedy: 'delete vault1 first' } });
    await people.call('/api/v1/projects', { body: { name: 'empty' } });
    await people.call('/api/v1/networks', { body: { name: 'empty-lan', project: 'empty' } });
    const kept = await people.call('/api/v1/projects/empty', { method: 'DELETE' });
    expect(kept).toMatchObject({ status: 409, body: { detail: 'empty has networks' } });
    expect((await people.call('/api/v1/networks/empty-lan', { method: 'DELETE' })).status).toBe(200);
    expect(await people.status('/api/v1/projects/empty', people.cluster.token, 'DELETE')).toBe(200);
    const nobodys = await people.call('/api/v1/networks', { body: { name: 'lan', project: 'nosuch' } });
    expect(nobodys).toMatchObject({ status: 404 });
    expect(await people.status('/api/v1/projects/default', people.cluster.token, 'DELETE')).toBe(409);
  });

  it('finds out what came of a deletion that was sent again', async () => {
    await made('brief1', banker);
    const send = (): ReturnType<typeof people.call<Accepted>> => people.call<Accepted>('/api/v1/vms/brief1', {
      method: 'DELETE', token: banker, headers: { 'idempotency-key': 'once' },
    });
    const { body } = await send();
    await until(async () => (await people.status('/api/v1/vms/brief1', banker)) === 404);
    expect(await send()).toMatchObject({ status: 202, body: { operation: body.operation } });
  });

  it('follows an operation after which the VM has another name, and may send it again', async () => {
    const { scheduler } = people.cluster;
    await made('brief2', banker);
    const send = (token: string): ReturnType<typeof people.call<Accepted>> => people.call('/api/v1/vms/brief2/stop', {
      body: {}, token, headers: { 'idempotency-key': 'renamed' },
    });
    const { operation } = (await send(banker)).body;
    await scheduler.beginRename('brief2', 'brief3');
    const bucket = scheduler.bus.bucket(operations);
    const entry = await bucket.get(operation);
    if (entry) await bucket.update(operation, { ...entry.value, vm: 'brief3' }, entry.revision);
    const path = `/api/v1/operations/${operation}`;
    const seen = (): ReturnType<typeof people.call<OperationView>> => people.call(path, { token: banker });
    await until(async () => (await seen()).body.vm === 'brief3');
    await scheduler.endRename('brief2', 'brief3');
    await until(async () => (await people.status('/api/v1/vms/brief2', banker)) === 404);
    expect(await seen()).toMatchObject({ status: 200, body: { vm: 'brief3', project: 'bank' } });
    expect(await people.status(path, shopper)).toBe(404);
    expect(await send(banker)).toMatchObject({ status: 202, body: { operation } });
    expect((await send(shopper)).status).toBe(404);
  });
});

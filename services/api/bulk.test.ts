import type { AuditEntry, BulkView, OperationView, Page, VmView } from '@holdfast/client';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { AuditLog } from './audit/audit-log.js';
import { Identity } from './auth/identity.js';
import { heldBuiltIn } from './auth/principal.js';
import { caller } from './testing/call.js';
import { startFakeCluster, type FakeCluster } from './testing/fake-cluster.js';

let cluster: FakeCluster;
const call = caller(() => cluster);
const editor = 'token-of-an-editor-of-shop';

beforeAll(async () => {
  cluster = await startFakeCluster();
  const roles = [heldBuiltIn('editor', 'shop')].filter((role) => role !== null);
  cluster.api.app.get(Identity).accept((token) =>
    token === editor ? { kind: 'user', id: 'e', name: 'ed', roles, scope: null } : null);
  const made = [['a1', 'test', 'shop'], ['a2', 'test', 'shop'], ['b1', 'live', 'bank']] as const;
  for (const [name, env, project] of made) {
    const body = { name, cpus: 1, memoryMiB: 64, labels: { env } };
    expect((await call('/api/v1/vms', { body })).status).toBe(202);
    // Projects are made in the database, which this cluster lacks.
    await cluster.scheduler.replaceVm(name, (vm) => ({ ...vm, project }));
    await vi.waitFor(async () => {
      expect((await call<VmView>(`/api/v1/vms/${name}`)).body.project).toBe(project);
    });
  }
});
afterAll(async () => {
  await cluster.close();
});

const bulk = (body: object, options: object = {}) => call<BulkView>('/api/v1/vms/bulk', { body, ...options });

test('VMs that a filter finds are stopped, each by an operation of its own', async () => {
  const { status, body } = await bulk({ action: 'stop', filter: 'labels.env=test' });
  expect(status).toBe(202);
  expect(body.items.map(({ vm, problem }) => [vm, problem])).toEqual([['a1', null], ['a2', null]]);
  for (const { vm, operation } of body.items) {
    const told = await call<OperationView>(`/api/v1/operations/${operation}`);
    expect(told.body).toMatchObject({ kind: 'stop', vm, state: 'done' });
  }
  const running = await call<Page<{ name: string }>>('/api/v1/vms?filter=phase=running');
  expect(running.body.items.map(({ name }) => name)).toEqual(['b1']);
});

test('one that cannot be done hinders no other, and says why', async () => {
  const { body } = await bulk({ action: 'start', vms: ['b1', 'a1', 'nobody', 'a1'] });
  expect(body.items).toMatchObject([
    { vm: 'b1', operation: null, problem: { code: 'conflict', status: 409, detail: 'b1 runs already' } },
    { vm: 'a1', problem: null },
    { vm: 'nobody', operation: null, problem: { code: 'not-found', status: 404 } },
  ]);
});

test('sent again with the same Idempotency-Key it is done once', async () => {
  const send = () => bulk({ action: 'reboot', vms: ['a1', 'b1'] }, { headers: { 'idempotency-key': 'bulk-once' } });
  const [first, again] = [await send(), await send()];
  expect(again.body).toEqual(first.body);
  expect(new Set(first.body.items.map(({ operation }) => operation)).size).toBe(2);
});

test('who may only in a project reaches no other, neither by filter nor by name', async () => {
  const all = await bulk({ action: 'reboot', filter: '' }, { token: editor });
  expect(all.body.items.map(({ vm }) => vm)).toEqual(['a1', 'a2']);
  const before = cluster.scheduler.asked.length;
  const named = await bulk({ action: 'stop', vms: ['b1'] }, { token: editor });
  expect(named.body.items[0]).toMatchObject({ operation: null, problem: { code: 'not-found' } });
  expect(named.body.items[0]?.problem?.detail).toBe('there is no VM "b1"');
  expect(cluster.scheduler.asked).toHaveLength(before);
});

test.each([
  [{ action: 'explode', filter: '' }, 'action'],
  [{ action: 'stop' }, 'vms'],
  [{ action: 'stop', vms: ['a1'], filter: '' }, 'vms'],
  [{ action: 'stop', vms: [] }, 'vms'],
  [{ action: 'stop', vms: Array.from({ length: 1001 }, (_, n) => `vm${n}`) }, 'vms'],
  [{ action: 'start', vms: ['a1'], force: true }, 'force'],
  [{ action: 'stop', filter: 'colour=red' }, 'filter'],
])('%j is refused as a whole', async (body, field) => {
  const answer = await call('/api/v1/vms/bulk', { body });
  expect([answer.status, answer.body.field]).toEqual([400, field]);
  expect(answer.body.remedy).not.toBe('');
});

test('the audit log has an entry for each VM, with what became of it', async () => {
  const noted: Partial<AuditEntry>[] = [];
  const log = cluster.api.app.get(AuditLog);
  const note = log.note.bind(log);
  log.note = (entry) => {
    noted.push(entry);
    note(entry);
  };
  await bulk({ action: 'pause', vms: ['a1', 'gone'] }, { token: editor });
  const who = { kind: 'user', name: 'ed' };
  const action = 'POST /api/v1/vms/:vm/pause';
  const each = noted.filter((entry) => entry.action === action).sort((a, b) => (a.status ?? 0) - (b.status ?? 0));
  expect(each).toMatchObject([
    { who, path: '/api/v1/vms/a1/pause', status: 202, before: { phase: 'running' } },
    { who, path: '/api/v1/vms/gone/pause', status: 404, before: null },
  ]);
});

test('tried only, it says of each what would come of it, and does nothing', async () => {
  const version = async (): Promise<string> => (await call<VmView>('/api/v1/vms/a1')).body.version;
  const before = await version();
  const { status, body } = await call<BulkView>('/api/v1/vms/bulk?dryRun=true', {
    body: { action: 'pause', vms: ['a1', 'nobody'] },
  });
  expect(status).toBe(200);
  expect(body.items).toMatchObject([
    { vm: 'a1', operation: null, problem: null, would: 'a1 went through pause' },
    { vm: 'nobody', operation: null, problem: { code: 'not-found' } },
  ]);
  expect(await version()).toBe(before);
  const tagged = { body: { action: 'pause', vms: ['a1'] }, headers: { 'if-match': '"x"' } };
  expect((await call('/api/v1/vms/bulk', tagged)).status).toBe(400);
});

import type { Accepted, ProblemDetails, Settings, VmDryRun } from '@holdfast/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { caller } from './testing/call.js';
import { startFakeCluster, type FakeCluster } from './testing/fake-cluster.js';

let cluster: FakeCluster;
const call = caller(() => cluster);
const small = { cpus: 1, memoryMiB: 128 };

beforeAll(async () => {
  cluster = await startFakeCluster();
  await call('/api/v1/vms', { body: { ...small, name: 'web1' } });
  await call('/api/v1/rules/apart', { method: 'PUT', body: rule(['db1', 'db2']) });
});
afterAll(async () => {
  await cluster.close();
});

const rule = (vms: string[]) => ({ kind: 'vm-affinity', vms, together: false });
async function tagOf(path: string): Promise<string> {
  return (await call(path)).headers.get('etag') ?? '';
}

/** What is read, and how it is changed. */
const edits = [
  ['a VM', '/api/v1/vms/web1', '/api/v1/vms/web1/policy', 'POST', (n: number) => ({ priority: n })],
  ['a rule', '/api/v1/rules/apart', '/api/v1/rules/apart', 'PUT', (n: number) => rule(['db1', `db${n}`])],
  ['a host', '/api/v1/hosts/h1', '/api/v1/hosts/h1/labels', 'POST', (n: number) => ({ set: { rack: `r${n}` } })],
  ['the settings', '/api/v1/settings', '/api/v1/settings', 'PUT', (n: number) => ({ migrationsPerHost: n })],
] as const;

describe('an edit that rests on what was read', () => {
  test.each(edits)('of %s is done once, and refused when another came first', async (...edit) => {
    const [, read, path, method, body] = edit;
    const tag = await tagOf(read);
    expect(tag).toMatch(/^"[\w.-]+"$/);
    const headers = { 'if-match': tag };
    expect((await call(path, { method, headers, body: body(3) })).status).toBeLessThan(300);
    const late = await call(path, { method, headers, body: body(4) });
    expect(late.status).toBe(412);
    expect(late.body).toMatchObject({ code: 'precondition-failed', field: 'If-Match' });
    expect(late.body.remedy).toContain('read it again');
    const again = { 'if-match': await tagOf(read) };
    expect(again['if-match']).not.toBe(tag);
    expect((await call(path, { method, headers: again, body: body(4) })).status).toBeLessThan(300);
  });

  test('that was done is no conflict with itself when it is sent again', async () => {
    const headers = { 'if-match': await tagOf('/api/v1/vms/web1'), 'idempotency-key': 'once' };
    const send = () => call<Accepted>('/api/v1/vms/web1/policy', { headers, body: { priority: 9 } });
    const [first, second] = [await send(), await send()];
    expect([first.status, second.status]).toEqual([202, 202]);
    expect(second.body.operation).toBe(first.body.operation);
  });

  test.each(['*', 'W/"x"', 'x', '"a", "b"', '""'])('names one version: %s is refused', async (tag) => {
    const { status, body } = await call('/api/v1/rules/apart', { method: 'DELETE', headers: { 'if-match': tag } });
    expect([status, body.field]).toEqual([400, 'If-Match']);
  });

  test('is refused where nobody would look at it', async () => {
    const headers = { 'if-match': '"x"' };
    const { status, body } = await call('/api/v1/hosts/h1/maintenance', { headers, body: { on: true } });
    expect([status, body.field]).toEqual([400, 'If-Match']);
  });
});

describe('a dry run', () => {
  const dry = <T = ProblemDetails>(path: string, options: object = {}) =>
    call<T>(`${path}?dryRun=true`, { method: 'POST', ...options });

  test('of a new VM tells where it would go and makes none', async () => {
    const { status, body } = await dry<VmDryRun>('/api/v1/vms', { body: { ...small, name: 'web2' } });
    expect(status).toBe(200);
    expect(body).toMatchObject({ vm: 'web2', would: 'web2 is created', placement: { host: 'h2', hostCount: 2 } });
    expect((await call('/api/v1/vms/web2')).status).toBe(404);
  });

  test('of a change of a VM tells what would be written down, and writes nothing', async () => {
    const tag = await tagOf('/api/v1/vms/web1');
    const stopped = await dry<VmDryRun>('/api/v1/vms/web1/stop');
    expect([stopped.status, stopped.body]).toEqual([
      200, { vm: 'web1', would: 'web1 went through stop', placement: null },
    ]);
    expect((await dry<VmDryRun>('/api/v1/vms/web1/migrate')).body.placement?.host).toBe('h2');
    expect(await tagOf('/api/v1/vms/web1')).toBe(tag);
  });

  test('refuses what would be refused', async () => {
    expect((await dry('/api/v1/vms', { body: { ...small, name: 'web1' } })).status).toBe(409);
    expect((await dry('/api/v1/vms/none/stop')).status).toBe(404);
  });

  test('of rules and settings answers with what they would be', async () => {
    const put = { method: 'PUT', body: rule(['a', 'b']) };
    expect((await dry('/api/v1/rules/new', put)).body).toMatchObject({ rule: 'new', would: 'changed' });
    expect((await call('/api/v1/rules/new')).status).toBe(404);
    expect((await dry('/api/v1/rules/apart', { method: 'DELETE' })).status).toBe(200);
    expect((await call('/api/v1/rules/apart')).status).toBe(200);
    const change = { method: 'PUT', body: { migrationsPerHost: 7 } };
    expect((await dry<Settings>('/api/v1/settings', change)).body.migrationsPerHost).toBe(7);
    expect((await call<Settings>('/api/v1/settings')).body.migrationsPerHost).not.toBe(7);
  });

  test('is refused where it cannot be done, rather than done', async () => {
    const { status, body } = await dry('/api/v1/hosts/h1/fence', { body: { confirm: 'h1', reason: 'because' } });
    expect([status, body.field]).toEqual([400, 'dryRun']);
    expect(cluster.fenced).toEqual([]);
    expect((await call('/api/v1/vms/web1/stop?dryRun=yes', { method: 'POST' })).status).toBe(400);
    expect((await call('/api/v1/vms/web1/stop?dryrun=true', { method: 'POST' })).status).toBe(400);
  });
});

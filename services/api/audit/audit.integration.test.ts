import { randomUUID } from 'node:crypto';
import type { AuditEntry, AuditVerdict, NewToken, Page } from '@holdfast/client';
import { defaultSettings } from '@holdfast/contracts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Database } from '../persistence/database.js';
import { untilState } from '../persistence/testing/postgres.js';
import { ClusterWithPeople } from '../testing/with-people.js';
import { withoutSecrets } from './record-changes.js';

let people: ClusterWithPeople;

beforeAll(async () => {
  people = await ClusterWithPeople.start();
});
afterAll(async () => {
  await people.close();
});

const sql = (text: string): Promise<unknown> => people.directory.database.use((manager) => manager.query(text));
const entries = async (): Promise<AuditEntry[]> =>
  (await people.call<Page<AuditEntry>>('/api/v1/audit?limit=500')).body.items;
const verify = async (known = ''): Promise<AuditVerdict> =>
  (await people.call<AuditVerdict>(`/api/v1/audit/verify${known === '' ? '' : `?known=${known}`}`)).body;

describe('the audit log', () => {
  test('has who did what from where, before and after, and what came of it', async () => {
    const traceId = 'c'.repeat(32);
    const headers = { traceparent: `00-${traceId}-${'d'.repeat(16)}-00` };
    await people.call('/api/v1/settings', { method: 'PUT', body: { policy: 'packed' }, headers });
    const [newest] = await entries();
    expect(newest).toMatchObject({
      who: { kind: 'local', name: 'local' },
      action: 'PUT /api/v1/settings',
      asked: { policy: 'packed' },
      before: { policy: defaultSettings.policy },
      after: { policy: 'packed' },
      from: expect.stringContaining('127.0.0.1') as string,
      traceId,
      status: 200,
    });
  });

  test('has what was refused as well, and nothing of what was only read or tried dry', async () => {
    const token = await people.user('vera', { role: 'auditor' });
    await people.call('/api/v1/hosts/h1/fence', { body: { confirm: 'h1', reason: 'x' }, token });
    const [newest] = await entries();
    expect(newest).toMatchObject({ who: { kind: 'user', name: 'vera' }, path: '/api/v1/hosts/h1/fence', status: 403 });
    await people.call('/api/v1/hosts', { token });
    await people.call('/api/v1/vms?dryRun=true', { body: { name: 'dry', cpus: 1, memoryMiB: 64 } });
    expect((await entries())[0]?.seq).toBe(newest?.seq);
  });

  test('never has a secret', async () => {
    await people.call('/api/v1/users', { body: { kind: 'service', name: 'ci' } });
    const { body } = await people.call<NewToken>('/api/v1/users/ci/tokens', { body: { name: 'x' } });
    const password = 'never to be seen in it';
    await people.call('/api/v1/users', { body: { kind: 'user', name: 'will', password } });
    await people.call('/api/v1/login', { body: { name: 'will', password }, token: null });
    await people.call('/api/v1/login', { body: { name: 'will', password: `${password}!` }, token: null });
    const cloudInit = { userData: `#cloud-config\n# ${password}`, metaData: `note: ${password}` };
    await people.call('/api/v1/vms', { body: { name: 'told', cpus: 1, memoryMiB: 64, cloudInit } });
    await people.call('/api/v1/vms/told/stop', { body: { force: true } });
    const text = JSON.stringify(await entries());
    expect(text).toContain('/api/v1/vms/told/stop');
    expect(text).not.toContain(password);
    expect(text).not.toContain(body.token);
    expect(text).toContain('"name":"will"');
    const deep = { a: { passwordHash: 'p', list: [{ apiKey: 'p' }], text: 'x'.repeat(1000) } };
    expect(JSON.stringify(withoutSecrets(deep))).not.toContain('"p"');
    expect(JSON.stringify(withoutSecrets(deep)).length).toBeLessThan(700);
  });

  test('is one chain however many changes come at once, and is only added to', async () => {
    const before = (await verify()).entries;
    await Promise.all(
      Array.from({ length: 50 }, (_, i) => people.call('/api/v1/projects', { body: { name: `p${i}` } })),
    );
    const verdict = await verify();
    expect(verdict).toMatchObject({ intact: true, entries: before + 50 });
    for (const verb of ["UPDATE audit_entries SET hash = ''", 'DELETE FROM audit_entries', 'TRUNCATE audit_entries']) {
      await expect(sql(verb)).rejects.toThrow('only added to');
    }
  });

  test('is found by who, what and when, page after page, in either order', async () => {
    const token = await people.user('finn', { role: 'operator' });
    for (const name of ['f1', 'f2', 'f3']) {
      await people.call('/api/v1/vms', { body: { name, cpus: 1, memoryMiB: 64 }, token });
    }
    await people.call('/api/v1/settings', { method: 'PUT', body: { policy: 'balanced' }, token });
    const page = async (query: string): Promise<Page<AuditEntry>> =>
      (await people.call<Page<AuditEntry>>(`/api/v1/audit?${query}`)).body;
    const asked = ({ items }: Page<AuditEntry>): unknown[] =>
      items.map((entry) => (entry.asked as { name: unknown }).name);
    const made = 'filter=who%3Dfinn,status%3D202,action~vms&limit=2';
    const newest = await page(made);
    expect(asked(newest)).toEqual(['f3', 'f2']);
    const rest = await page(`${made}&after=${newest.next}`);
    expect([asked(rest), rest.next]).toEqual([['f1'], null]);
    expect(asked(await page(`${made}&sort=time`))).toEqual(['f1', 'f2']);
    expect((await page('filter=who%3Dfinn,status%3E%3D400')).items).toHaveLength(1);
    const [first, last] = [rest, newest].map(({ items }) => new Date(items[0]?.atMs ?? 0).toISOString());
    const span = await page(`from=${first}&until=${last}&filter=who%3Dfinn`);
    expect(span.items.at(-1)?.seq).toBe(rest.items[0]?.seq);
    expect(span.items.every(({ seq }) => seq < (newest.items[0]?.seq ?? 0))).toBe(true);
    const wrong = await people.call('/api/v1/audit?filter=colour%3Dred');
    const remedy = expect.stringContaining('who') as string;
    expect([wrong.status, wrong.body]).toMatchObject([400, { field: 'filter', remedy }]);
  });

  test('goes on where it was when the database comes back', async () => {
    const database = people.cluster.api.app.get(Database);
    await people.postgres.kill();
    const name = `web-${randomUUID().slice(0, 8)}`;
    try {
      await untilState(database, 'away');
      const made = await people.call('/api/v1/vms', { body: { name, cpus: 1, memoryMiB: 64 } });
      expect(made.status).toBe(202);
    } finally {
      await people.postgres.start();
      await untilState(database, 'up');
    }
    expect(JSON.stringify(await entries())).toContain(name);
    expect((await verify()).intact).toBe(true);
  });

  test('shows an entry that was changed or taken out by who may write to the tables, and an end cut off', async () => {
    const { entries: all, end } = await verify();
    expect((await verify(end)).intact).toBe(true);
    await sql('ALTER TABLE audit_entries DISABLE TRIGGER audit_is_kept');
    await sql(`DELETE FROM audit_entries WHERE seq = ${all}`);
    expect(await verify()).toMatchObject({ intact: true, entries: all - 1 });
    expect(await verify(end)).toMatchObject({ intact: false, fault: `entry ${all} is not the one that was noted` });
    await sql('UPDATE audit_entries SET body = replace(body, \'local\', \'vera\') WHERE seq = 3');
    expect(await verify()).toMatchObject({ intact: false, entries: 2, fault: 'entry 3 was changed' });
    await sql('DELETE FROM audit_entries WHERE seq = 2');
    expect(await verify()).toMatchObject({ intact: false, entries: 1, fault: 'entry 2 is missing' });
  });
});

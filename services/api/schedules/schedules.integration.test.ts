import { setTimeout as sleep } from 'node:timers/promises';
import type { AuditEntry, Page, ScheduleView } from '@holdfast/client';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { begin, words } from '../../../clients/cli/testing/command-line.js';
import { ClusterView } from '../cluster-view.js';
import { Database } from '../persistence/database.js';
import { ClusterWithPeople } from '../testing/with-people.js';
import { VmPower } from '../vm-power.js';
import { operationOfDue } from './core.js';
import { ScheduleRunner } from './schedule-runner.js';
import { Schedules } from './schedules.js';

let people: ClusterWithPeople;
let editor: string;

beforeAll(async () => {
  people = await ClusterWithPeople.start();
  for (const name of ['shop', 'bank']) {
    expect((await people.call('/api/v1/projects', { body: { name } })).status).toBe(201);
  }
  for (const [name, project] of [['web1', 'shop'], ['db1', 'bank']]) {
    const body = { name, cpus: 1, memoryMiB: 64, project };
    expect((await people.call('/api/v1/vms', { body })).status).toBe(202);
  }
  editor = await people.user('ed', { role: 'editor', project: 'shop' });
});
afterAll(async () => {
  await people.close();
});
beforeEach(async () => {
  await sql('DELETE FROM schedules');
});

const holdfast = (line: string): ReturnType<typeof begin>['finished'] => begin(words(line), people.cluster).finished;
const sql = <T = unknown>(text: string, values: unknown[] = []): Promise<T[]> =>
  people.directory.database.use((manager) => manager.query<T[]>(text, values));
const create = (body: object, token?: string) =>
  people.call<ScheduleView>('/api/v1/schedules', { body, ...(token !== undefined && { token }) });
const reboots = (): unknown[] =>
  people.cluster.scheduler.asked.filter(({ command }) => command === 'reboot').map(({ request }) => request);
const nightly = { name: 'nightly', vm: 'web1', action: 'reboot', cron: '0 22 * * *', timeZone: 'Europe/Berlin' };

/** Makes one due that long ago, and waits until it was seen to. */
async function cameDue(name: string, agoMs: number): Promise<ScheduleView> {
  await sql('UPDATE schedules SET next_at = $2 WHERE name = $1', [name, new Date(Date.now() - agoMs)]);
  for (;;) {
    const { body } = await people.call<ScheduleView>(`/api/v1/schedules/${name}`);
    if (body.last !== null) return body;
    await sleep(50);
  }
}

test('one is made, listed, shown and deleted on the command line', async () => {
  const made = await holdfast('schedule create nightly stop web1 --cron "0 22 * * 1-5" --time-zone Europe/Berlin');
  expect(made).toMatchObject({ code: 0, err: '' });
  expect((await holdfast('schedule create nightly stop web1 --at 30m')).err).toContain('a schedule nightly already');
  expect((await holdfast('schedule list')).out).toMatch(/nightly +stop web1 +0 22 \* \* 1-5 \(Europe\/Berlin\)/);
  expect((await holdfast('schedule show nightly')).out).toMatch(/last time +not due yet/);
  expect(await holdfast('schedule delete nightly')).toMatchObject({ code: 0 });
  expect((await holdfast('schedule show nightly')).err).toContain('there is no schedule');
});

test('what is due is done by the rights of its owner, who stands in the audit log', async () => {
  expect((await create(nightly, editor)).status).toBe(201);
  const before = reboots().length;
  const { last, nextAt } = await cameDue('nightly', 1000);
  expect(last).toMatchObject({ outcome: 'begun', detail: '' });
  expect(Date.parse(nextAt ?? '')).toBeGreaterThan(Date.now());
  expect(reboots().slice(before)).toMatchObject([{ vm: 'web1', operation: last?.operation, ofProject: 'shop' }]);
  const { body } = await people.call<Page<AuditEntry>>('/api/v1/audit?limit=20');
  expect(body.items.find(({ from }) => from === 'schedule nightly')).toMatchObject({
    who: { kind: 'user', name: 'ed' }, action: 'POST /api/v1/vms/:vm/reboot', status: 202,
    asked: { schedule: 'nightly', owner: 'ed', dueAt: last?.dueAt },
  });
});

test('several APIs that look at once do it once, as one operation', async () => {
  const { app } = people.cluster.api;
  const [database, view, power] = [app.get(Database), app.get(ClusterView), app.get(VmPower)];
  const names = Array.from({ length: 12 }, (_, n) => `s${n}`);
  for (const name of names) expect((await create({ ...nightly, name })).status).toBe(201);
  const before = reboots().length;
  await sql('UPDATE schedules SET next_at = $1', [new Date(Date.now() - 1000)]);
  const runners = names.map(() => new ScheduleRunner(database, new Schedules(database), view, power));
  await Promise.all(runners.map((runner) => runner.round()));
  const rows = (): Promise<{ id: string; due: Date; operation: string }[]> =>
    sql('SELECT id, last_due_at AS due, last_operation AS operation FROM schedules WHERE last_outcome = $1', ['begun']);
  while ((await rows()).length < names.length) await sleep(50);
  expect(reboots()).toHaveLength(before + names.length);
  for (const { id, due, operation } of await rows()) expect(operation).toBe(operationOfDue(id, due));
});

test('after a time without any API it is done once if it is not too late, and else noted as missed', async () => {
  await create({ ...nightly, name: 'late', cron: '* * * * *', graceMinutes: 30 });
  await create({ ...nightly, name: 'too-late', graceMinutes: 15 });
  const before = reboots().length;
  const late = await cameDue('late', 20 * 60_000);
  expect(late.last?.outcome).toBe('begun');
  expect(Date.parse(late.nextAt ?? '')).toBeGreaterThan(Date.now() - 60_000);
  const { last, nextAt } = await cameDue('too-late', 20 * 60_000);
  expect(last).toMatchObject({ outcome: 'missed', detail: 'it could not be done within 15 minutes', operation: null });
  expect(nextAt).not.toBeNull();
  expect(reboots()).toHaveLength(before + 1);
});

test('an owner who was deleted, or may not do it any more, has nothing done', async () => {
  const gone = await people.user('gone', { role: 'editor', project: 'shop' });
  const demoted = await people.user('demoted', { role: 'editor', project: 'shop' });
  expect((await create({ ...nightly, name: 'of-gone' }, gone)).status).toBe(201);
  expect((await create({ ...nightly, name: 'of-demoted' }, demoted)).status).toBe(201);
  expect((await people.call('/api/v1/users/gone', { method: 'DELETE' })).status).toBe(200);
  await sql(`DELETE FROM role_grants WHERE account_id = (SELECT id FROM accounts WHERE name = 'demoted')`);
  const before = reboots().length;
  expect((await cameDue('of-gone', 1000)).last).toMatchObject({
    outcome: 'refused', detail: 'its owner gone is no user here any more',
  });
  expect((await cameDue('of-demoted', 1000)).last?.outcome).toBe('refused');
  expect(reboots()).toHaveLength(before);
});

test('another VM that came to have the name is left alone', async () => {
  expect((await create(nightly)).status).toBe(201);
  await sql(`UPDATE schedules SET vm_uid = 'of-one-before'`);
  expect((await cameDue('nightly', 1000)).last).toMatchObject({
    outcome: 'refused', detail: 'web1 is another VM than the one that was meant',
  });
});

test('a VM that is renamed is meant still, and shown with the name that it has now', async () => {
  const { scheduler } = people.cluster;
  const body = { name: 'early1', cpus: 1, memoryMiB: 64, project: 'shop' };
  expect((await people.call('/api/v1/vms', { body })).status).toBe(202);
  expect((await create({ ...nightly, vm: 'early1' }, editor)).status).toBe(201);
  await scheduler.beginRename('early1', 'later1');
  await scheduler.endRename('early1', 'later1');
  // Another one that has the old name by now has no part in it.
  expect((await people.call('/api/v1/vms', { body })).status).toBe(202);
  const named = async (vm: string): Promise<string[]> => {
    const path = `/api/v1/schedules?filter=vm=${vm}`;
    const { body: { items } } = await people.call<Page<ScheduleView>>(path, { token: editor });
    return items.map(({ name }) => name);
  };
  while ((await named('later1')).length === 0) await sleep(20);
  expect(await named('early1')).toEqual([]);
  const before = reboots().length;
  expect(await cameDue('nightly', 1000)).toMatchObject({ vm: 'later1', last: { outcome: 'begun', detail: '' } });
  expect(reboots().slice(before)).toMatchObject([{ vm: 'later1', ofProject: 'shop' }]);
  expect((await people.call('/api/v1/schedules/nightly', { method: 'DELETE', token: editor })).status).toBe(200);
});

test('what is due while a VM has both names waits until it has one', async () => {
  const { scheduler, api: { app } } = people.cluster;
  const [database, view, power] = [app.get(Database), app.get(ClusterView), app.get(VmPower)];
  expect((await people.call('/api/v1/vms', { body: { name: 'both1', cpus: 1, memoryMiB: 64 } })).status).toBe(202);
  await scheduler.beginRename('both1', 'both2');
  while (view.vm('both2') === null) await sleep(20);
  expect((await create({ ...nightly, vm: 'both1' })).status).toBe(201);
  await sql('UPDATE schedules SET next_at = $1', [new Date(Date.now() - 1000)]);
  const before = reboots().length;
  await new ScheduleRunner(database, new Schedules(database), view, power).round();
  expect(reboots()).toHaveLength(before);
  await scheduler.endRename('both1', 'both2');
  while (view.vms.value('both1') !== null) await sleep(20);
  await sql('UPDATE schedules SET claimed_until = NULL');
  while (reboots().length === before) await sleep(50);
  expect(reboots().slice(before)).toMatchObject([{ vm: 'both2' }]);
});

test('of another project nothing is seen, made or deleted', async () => {
  expect((await create({ ...nightly, vm: 'db1' })).status).toBe(201);
  const list = await people.call<Page<ScheduleView>>('/api/v1/schedules', { token: editor });
  expect(list.body.items).toEqual([]);
  for (const method of ['GET', 'DELETE']) {
    expect(await people.status('/api/v1/schedules/nightly', editor, method)).toBe(404);
  }
  expect((await create({ ...nightly, name: 'mine', vm: 'db1' }, editor)).status).toBe(404);
  const viewer = await people.user('vic', { role: 'viewer', project: 'bank' });
  expect(await people.status('/api/v1/schedules/nightly', viewer)).toBe(200);
  expect(await people.status('/api/v1/schedules/nightly', viewer, 'DELETE')).toBe(403);
});

test.each([
  [{ cron: 'soon' }, 'cron'],
  [{ cron: '0 0 30 2 *' }, 'cron'],
  [{ cron: undefined }, 'at'],
  [{ at: '2020-01-01T00:00:00Z', cron: undefined }, 'at'],
  [{ timeZone: 'Mars/Olympus' }, 'timeZone'],
  [{ action: 'explode' }, 'action'],
  [{ action: 'start', force: true }, 'force'],
])('%j is refused', async (change, field) => {
  const { status, body } = await people.call('/api/v1/schedules', { body: { ...nightly, ...change } });
  expect([status, body.field]).toEqual([400, field]);
  expect(body.remedy).toEqual(expect.any(String));
});

import { MemoryBroker } from '@holdfast/bus';
import type { CloudEvent } from '@holdfast/contracts';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { HistoryWriter } from '../history/history-writer.js';
import type { Database } from '../persistence/database.js';
import { usageEvents } from '../persistence/migrations/0003-usage.js';
import { TestPostgres } from '../persistence/testing/postgres.js';
import { spanOfMonth, usageWithin } from './usage-query.js';
import { usageVerbs } from './usage.js';

const hourMs = 3_600_000;
const startMs = Date.parse('2026-01-31T20:00:00Z');
let postgres: TestPostgres;
let database: Database;

beforeAll(async () => {
  postgres = await TestPostgres.begin();
  database = await postgres.database();
});
afterAll(async () => {
  await database.close();
  await postgres.end();
});

function eventOf(number: number, hour: number, verb: string): CloudEvent {
  const atMs = startMs + hour * hourMs;
  const size: Record<string, number> = verb === 'requested' ? { cpus: 2, memoryMiB: 512, disksMiB: 4096 } : {};
  return {
    specversion: '1.0',
    id: `one.vm.uid-1.${number}`,
    source: '/holdfast/scheduler',
    type: `io.holdfast.vm.${verb}.v1`,
    subject: 'web1',
    project: 'shop',
    time: new Date(atMs).toISOString(),
    datacontenttype: 'application/json',
    data: { text: verb, atMs, operation: null, incident: null, ...size },
  };
}

it('a VM that failed over at midnight is counted in both months, once', async () => {
  const broker = new MemoryBroker();
  const writer = new HistoryWriter(broker.connect({ service: 'api', node: 'c1' }), database, { incarnation: 'one' });
  const scheduler = broker.connect({ service: 'scheduler', node: 'c1' });
  const told: [hour: number, verb: string][] = [
    [0, 'requested'], [1, 'started'], [3, 'recovering'], [4, 'placed'], [5, 'started'], [7, 'migrated'], [9, 'halted'],
  ];
  for (const [index, [hour, verb]] of told.entries()) {
    await scheduler.publishEvent(`evt.v1.vm.web1.${verb}`, eventOf(index + 1, hour, verb));
  }
  writer.start();
  const nowMs = startMs + 20 * hourMs;
  const usage = (month: string): ReturnType<typeof usageWithin> =>
    usageWithin(database, spanOfMonth(month, nowMs), new Map([['uid-1', 'web1']]));
  while ((await usage('2026-02'))[0]?.runningHours !== 4) await sleep(50);
  await writer.close();
  const vm = { vm: 'web1', uid: 'uid-1', project: 'shop' };
  expect(await usage('2026-01')).toEqual([
    { ...vm, runningHours: 2, vcpuHours: 4, memoryGiBHours: 1, diskGiBHours: 16 },
  ]);
  expect(await usage('2026-02')).toEqual([
    { ...vm, runningHours: 4, vcpuHours: 8, memoryGiBHours: 2, diskGiBHours: 64 },
  ]);
  expect(await usage('2025-12')).toEqual([]);
});

it('the index of the database holds the events that are counted from', () => {
  const named = [...usageEvents.matchAll(/'([a-z-]+)'/g)].map(([, verb]) => verb);
  expect(named.filter((verb) => verb !== 'vm').sort()).toEqual([...usageVerbs].sort());
});

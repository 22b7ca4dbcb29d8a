import { MemoryBroker, type MemoryBus } from '@holdfast/bus';
import type { CloudEvent } from '@holdfast/contracts';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../persistence/database.js';
import { TestPostgres, untilState } from '../persistence/testing/postgres.js';
import { historyQuerySchema, pageOfHistory } from './history-query.js';
import { HistoryWriter } from './history-writer.js';
import { forget } from './retention.js';

const startMs = Date.parse('2026-01-31T12:00:00Z');
let postgres: TestPostgres;
let database: Database;
let scheduler: MemoryBus;
let api: MemoryBus;
const writers: HistoryWriter[] = [];

beforeAll(async () => {
  postgres = await TestPostgres.begin();
});
afterAll(() => postgres.end());
beforeEach(async () => {
  database = await postgres.database();
  const broker = new MemoryBroker();
  scheduler = broker.connect({ service: 'scheduler', node: 'control1' });
  api = broker.connect({ service: 'api', node: 'control1' });
});
afterEach(async () => {
  for (const writer of writers.splice(0)) await writer.close();
  await database.close();
});

function write(to = database, incarnation = 'test'): HistoryWriter {
  const writer = new HistoryWriter(api, to, { incarnation });
  writers.push(writer);
  writer.start();
  return writer;
}

function eventOf(number: number, vm = 'web1', verb = 'started', text = `number ${number}`): CloudEvent {
  const atMs = startMs + number * 60_000;
  return {
    specversion: '1.0',
    id: `test.vm.${vm}.${number}`,
    source: '/holdfast/scheduler',
    type: `io.holdfast.vm.${verb}.v1`,
    subject: vm,
    time: new Date(atMs).toISOString(),
    datacontenttype: 'application/json',
    data: { text, atMs, operation: null, incident: null },
  };
}

async function publish(...events: CloudEvent[]): Promise<void> {
  for (const event of events) {
    await scheduler.publishEvent(`evt.v1.vm.${event.subject}.${event.type.split('.')[3]}`, event);
  }
}

async function kept(query: object = {}): Promise<string[]> {
  const page = await pageOfHistory(database, historyQuerySchema.parse({ sort: 'time', limit: 500, ...query }), null);
  return page.items.map(({ event }) => event.id);
}

async function untilKept(count: number): Promise<void> {
  const deadlineMs = Date.now() + 30_000;
  while ((await kept()).length < count) {
    if (Date.now() > deadlineMs) throw new Error(`${(await kept()).length} of ${count} events are kept`);
    await sleep(50);
  }
}

async function untilCopied(incarnation: string, sequence: number): Promise<void> {
  const text = 'SELECT 1 FROM history_position WHERE incarnation = $1 AND sequence = $2';
  while ((await database.use((manager) => manager.query<object[]>(text, [incarnation, sequence]))).length === 0) {
    await sleep(20);
  }
}

const numbers = (count: number, from = 1): number[] => Array.from({ length: count }, (_, index) => from + index);

describe('history', () => {
  it('keeps each event of the stream once and in its order, also those from before it began', async () => {
    await publish(...numbers(30).map((number) => eventOf(number)));
    write();
    await untilKept(30);
    await publish(...numbers(20, 31).map((number) => eventOf(number)));
    await untilKept(50);
    expect(await kept()).toEqual(numbers(50).map((number) => eventOf(number).id));
  });

  it('catches up after the database was away, none twice and none missing', async () => {
    write();
    await publish(...numbers(10).map((number) => eventOf(number)));
    await untilKept(10);
    await postgres.kill();
    await publish(...numbers(300, 11).map((number) => eventOf(number)));
    await untilState(database, 'away');
    await sleep(300);
    await postgres.start();
    await untilState(database, 'up');
    await untilKept(310);
    expect(await kept()).toEqual(numbers(310).map((number) => eventOf(number).id));
  });

  it('is written once by several replicas, one of which ends half-way', async () => {
    const first = write();
    write();
    write();
    await publish(...numbers(100).map((number) => eventOf(number)));
    await first.close();
    await publish(...numbers(100, 101).map((number) => eventOf(number)));
    await untilKept(200);
    expect(await kept()).toEqual(numbers(200).map((number) => eventOf(number).id));
  });

  it('keeps an event once that is read again from another stream', async () => {
    await write().close();
    await publish(eventOf(1), eventOf(2));
    write();
    await untilKept(2);
    write(database, 'another');
    await publish(eventOf(3));
    await untilKept(3);
    await untilCopied('another', 3);
    expect(await kept()).toEqual([1, 2, 3].map((number) => eventOf(number).id));
  });

  it('reads again from the stream what was too much to wait in memory', async () => {
    const count = 6000;
    for (const number of numbers(count)) await publish(eventOf(number));
    write();
    const last = eventOf(count).id;
    while ((await kept({ sort: '-time', limit: 1 }))[0] !== last) await sleep(50);
    const text = 'SELECT count(*)::int AS count FROM event_history';
    expect(await database.use((manager) => manager.query(text))).toEqual([{ count }]);
  });

  it('keeps what no database would take as it is, and what comes after', async () => {
    write();
    await publish(eventOf(1, 'web1', 'started', 'no\0 character \ud800 at all'), eventOf(2));
    await untilKept(2);
    const { items } = await pageOfHistory(database, historyQuerySchema.parse({ sort: 'time' }), null);
    expect(items[0]?.event.data.text).toBe('no\ufffd character \ufffd at all');
  });

  it('is found by noun, record, verb and time, page by page in either order', async () => {
    write();
    const events = numbers(12).map((number) =>
      eventOf(number, number % 3 === 0 ? 'db1' : 'web1', number % 2 === 0 ? 'stopped' : 'started'));
    await publish(...events);
    await untilKept(12);
    const ids = (wanted: (number: number) => boolean): string[] =>
      events.filter((_, index) => wanted(index + 1)).map(({ id }) => id);
    expect(await kept({ filter: 'vm.db1' })).toEqual(ids((number) => number % 3 === 0));
    expect(await kept({ filter: 'evt.v1.vm.*.stopped' })).toEqual(ids((number) => number % 2 === 0));
    expect(await kept({ filter: 'host' })).toEqual([]);
    const from = eventOf(4).time;
    expect(await kept({ from, until: eventOf(6).time })).toEqual(ids((number) => number === 4 || number === 5));
    const backwards: string[] = [];
    for (let after: string | null | undefined; after !== null;) {
      const query = { limit: 5, ...(after !== undefined && { after }) };
      const page = await pageOfHistory(database, historyQuerySchema.parse(query), null);
      backwards.push(...page.items.map(({ event }) => event.id));
      after = page.next;
    }
    expect(backwards).toEqual(ids(() => true).reverse());
  });

  it('forgets what is older, or more, than it is to keep', async () => {
    write();
    await publish(...numbers(20).map((number) => eventOf(number, 'web1', number === 1 ? 'started' : 'settled')));
    await untilKept(20);
    const dayMs = 86_400_000;
    const keep = (days: number, maxEvents: number): Promise<boolean> =>
      database.use((manager) => forget(manager, { days, maxEvents }, startMs + dayMs + 5 * 60_000));
    expect(await keep(1, 1000)).toBe(true);
    // Usage is counted from when it started.
    expect(await kept()).toEqual([1, ...numbers(16, 5)].map((number) => eventOf(number).id));
    expect(await keep(1, 3)).toBe(true);
    expect(await kept()).toEqual(numbers(3, 18).map((number) => eventOf(number).id));
  });
});

import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Problem } from '../http/problem.js';
import { Database, type DatabaseOptions } from './database.js';
import type { Migration } from './migrations/migration.js';
import { migrations } from './migrations/index.js';
import { TestPostgres, untilState } from './testing/postgres.js';

let postgres: TestPostgres;
const opened: Database[] = [];
const logged: string[] = [];
const log = { info: (text: string) => logged.push(text), warn: (text: string) => logged.push(text) };

beforeAll(async () => {
  postgres = await TestPostgres.begin();
});
afterEach(async () => {
  for (const database of opened.splice(0)) await database.close();
});
afterAll(() => postgres.end());

function open(url: string | null, more: Partial<DatabaseOptions> = {}): Database {
  const database = new Database({ url, log, ...more });
  opened.push(database);
  database.start();
  return database;
}

async function openNew(more: Partial<DatabaseOptions> = {}): Promise<Database> {
  const database = open(await postgres.createDatabase(), more);
  await untilState(database, 'up');
  return database;
}

async function one(database: Database): Promise<unknown> {
  return database.use((manager) => manager.query('SELECT 1 AS one'));
}

async function refusalOf(work: Promise<unknown>): Promise<Problem> {
  const error = await work.then(() => null, (thrown: unknown) => thrown);
  if (error instanceof Problem) return error;
  throw new Error(`not refused: ${String(error)}`);
}

describe('a database', () => {
  it('that is away is no reason to wait for, and is used once it comes', async () => {
    const url = await postgres.createDatabase();
    await postgres.kill();
    const database = open(url);
    const problem = await refusalOf(one(database));
    expect(problem.status).toBe(503);
    expect(problem.headers['Retry-After']).toMatch(/^\d+$/);
    expect(problem.message).toContain('needs the database');
    await untilState(database, 'away');
    await postgres.start();
    await untilState(database, 'up');
    expect(await one(database)).toEqual([{ one: 1 }]);
  });

  it('killed under load answers 503 to each, and is used again when it is back', async () => {
    const database = await openNew();
    const answers: unknown[] = [];
    let done = false;
    const load = Array.from({ length: 20 }, async () => {
      while (!done) {
        answers.push(await one(database).then(() => 200, (error: unknown) =>
          error instanceof Problem ? error.status : error));
        await sleep(5);
      }
    });
    await sleep(200);
    await postgres.kill();
    await untilState(database, 'away');
    await sleep(200);
    const before = answers.length;
    await postgres.start();
    await untilState(database, 'up');
    await sleep(200);
    done = true;
    await Promise.all(load);
    expect(new Set(answers)).toEqual(new Set([200, 503]));
    expect(answers.slice(before)).toContain(200);
  });

  it('that answers nothing any more is given up within seconds, and found again', async () => {
    const database = await openNew();
    postgres.freeze();
    const problem = await refusalOf(one(database));
    expect(problem.status).toBe(503);
    await untilState(database, 'away');
    postgres.thaw();
    await untilState(database, 'up');
    expect(await one(database)).toEqual([{ one: 1 }]);
  });

  it('refuses what takes too long, or finds no connection free, and goes on with the rest', async () => {
    const changes: boolean[] = [];
    const database = await openNew({ connections: 2, onChange: (up) => changes.push(up) });
    const slow = [1, 2].map(() => refusalOf(database.use((manager) => manager.query('SELECT pg_sleep(60)'))));
    await sleep(100);
    expect((await refusalOf(one(database))).message).toContain('in time');
    for (const problem of await Promise.all(slow)) expect(problem.message).toContain('in time');
    // Longer than it takes to find out that a database is away.
    await Promise.all([1, 2].map(() => refusalOf(database.use((manager) => manager.query('SELECT pg_sleep(60)')))));
    expect(changes).toEqual([true]);
    await untilState(database, 'up');
    expect(await one(database)).toEqual([{ one: 1 }]);
  });

  it('passes on what is wrong with a question, and takes back a transaction that failed', async () => {
    const database = await openNew();
    await database.use((manager) => manager.query('CREATE TABLE note (text text UNIQUE)'));
    const insert = (text: string): Promise<void> => database.transaction(async (manager) => {
      await manager.query('INSERT INTO note VALUES ($1)', [text]);
      await manager.query('INSERT INTO note VALUES ($1)', ['taken']);
    });
    await insert('first');
    await expect(insert('second')).rejects.toMatchObject({ code: '23505' });
    const notes = await database.use((manager) => manager.query('SELECT text FROM note ORDER BY text'));
    expect(notes).toEqual([{ text: 'first' }, { text: 'taken' }]);
  });

  it('that nobody configured says so', async () => {
    const database = open(null);
    expect(database.status).toEqual({ state: 'not-configured', detail: null });
    expect((await refusalOf(one(database))).message).toContain('not configured');
  });

  it('has its password in no message and no log line', async () => {
    const url = (await postgres.createDatabase()).replace(/:[^:@]*@/, ':a-wrong-password@');
    const database = open(url);
    const before = logged.length;
    await untilLogged(before);
    const problem = await refusalOf(one(database));
    const told = JSON.stringify([database.status, problem.message, problem.more, logged]);
    expect(logged.slice(before).join()).toContain('password authentication failed');
    expect(told).not.toContain('a-wrong-password');
  });
});

async function untilLogged(count: number): Promise<void> {
  while (logged.length <= count) await sleep(20);
}

describe('migrations', () => {
  it('run once when two replicas start at once', async () => {
    const url = await postgres.createDatabase();
    let runs = 0;
    const slow: Migration = {
      number: 1,
      name: 'slow',
      up: async (manager) => {
        runs += 1;
        await manager.query('SELECT pg_sleep(0.3)');
        await manager.query('CREATE TABLE made_once (id integer)');
      },
      down: async (manager) => {
        await manager.query('DROP TABLE made_once');
      },
    };
    const replicas = [1, 2, 3].map(() => open(url, { migrations: [slow] }));
    for (const replica of replicas) await untilState(replica, 'up');
    expect(runs).toBe(1);
  });

  it('refuse a schema that is newer than the program', async () => {
    const url = await postgres.createDatabase();
    const next: Migration = {
      number: migrations.length + 1,
      name: 'of-tomorrow',
      up: () => Promise.resolve(),
      down: () => Promise.resolve(),
    };
    const newer = open(url, { migrations: [...migrations, next] });
    await untilState(newer, 'up');
    const older = open(url);
    await untilLogged(logged.length);
    expect(older.status.detail).toContain(`version ${next.number}`);
    expect((await refusalOf(one(older))).message).toContain('run the newer version');
  });

  it('are numbered from 1 on without gaps, and undo one after another what they did', async () => {
    expect(migrations.map(({ number }) => number)).toEqual(migrations.map((_, index) => index + 1));
    const database = await openNew();
    const after = await schemaOf(database);
    for (const migration of [...migrations].reverse()) await database.transaction((manager) => migration.down(manager));
    expect(await schemaOf(database)).toEqual(['schema_migrations.applied_at', 'schema_migrations.name',
      'schema_migrations.number']);
    for (const migration of migrations) await database.transaction((manager) => migration.up(manager));
    expect(await schemaOf(database)).toEqual(after);
  });
});

async function schemaOf(database: Database): Promise<string[]> {
  const rows = await database.use((manager) => manager.query<{ column: string }[]>(
    `SELECT table_name || '.' || column_name AS column FROM information_schema.columns
     WHERE table_schema = 'public' ORDER BY 1`));
  return rows.map(({ column }) => column);
}

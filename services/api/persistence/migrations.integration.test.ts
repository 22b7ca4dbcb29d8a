import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { migrate } from './migrate.js';
import { migrations } from './migrations/index.js';
import { TestPostgres } from './testing/postgres.js';
import { forgotten, rows } from './testing/rows.js';

/** Any of these may have been somebody's release: from each, what is in it comes along, and back again. */
const newest = migrations.length;
let postgres: TestPostgres;

beforeAll(async () => {
  postgres = await TestPostgres.begin();
});
afterAll(() => postgres.end());

/** Each table's rows, as text without order. */
type Contents = Record<string, string[]>;

/** Of these columns alone, if given: a later version may have more. */
async function contentsOf(source: DataSource, columns?: Map<string, string[]>): Promise<Contents> {
  const contents: Contents = {};
  for (const [table, names] of columns ?? await columnsOf(source)) {
    const list = names.map((name) => `"${name}"`).join(', ');
    const found = await source.query<{ row: string }[]>(
      `SELECT row_to_json(t)::text AS row FROM (SELECT ${list} FROM "${table}") t ORDER BY 1`);
    contents[table] = found.map(({ row }) => row);
  }
  return contents;
}

async function columnsOf(source: DataSource): Promise<Map<string, string[]>> {
  const found = await source.query<{ name: string; columns: string[] }[]>(
    `SELECT table_name AS name, array_agg(column_name::text ORDER BY ordinal_position) AS columns
     FROM information_schema.columns
     WHERE table_schema = 'public' AND table_name <> 'schema_migrations' GROUP BY 1 ORDER BY 1`);
  return new Map(found.map(({ name, columns }) => [name, columns]));
}

/** What of `before` is there, without what a later migration forgets. */
function kept(before: Contents, after: Contents, from: number): Contents {
  const lost = Object.entries(forgotten).flatMap(([number, tables]) => (Number(number) > from ? tables : []));
  return Object.fromEntries(Object.entries(before).filter(([table]) => !lost.includes(table)).map(([table, all]) =>
    [table, (after[table] ?? []).filter((row) => all.includes(row))]));
}

describe.each(migrations)('a database that stopped at version $number, $name,', ({ number: from }) => {
  it('keeps every row up to the newest version, and back', async () => {
    const source = await new DataSource({ type: 'postgres', url: await postgres.createDatabase() }).initialize();
    try {
      for (let number = 1; number <= from; number += 1) {
        await migrate(source, migrations, number);
        await source.query(rows[number] ?? 'SELECT');
      }
      const columns = await columnsOf(source);
      const before = await contentsOf(source);
      expect(Object.entries(before).filter(([, all]) => all.length === 0)).toEqual([]);
      await migrate(source, migrations);
      const staying = kept(before, before, from);
      expect(kept(before, await contentsOf(source, columns), from)).toEqual(staying);
      await migrate(source, migrations, from);
      expect(await columnsOf(source)).toEqual(columns);
      expect(kept(before, await contentsOf(source), from)).toEqual(staying);
    } finally {
      await source.destroy();
    }
  });
});

it('names rows of no version that is not', () => {
  expect([...Object.keys(rows), ...Object.keys(forgotten)].filter((number) => Number(number) > newest)).toEqual([]);
});

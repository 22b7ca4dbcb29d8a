import type { DataSource, EntityManager } from 'typeorm';
import { DatabaseError } from './failure.js';
import type { Migration } from './migrations/migration.js';

/** Of our own among the advisory locks of a database: whoever changes its schema holds it. */
const schemaLock = 4_865_432_001;
const leastServerVersion = 150_000;
export const migrateWithinMs = 300_000;

/**
 * Brings the schema to the newest of these migrations, or to `target`, all of it or nothing. Replicas that start
 * at once wait for each other.
 * @param source whose connections have no shorter timeout of their own for a query.
 * @throws DatabaseError for a server that is too old, or a schema that is newer than this program.
 */
export async function migrate(
  source: DataSource, migrations: readonly Migration[], target = migrations.length,
): Promise<void> {
  await refuseOldServer(source.manager);
  await source.transaction(async (manager) => {
    await manager.query(`SET LOCAL statement_timeout = ${migrateWithinMs}`);
    await manager.query(`SET LOCAL lock_timeout = ${migrateWithinMs}`);
    // Released with the transaction, so also by a replica that dies.
    await manager.query('SELECT pg_advisory_xact_lock($1)', [schemaLock]);
    await manager.query(`CREATE TABLE IF NOT EXISTS schema_migrations (
      number integer PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`);
    const at = await schemaVersion(manager);
    if (at > migrations.length) {
      throw new DatabaseError(`the database's schema is version ${at}, and this program knows ${migrations.length} `
        + 'only; remedy: run the newer version, or restore a backup from before it');
    }
    for (const migration of migrations.slice(at, target)) {
      await migration.up(manager);
      await manager.query('INSERT INTO schema_migrations (number, name) VALUES ($1, $2)',
        [migration.number, migration.name]);
    }
    for (const migration of migrations.slice(target, at).reverse()) {
      await migration.down(manager);
      await manager.query('DELETE FROM schema_migrations WHERE number = $1', [migration.number]);
    }
  });
}

async function schemaVersion(manager: EntityManager): Promise<number> {
  const rows = await manager.query<{ at: number | null }[]>('SELECT max(number) AS at FROM schema_migrations');
  return rows[0]?.at ?? 0;
}

async function refuseOldServer(manager: EntityManager): Promise<void> {
  const rows = await manager.query<{ server_version_num: string }[]>('SHOW server_version_num');
  const version = Number(rows[0]?.server_version_num ?? 0);
  if (version >= leastServerVersion) return;
  throw new DatabaseError(`the database is PostgreSQL ${Math.floor(version / 10_000)}; remedy: give it 15 or newer, `
    + 'or leave HOLDFAST_DATABASE_URL out for the one that comes along');
}

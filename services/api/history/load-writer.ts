import type { Bus } from '@holdfast/bus';
import { loadSummaries, type LoadSummary } from '@holdfast/contracts';
import type { EntityManager } from 'typeorm';
import type { Database } from '../persistence/database.js';
import { storable, StreamCopy } from './stream-copy.js';

const keptDays = 90;
const dayMs = 86_400_000;
/** At a time, so that no statement takes long. */
const forgetAtOnce = 5000;

/** Copies the summaries of loads into the database. Of two of the same host and time the fuller one is kept. */
export class LoadWriter extends StreamCopy<LoadSummary> {
  constructor(bus: Bus, database: Database, { incarnation }: { incarnation: string }) {
    super({
      name: 'load history',
      positions: 'load_position',
      follow: (since, onMessage) => bus.follow(loadSummaries, { since, onMessage }),
      keep,
      forget: (manager) => forgetLoads(manager, Date.now()),
    }, database, incarnation);
  }
}

async function keep(manager: EntityManager, summaries: readonly LoadSummary[]): Promise<void> {
  await manager.query(
    `INSERT INTO load_history (host, at_ms, samples, machine, vms)
     SELECT DISTINCT ON (host, at_ms) row->>'host' AS host, (row->>'atMs')::bigint AS at_ms,
       (row->>'samples')::integer AS samples, row->'machine', row->'vms'
     FROM jsonb_array_elements($1::jsonb) AS rows (row) ORDER BY host, at_ms, samples DESC
     ON CONFLICT (host, at_ms) DO UPDATE
       SET samples = excluded.samples, machine = excluded.machine, vms = excluded.vms
       WHERE excluded.samples > load_history.samples`,
    [storable(summaries)]);
}

export async function forgetLoads(manager: EntityManager, nowMs: number): Promise<boolean> {
  const [, count] = await manager.query<[unknown[], number]>(
    `DELETE FROM load_history WHERE (host, at_ms) IN (
       SELECT host, at_ms FROM load_history WHERE at_ms < $1 ORDER BY at_ms LIMIT $2)`,
    [nowMs - keptDays * dayMs, forgetAtOnce]);
  return count < forgetAtOnce;
}

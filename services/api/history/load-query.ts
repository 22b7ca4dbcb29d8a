import type { HostLoadView, Page, VmLoadView } from '@holdfast/client';
import { loadSummaryMs } from '@holdfast/contracts';
import type { EntityManager } from 'typeorm';
import { z } from 'zod';
import { listQueryShape } from '../http/list.js';
import { Problem } from '../http/problem.js';
import type { Database } from '../persistence/database.js';
import { historyQuerySchema } from './history-query.js';

const { from, until } = historyQuerySchema.shape;

export const loadQuerySchema = z.strictObject({
  limit: listQueryShape.limit,
  after: listQueryShape.after,
  from,
  until,
});
export type LoadQuery = z.infer<typeof loadQuerySchema>;

interface Row<Figures> {
  host: string;
  /** A bigint, which the driver gives as text. */
  at_ms: string;
  figures: Figures;
}
type Summary<Figures> = Figures & { host: string; atMs: number; forMs: number };

/** What a host used, the newest first. */
export function loadsOfHost(database: Database, host: string, query: LoadQuery): Promise<Page<HostLoadView>> {
  return pageOfLoads<Pick<HostLoadView, 'samples' | 'machine'>>(database, query, `
    SELECT host, at_ms, jsonb_build_object('samples', samples, 'machine', machine) AS figures
    FROM load_history WHERE host = $1`, host);
}

/** What a VM used, wherever it ran, the newest first. */
export function loadsOfVm(database: Database, uid: string, query: LoadQuery): Promise<Page<VmLoadView>> {
  return pageOfLoads<Pick<VmLoadView, 'samples' | 'used' | 'waited'>>(database, query, `
    SELECT host, at_ms, vms->$1 AS figures FROM load_history WHERE vms ? $1`, uid);
}

async function pageOfLoads<Figures>(
  database: Database, { limit, after, from, until }: LoadQuery, select: string, subject: string,
): Promise<Page<Summary<Figures>>> {
  const [beforeMs, beforeHost] = after === undefined ? [null, ''] : placeOf(after);
  const rows = await database.use((manager: EntityManager) => manager.query<Row<Figures>[]>(
    `${select} AND ($2::bigint IS NULL OR (at_ms, host) < ($2, $3))
       AND at_ms >= $4 AND at_ms < $5 ORDER BY at_ms DESC, host DESC LIMIT $6`,
    [subject, beforeMs, beforeHost, momentMs(from, 0), momentMs(until, Date.now()), limit + 1]));
  const shown = rows.slice(0, limit);
  const last = rows.length > limit ? shown.at(-1) : undefined;
  return {
    items: shown.map(({ host, at_ms, figures }) =>
      ({ ...figures, host, atMs: Number(at_ms), forMs: loadSummaryMs })),
    next: last === undefined ? null : Buffer.from(`${last.at_ms} ${last.host}`).toString('base64url'),
  };
}

function momentMs(moment: string | undefined, otherwiseMs: number): number {
  return moment === undefined ? otherwiseMs : Date.parse(moment);
}

function placeOf(cursor: string): [string, string] {
  const [, atMs, host] = /^(\d{1,15}) ([a-z0-9-]{1,128})$/.exec(Buffer.from(cursor, 'base64url').toString()) ?? [];
  if (atMs !== undefined && host !== undefined) return [atMs, host];
  throw new Problem('invalid', 'after: this is no cursor', {
    field: 'after',
    remedy: 'give the `next` of the page before',
  });
}

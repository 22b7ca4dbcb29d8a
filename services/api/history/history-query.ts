import type { HistoryEntry, Page } from '@holdfast/client';
import { z } from 'zod';
import { eventsQuerySchema } from '../http/events.controller.js';
import { listQueryShape } from '../http/list.js';
import { Problem } from '../http/problem.js';
import type { Database } from '../persistence/database.js';
import { projectOfRow } from '../persistence/migrations/0008-projects.js';
import type { HistoryRow } from '../persistence/history-entity.js';

export const momentSchema = z.iso.datetime({ offset: true, message: 'give a moment such as 2026-01-31T12:00:00Z' });

export const historyQuerySchema = z.strictObject({
  limit: listQueryShape.limit,
  after: listQueryShape.after,
  sort: z.enum(['time', '-time'], 'give `time`, or `-time` for the newest first').default('-time'),
  filter: eventsQuerySchema.shape.filter,
  from: momentSchema.optional(),
  until: momentSchema.optional(),
});
export type HistoryQuery = z.infer<typeof historyQuerySchema>;

/** One page of what happened, in the order of the stream; `projects` null: whatever it is about. */
export async function pageOfHistory(
  database: Database, query: HistoryQuery, projects: readonly string[] | null,
): Promise<Page<HistoryEntry>> {
  const { limit, after, sort, filter, from, until } = query;
  const place = after === undefined ? null : placeOf(after, sort);
  const rows = await database.use((manager) => {
    const select = manager.createQueryBuilder<HistoryRow>('HistoryRow', 'row').limit(limit + 1)
      .orderBy('row.number', sort === 'time' ? 'ASC' : 'DESC');
    if (projects !== null) select.andWhere(`${projectOfRow} = ANY(:projects)`, { projects });
    if (place !== null) select.andWhere(`row.number ${sort === 'time' ? '>' : '<'} :place`, { place });
    if (from !== undefined) select.andWhere('row.at >= :from', { from });
    if (until !== undefined) select.andWhere('row.at < :until', { until });
    const [noun, record, verb] = (filter ?? '').replace(/^evt\.v1\./, '').split('.');
    for (const [column, wanted] of Object.entries({ noun, record, verb })) {
      if (isGiven(wanted)) select.andWhere(`row.${column} = :${column}`, { [column]: wanted });
    }
    return select.getMany();
  });
  const shown = rows.slice(0, limit);
  const last = rows.length > limit ? shown.at(-1) : undefined;
  return {
    items: shown.map(({ number, event }) => ({ number: Number(number), event })),
    next: last === undefined ? null : cursorOf(last.number, sort),
  };
}

function isGiven(token: string | undefined): boolean {
  return token !== undefined && token !== '' && token !== '*' && token !== '>';
}

function cursorOf(number: string, sort: string): string {
  return Buffer.from(`${sort} ${number}`).toString('base64url');
}

function placeOf(cursor: string, sort: string): string {
  const [, sorted, number] = /^(-?time) (\d{1,18})$/.exec(Buffer.from(cursor, 'base64url').toString()) ?? [];
  if (number !== undefined && sorted === sort) return number;
  throw new Problem('invalid', `after: this is ${number === undefined ? 'no cursor' : 'a cursor of another order'}`, {
    field: 'after',
    remedy: 'give the `next` of the page before, with the same `sort`',
  });
}

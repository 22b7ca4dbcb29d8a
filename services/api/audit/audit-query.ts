import type { AuditEntry, Page } from '@holdfast/client';
import { z } from 'zod';
import { momentSchema } from '../history/history-query.js';
import { conditionsOf, type Columns } from '../http/list-filter.js';
import { listQueryShape } from '../http/list.js';
import type { AuditLog } from './audit-log.js';

export const auditQuerySchema = z.strictObject({
  limit: listQueryShape.limit,
  after: z.string().regex(/^\d{1,15}$/, 'give the `next` of the page before').optional(),
  sort: z.enum(['time', '-time'], 'give `time`, or `-time` for the newest first').default('-time'),
  filter: listQueryShape.filter,
  from: momentSchema.optional(),
  until: momentSchema.optional(),
});

const columns: Columns<AuditEntry> = {
  who: { type: 'text', of: ({ who }) => who.name },
  kind: { type: 'text', of: ({ who }) => who.kind },
  from: { type: 'text', of: ({ from }) => from },
  action: { type: 'text', of: ({ action }) => action },
  path: { type: 'text', of: ({ path }) => path },
  status: { type: 'number', of: ({ status }) => status },
  requestId: { type: 'text', of: ({ requestId }) => requestId },
  traceId: { type: 'text', of: ({ traceId }) => traceId ?? null },
};

const batchSize = 1000;
/** Entries looked at for one page: what the filter leaves of them is the page, however few they are. */
const lookedAtMost = 10_000;

/** One page of the audit log; one that is not full, or is empty, is not the last while it has a `next`. */
export async function pageOfAudit(audit: AuditLog, query: z.infer<typeof auditQuerySchema>): Promise<Page<AuditEntry>> {
  const { limit, after, sort, filter = '', from, until } = query;
  const conditions = conditionsOf(columns, filter);
  const span = { from: msOf(from), until: msOf(until), isAscending: sort === 'time' };
  const items: AuditEntry[] = [];
  let place = after === undefined ? null : Number(after);
  for (let looked = 0; looked < lookedAtMost;) {
    const isFiltered = conditions.length > 0;
    const batch = await audit.read({ ...span, place, limit: isFiltered ? batchSize : limit + 1 });
    for (const entry of batch) {
      if (items.length === limit) return { items, next: String(place) };
      place = entry.seq;
      if (conditions.every((holds) => holds(entry))) items.push(entry);
    }
    looked += batch.length;
    if (batch.length < (isFiltered ? batchSize : limit + 1)) return { items, next: null };
  }
  return { items, next: String(place) };
}

function msOf(moment: string | undefined): number | null {
  return moment === undefined ? null : Date.parse(moment);
}

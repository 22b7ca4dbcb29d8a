import { createHash } from 'node:crypto';
import type { AuditEntry, AuditVerdict } from '@holdfast/client';
import type { EntityManager } from 'typeorm';
import type { Database } from '../persistence/database.js';
import { auditedAtMs } from '../persistence/migrations/0013-audit-time.js';
import { AnonymousAttempts } from './anonymous-attempts.js';

/** What is noted of a change, before it has its place in the chain. */
export type AuditBody = Omit<AuditEntry, 'seq' | 'hash'>;

/** Of our own among the advisory locks of a database: whoever adds to the chain holds it. */
const chainLock = 4_865_432_002;
const maxWaiting = 2000;
const maxBodyLength = 16_384;
const batchSize = 100;
const retryMs = 1000;
const verifyBatch = 1000;
/** The hash before the first entry. */
const noHash = '0'.repeat(64);

/** `from` on and before `until`, in ms since 1970; null: without that bound. */
export interface AuditSpan {
  readonly from: number | null;
  readonly until: number | null;
  readonly place: number | null;
  readonly isAscending: boolean;
  readonly limit: number;
}

interface Row {
  seq: string;
  body: string;
  hash: string;
}

export function hashOfEntry(before: string, seq: number, body: string): string {
  return createHash('sha256').update(`${before}\n${seq}\n${body}`).digest('hex');
}

/**
 * The audit log. What happens while the database is away waits in memory, bounded, and is written when it is back;
 * each entry is also a line of the API's log, so that it is not lost with the process.
 */
export class AuditLog {
  private readonly waiting: AuditBody[] = [];
  private readonly attempts = new AnonymousAttempts((body) => this.add(body));
  private lost = 0;
  private writing: Promise<void> | null = null;
  private retry: NodeJS.Timeout | undefined;

  constructor(
    private readonly database: Database,
    private readonly log: { info(fields: object, message: string): void },
  ) {}

  note(noted: AuditBody): void {
    const { who, status } = noted;
    if (who.kind === 'anonymous' && (status < 200 || status >= 300)) this.attempts.add(noted);
    else this.add(noted);
  }

  /** Everything noted so far is written, or waits for the database. */
  async flush(): Promise<void> {
    this.writing ??= this.write().finally(() => (this.writing = null));
    await this.writing;
  }

  /** Before the database is closed. */
  async close(): Promise<void> {
    this.attempts.end();
    await this.flush();
    clearTimeout(this.retry);
  }

  /** Entries of a span of time in their order, or the newest first; `place`: of the last one that is known. */
  async read({ from, until, place, isAscending, limit }: AuditSpan): Promise<AuditEntry[]> {
    const order = isAscending ? 'ASC' : 'DESC';
    const values: number[] = [limit];
    const conditions: string[] = [];
    const require = (what: string, value: number | null): void => {
      if (value !== null) conditions.push(`${what} $${values.push(value)}`);
    };
    require(`seq ${isAscending ? '>' : '<'}`, place);
    require(`${auditedAtMs} >=`, from);
    require(`${auditedAtMs} <`, until);
    const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
    const rows = await this.database.use((manager) =>
      manager.query<Row[]>(`SELECT * FROM audit_entries ${where} ORDER BY seq ${order} LIMIT $1`, values),
    );
    return rows.map(({ seq, body, hash }) => ({ ...(JSON.parse(body) as AuditBody), seq: Number(seq), hash }));
  }

  /** Follows the whole chain. `known` is the end of the chain as somebody noted it before: `SEQ:HASH`. */
  async verify(known: { seq: number; hash: string } | null): Promise<AuditVerdict> {
    let last = { seq: 0, hash: noHash };
    let isKnown = known === null;
    for (;;) {
      const { seq } = last;
      const rows = await this.database.use((manager) =>
        manager.query<Row[]>('SELECT * FROM audit_entries WHERE seq > $1 ORDER BY seq LIMIT $2', [seq, verifyBatch]),
      );
      for (const row of rows) {
        const next = last.seq + 1;
        if (Number(row.seq) !== next) return broken(last, next, 'is missing');
        if (hashOfEntry(last.hash, next, row.body) !== row.hash) return broken(last, next, 'was changed');
        last = { seq: next, hash: row.hash };
        if (known?.seq === next) isKnown = known.hash === row.hash;
      }
      if (rows.length < verifyBatch) break;
    }
    if (!isKnown && known) return broken(last, known.seq, 'is not the one that was noted');
    return { intact: true, entries: last.seq, end: `${last.seq}:${last.hash}`, fault: null };
  }

  private add(noted: AuditBody): void {
    const isLarge = JSON.stringify(noted).length > maxBodyLength;
    const large = '(too large)';
    const body = isLarge ? { ...noted, asked: large, before: large, after: large } : noted;
    this.log.info({ audit: body }, 'audit');
    this.waiting.push(body);
    this.bound();
    void this.flush();
  }

  /** The oldest give way, those of nobody known before all others. */
  private bound(): void {
    while (this.waiting.length > maxWaiting) {
      const unknown = this.waiting.findIndex(({ who }) => who.kind === 'anonymous');
      this.waiting.splice(Math.max(0, unknown), 1);
      this.lost += 1;
    }
  }

  private async write(): Promise<void> {
    while (this.waiting.length > 0) {
      const batch = this.waiting.splice(0, batchSize);
      const lost = this.lost;
      try {
        await this.database.transaction((manager) => append(manager, batch, lost));
      } catch {
        this.waiting.unshift(...batch);
        this.bound();
        clearTimeout(this.retry);
        this.retry = setTimeout(() => void this.flush(), retryMs).unref();
        return;
      }
      this.lost -= lost;
    }
  }
}

function broken(last: { seq: number; hash: string }, seq: number, what: string): AuditVerdict {
  return { intact: false, entries: last.seq, end: `${last.seq}:${last.hash}`, fault: `entry ${seq} ${what}` };
}

async function append(manager: EntityManager, batch: readonly AuditBody[], lost: number): Promise<void> {
  await manager.query('SELECT pg_advisory_xact_lock($1)', [chainLock]);
  const [last] = await manager.query<Row[]>('SELECT * FROM audit_entries ORDER BY seq DESC LIMIT 1');
  let seq = Number(last?.seq ?? 0);
  let hash = last?.hash ?? noHash;
  for (const [index, each] of batch.entries()) {
    const body = JSON.stringify(index === 0 && lost > 0 ? { ...each, lostBefore: lost } : each);
    seq += 1;
    hash = hashOfEntry(hash, seq, body);
    await manager.query('INSERT INTO audit_entries (seq, body, hash) VALUES ($1, $2, $3)', [seq, body, hash]);
  }
}

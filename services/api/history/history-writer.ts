import type { Bus, Subscription } from '@holdfast/bus';
import type { CloudEvent } from '@holdfast/contracts';
import { Logger } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EntityManager } from 'typeorm';
import { Problem } from '../http/problem.js';
import type { Database } from '../persistence/database.js';
import { defaultRetention, forget, type Retention } from './retention.js';

const batchEvents = 500;
/** Arrived and not yet written. More than this, and they are read again later from the stream. */
const maxWaiting = 5000;
const gatherMs = 100;
const idleMs = 60_000;
const retryMs = 1000;
const forgetEveryMs = 600_000;

interface Arrived {
  event: CloudEvent;
  sequence: number;
}

/**
 * Copies the event stream into the database. How far it has come stands there, and moves with the rows: whatever
 * ends it, and however many run, each event is kept once. Without the database it waits, and catches up after.
 */
export class HistoryWriter {
  private readonly logger = new Logger('history');
  private readonly closing = new AbortController();
  private running: Promise<void> | null = null;
  private forgottenAtMs = 0;

  constructor(
    private readonly bus: Bus,
    private readonly database: Database,
    private readonly config: { incarnation: string; history?: Retention | undefined },
  ) {}

  start(): void {
    if (this.database.status.state === 'not-configured') return;
    this.running ??= this.run();
  }

  async close(): Promise<void> {
    this.closing.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    const { signal } = this.closing;
    while (!signal.aborted) {
      try {
        const after = await this.database.transaction((manager) => positionOf(manager, this.config.incarnation));
        await this.copy(after);
      } catch (error) {
        // The database says by itself when it is away.
        const isAway = error instanceof Problem && error.code === 'unavailable';
        if (!isAway) this.logger.warn(`history is behind: ${String(error)}`);
      }
      await pause(retryMs, signal);
    }
  }

  /** Returns when too much is waiting, so that it has to be read again. */
  private async copy(after: number): Promise<void> {
    const { signal } = this.closing;
    const waiting: Arrived[] = [];
    let isOverflowing = false;
    let arrival = new AbortController();
    const subscription: Subscription = await this.bus.followEvents({
      since: after + 1,
      onEvent: (event, sequence) => {
        if (waiting.length >= maxWaiting) isOverflowing = true;
        else if (!isOverflowing) waiting.push({ event, sequence });
        arrival.abort();
      },
    });
    try {
      let expected = after + 1;
      while (!signal.aborted) {
        const batch = waiting.slice(0, batchEvents);
        const [first] = batch;
        if (first !== undefined) {
          if (first.sequence > expected) this.missed(expected, first.sequence);
          expected = (batch.at(-1)?.sequence ?? expected) + 1;
          await this.database.transaction((manager) => keep(manager, this.config.incarnation, batch));
          waiting.splice(0, batch.length);
        } else if (isOverflowing) return;
        await this.forgetOld();
        if (waiting.length === 0 && !isOverflowing) {
          arrival = new AbortController();
          await pause(idleMs, AbortSignal.any([signal, arrival.signal]));
        }
        if (waiting.length < batchEvents) await pause(gatherMs, signal);
      }
    } finally {
      await subscription.close();
    }
  }

  private missed(from: number, to: number): void {
    this.logger.warn(`the stream no longer has its events ${from} to ${to - 1}: history lacks them`);
  }

  private async forgetOld(): Promise<void> {
    if (Date.now() - this.forgottenAtMs < forgetEveryMs) return;
    const retention = this.config.history ?? defaultRetention;
    const isDone = await this.database.use(async (manager) => {
      await stillHere(manager, this.config.incarnation);
      return await forget(manager, retention, Date.now());
    });
    if (isDone) this.forgottenAtMs = Date.now();
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}

/** The last sequence of the stream that is kept. Whoever asks has the position to itself until its transaction ends. */
async function positionOf(manager: EntityManager, incarnation: string): Promise<number> {
  await manager.query('INSERT INTO history_position (incarnation, sequence) VALUES ($1, 0) ON CONFLICT DO NOTHING',
    [incarnation]);
  const rows = await manager.query<{ sequence: string }[]>(
    'SELECT sequence FROM history_position WHERE incarnation = $1 FOR UPDATE', [incarnation]);
  return Number(rows[0]?.sequence ?? 0);
}

/** Where an incarnation ends without a word, its VMs are taken to have run until then. */
async function stillHere(manager: EntityManager, incarnation: string): Promise<void> {
  await manager.query('UPDATE history_position SET written_at = now() WHERE incarnation = $1', [incarnation]);
}

async function keep(manager: EntityManager, incarnation: string, batch: readonly Arrived[]): Promise<void> {
  const after = await positionOf(manager, incarnation);
  // Another replica was here before.
  const fresh = batch.filter(({ sequence }) => sequence > after);
  const last = fresh.at(-1);
  if (last === undefined) return;
  await manager.query(
    `INSERT INTO event_history (event_id, at, noun, record, verb, event)
     SELECT row->>'id', (row->>'time')::timestamptz, split_part(row->>'type', '.', 3), row->>'subject',
       split_part(row->>'type', '.', 4), row
     FROM jsonb_array_elements($1::jsonb) WITH ORDINALITY AS rows (row, place) ORDER BY place
     ON CONFLICT (event_id) DO NOTHING`,
    [storable(fresh.map(({ event }) => event))]);
  await manager.query('UPDATE history_position SET sequence = $2, written_at = now() WHERE incarnation = $1',
    [incarnation, last.sequence]);
}

/** PostgreSQL refuses what is no character; one such would keep out all that come after it. */
function storable(events: readonly CloudEvent[]): string {
  return JSON.stringify(events, (_key, value: unknown) =>
    typeof value === 'string' ? value.replace(/\p{Surrogate}|\0/gu, '\ufffd') : value);
}

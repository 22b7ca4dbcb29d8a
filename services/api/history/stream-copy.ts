import type { Subscription } from '@holdfast/bus';
import { Logger } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EntityManager } from 'typeorm';
import { Problem } from '../http/problem.js';
import type { Database } from '../persistence/database.js';

const batchSize = 500;
/** Arrived and not yet written. More than this, and they are read again later from the stream. */
const maxWaiting = 5000;
const gatherMs = 100;
const idleMs = 60_000;
const retryMs = 1000;
const forgetEveryMs = 600_000;

/** A stream, and what of it is kept. */
export interface CopiedStream<T> {
  /** As the log calls it. */
  name: string;
  /** How far each incarnation of the cluster has been copied. */
  positions: 'history_position' | 'load_position';
  follow(since: number, onMessage: (message: T, sequence: number) => void): Promise<Subscription>;
  /** Within the transaction that moves the position. */
  keep(manager: EntityManager, messages: readonly T[]): Promise<void>;
  /** Deletes some of what is too old or too much; true when nothing of it is left. */
  forget(manager: EntityManager): Promise<boolean>;
}

/**
 * Copies a stream into the database. How far it has come stands there, and moves with the rows: whatever ends it, and
 * however many run, each message is kept once. Without the database it waits, and catches up after.
 */
export class StreamCopy<T> {
  private readonly logger: Logger;
  private readonly closing = new AbortController();
  private running: Promise<void> | null = null;
  private forgottenAtMs = 0;

  constructor(
    private readonly copied: CopiedStream<T>,
    private readonly database: Database,
    private readonly incarnation: string,
  ) {
    this.logger = new Logger(copied.name);
  }

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
        const after = await this.database.transaction((manager) => this.position(manager));
        await this.copy(after);
      } catch (error) {
        // The database says by itself when it is away.
        const isAway = error instanceof Problem && error.code === 'unavailable';
        if (!isAway) this.logger.warn(`is behind: ${String(error)}`);
      }
      await pause(retryMs, signal);
    }
  }

  /** Returns when too much is waiting, so that it has to be read again. */
  private async copy(after: number): Promise<void> {
    const { signal } = this.closing;
    const waiting: { message: T; sequence: number }[] = [];
    let isOverflowing = false;
    let arrival = new AbortController();
    const subscription = await this.copied.follow(after + 1, (message, sequence) => {
      if (waiting.length >= maxWaiting) isOverflowing = true;
      else if (!isOverflowing) waiting.push({ message, sequence });
      arrival.abort();
    });
    try {
      let expected = after + 1;
      while (!signal.aborted) {
        const batch = waiting.slice(0, batchSize);
        const [first] = batch;
        if (first !== undefined) {
          if (first.sequence > expected) this.missed(expected, first.sequence);
          expected = (batch.at(-1)?.sequence ?? expected) + 1;
          await this.database.transaction((manager) => this.keep(manager, batch));
          waiting.splice(0, batch.length);
        } else if (isOverflowing) return;
        await this.forgetOld();
        if (waiting.length === 0 && !isOverflowing) {
          arrival = new AbortController();
          await pause(idleMs, AbortSignal.any([signal, arrival.signal]));
        }
        if (waiting.length < batchSize) await pause(gatherMs, signal);
      }
    } finally {
      await subscription.close();
    }
  }

  private async keep(manager: EntityManager, batch: readonly { message: T; sequence: number }[]): Promise<void> {
    const after = await this.position(manager);
    // Another replica was here before.
    const fresh = batch.filter(({ sequence }) => sequence > after);
    const last = fresh.at(-1);
    if (last === undefined) return;
    await this.copied.keep(manager, fresh.map(({ message }) => message));
    await manager.query(
      `UPDATE ${this.copied.positions} SET sequence = $2, written_at = now() WHERE incarnation = $1`,
      [this.incarnation, last.sequence]);
  }

  /** The last sequence that is kept. Whoever asks has the position to itself until its transaction ends. */
  private async position(manager: EntityManager): Promise<number> {
    const { positions } = this.copied;
    await manager.query(
      `INSERT INTO ${positions} (incarnation, sequence) VALUES ($1, 0) ON CONFLICT DO NOTHING`, [this.incarnation]);
    const rows = await manager.query<{ sequence: string }[]>(
      `SELECT sequence FROM ${positions} WHERE incarnation = $1 FOR UPDATE`, [this.incarnation]);
    return Number(rows[0]?.sequence ?? 0);
  }

  private missed(from: number, to: number): void {
    this.logger.warn(`the stream no longer has its messages ${from} to ${to - 1}: they are lacking`);
  }

  private async forgetOld(): Promise<void> {
    if (Date.now() - this.forgottenAtMs < forgetEveryMs) return;
    const isDone = await this.database.use(async (manager) => {
      // Where an incarnation ends without a word, its VMs are taken to have run until then.
      await manager.query(
        `UPDATE ${this.copied.positions} SET written_at = now() WHERE incarnation = $1`, [this.incarnation]);
      return await this.copied.forget(manager);
    });
    if (isDone) this.forgottenAtMs = Date.now();
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}

/** PostgreSQL refuses what is no character; one such would keep out all that come after it. */
export function storable(messages: readonly unknown[]): string {
  return JSON.stringify(messages, (_key, value: unknown) =>
    typeof value === 'string' ? value.replace(/\p{Surrogate}|\0/gu, '\ufffd') : value);
}

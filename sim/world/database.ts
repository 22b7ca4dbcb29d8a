/** The database that keeps what was: rows under a unique id, and how far the stream was read, in one transaction. */
import type { Process } from '../engine/process.js';
import type { PublicEvent } from './event-stream.js';

const tookMs = 3;
const timeoutMs = 2000;

export class Database {
  isUp = true;
  /** The share of transactions in which it dies: before they are durable, or before it can say so. */
  diesMidway = 0;
  private cursor = 0;
  private firstIncarnation: string | null = null;
  private readonly ids = new Set<string>();
  /** The newest number of each record; what came out of its order. */
  private readonly newest = new Map<string, number>();
  readonly disorder: string[] = [];

  /** How far the stream is in the history; null when nobody answers. */
  readThrough(process: Process, done: (cursor: number | null) => void): void {
    this.ask(process, 'read the cursor', () => this.cursor, done);
  }

  /** Rows that are there already stay as they are. False when it is not known whether it was done. */
  append(process: Process, events: readonly PublicEvent[], through: number, done: (isDone: boolean) => void): void {
    const commit = (): true => {
      for (const event of events) this.insert(event);
      this.cursor = Math.max(this.cursor, through);
      return true;
    };
    this.ask(process, 'append to the history', commit, (isDone) => done(isDone === true));
  }

  /** How many transitions of that record are there, without a gap. */
  count(record: string): number {
    return this.newest.get(record) ?? 0;
  }

  /** What came before that number of a record is in another history. */
  beginAfter(record: string, number: number): void {
    this.newest.set(record, number);
  }

  private insert({ id, record, number }: PublicEvent): void {
    if (this.ids.has(id)) return;
    this.ids.add(id);
    const before = this.newest.get(record);
    // A record that was there before the cluster was restored goes on with its numbers in the new incarnation.
    this.firstIncarnation ??= incarnationOf(record);
    const first = incarnationOf(record) === this.firstIncarnation ? 1 : number;
    const due = before === undefined ? first : before + 1;
    if (number !== due) this.disorder.push(`${record}: number ${number} where ${due} was due`);
    this.newest.set(record, Math.max(before ?? 0, number));
  }

  private ask<T>(process: Process, kind: string, act: () => T, done: (result: T | null) => void): void {
    const reach = (answer: (result: T | null) => void): void => {
      process.after(this.isUp ? tookMs : timeoutMs, () => {
        const random = process.loop.random('database');
        const dies = this.diesMidway > 0 && random.next() < this.diesMidway;
        if (!this.isUp || (dies && random.next() < 0.5)) answer(null);
        else {
          const result = act();
          answer(dies ? null : result);
        }
      });
    };
    const unanswered = { afterMs: timeoutMs, result: null };
    process.perform({ kind, key: 'history', act: reach, unanswered, travels: true }, done);
  }
}

const incarnationOf = (record: string): string => record.slice(0, record.indexOf('.'));

import { setTimeout as sleep } from 'node:timers/promises';
import { deliver, type ReportProblem } from './codec.js';

/** A message of a stream as it was stored. */
export interface Stored {
  sequence: number;
  subject: string;
  text: string;
  /** The record was removed. */
  removed: boolean;
}

/** How to read a stream: any replica may answer, also one that lags. */
export interface StreamReader {
  /** Stored messages after this sequence in their order; `complete` when there are no more. */
  readAfter(sequence: number): Promise<{ messages: Stored[]; complete: boolean }>;
  /** Where the stream ends, from its leader; null when this principal may not know. */
  locate(): Promise<{ createdAt: string; lastSequence: number } | null>;
}

export interface FollowOptions {
  where: string;
  /** The last sequence already known. */
  after: number;
  /** Reading one subject: sequences jump, and only the newest message counts. */
  newestOnly: boolean;
  /** How often to look for what was stored but not repeated (its leader died in between). */
  pollMs: number;
  /** Nothing has happened for a while: only every `quietPolls`th look is taken. */
  isQuiet?(): boolean;
  onMessage(message: Stored): void;
  onCaughtUp(): void;
  report: ReportProblem;
}

/** A lagging replica is asked again this often before the sequence is given up as expired. */
const staleReadsMax = 12;
const retryMs = 250;
/** What is missed has a cause, and causes come with other messages; agents are many, and each look is a request. */
export const quietPolls = 5;

/**
 * Follows a stream without a consumer: messages arrive as the server repeats them; a gap, a reconnect or the poll
 * makes it read what is missing. Every message is delivered once, in order.
 */
export class Follower {
  #lastSequence: number;
  /** The highest sequence heard of. */
  #heardOf = 0;
  #busy = false;
  #closed = false;
  #caughtUp = false;
  #relocate = true;
  #createdAt: string | null = null;
  #looksSkipped = 0;
  readonly #poll: NodeJS.Timeout;

  constructor(
    private readonly reader: StreamReader,
    private readonly options: FollowOptions,
  ) {
    this.#lastSequence = options.after;
    this.#poll = setInterval(() => this.#look(), options.pollMs);
    this.#poll.unref();
    void this.#catchUp();
  }

  /** The server repeated a message. */
  heard(message: Stored): void {
    if (this.#closed || message.sequence <= this.#lastSequence) return;
    const next = this.options.newestOnly || message.sequence === this.#lastSequence + 1;
    if (next && !this.#busy) {
      this.#take(message);
      return;
    }
    this.#heardOf = Math.max(this.#heardOf, message.sequence);
    void this.#catchUp();
  }

  /** After a reconnect: anything may have been missed. */
  resume(): void {
    this.#relocate = true;
    void this.#catchUp();
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#poll);
  }

  #look(): void {
    this.#looksSkipped += 1;
    if (this.options.isQuiet?.() && this.#looksSkipped < quietPolls) return;
    this.#looksSkipped = 0;
    void this.#catchUp();
  }

  #take(message: Stored): void {
    if (this.#closed || message.sequence <= this.#lastSequence) return;
    this.#lastSequence = message.sequence;
    deliver(() => this.options.onMessage(message));
  }

  async #catchUp(): Promise<void> {
    if (this.#busy || this.#closed) return;
    this.#busy = true;
    let staleReads = 0;
    let reported = false;
    while (!this.#closed) {
      try {
        if (await this.#readOnce()) {
          if (this.#lastSequence >= this.#heardOf || staleReads >= staleReadsMax) break;
          staleReads += 1;
          await sleep(Math.min(20 * staleReads, retryMs));
        }
      } catch (error) {
        if (!reported) this.options.report({ what: 'reading', where: this.options.where, error });
        reported = true;
        this.#relocate = true;
        await sleep(retryMs);
      }
    }
    this.#heardOf = 0;
    this.#busy = false;
    if (this.#caughtUp || this.#closed) return;
    this.#caughtUp = true;
    deliver(() => this.options.onCaughtUp());
  }

  /** True when the reader has no more. */
  async #readOnce(): Promise<boolean> {
    if (this.#relocate) {
      this.#relocate = false;
      await this.#locate();
    }
    const { messages, complete } = await this.reader.readAfter(this.#lastSequence);
    for (const message of messages) this.#take(message);
    return complete && !this.#relocate;
  }

  async #locate(): Promise<void> {
    const place = await this.reader.locate();
    if (!place) return;
    if (this.#createdAt !== null && this.#createdAt !== place.createdAt) {
      this.options.report({
        what: 'reading',
        where: this.options.where,
        error: new Error('the stream was made anew; it is read from its start'),
      });
      this.#lastSequence = 0;
    }
    this.#createdAt = place.createdAt;
    this.#heardOf = Math.max(this.#heardOf, place.lastSequence);
  }
}

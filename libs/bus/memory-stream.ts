import { deliver } from './codec.js';
import type { Stored } from './follow.js';
import { subjectMatches } from './subjects.js';

/** One follower of a stream. */
export interface MemoryReader {
  /** Deliver what came meanwhile. */
  resume(): void;
  close(): void;
}

/** A stream in memory: messages numbered from 1, delivered to each reader in order, by the scheduler. */
export class MemoryStream {
  #messages: Stored[] = [];
  readonly #last = new Map<string, Stored>();
  readonly #ids = new Set<string>();
  readonly #readers = new Set<MemoryReader>();
  lastSequence = 0;

  constructor(
    /** Keep only the last message of each subject, like a bucket. */
    private readonly lastOnly: boolean,
    private readonly schedule: (task: () => void) => void,
  ) {}

  last(subject: string): Stored | null {
    return this.#last.get(subject) ?? null;
  }

  /** The message's sequence; a repeated id is not stored again. */
  append(subject: string, content: { text: string; removed: boolean }, id?: string): number {
    if (id !== undefined && this.#ids.has(id)) return this.lastSequence;
    if (id !== undefined) this.#ids.add(id);
    this.lastSequence += 1;
    const stored = { sequence: this.lastSequence, subject, ...content };
    this.#last.delete(subject);
    this.#last.set(subject, stored);
    if (!this.lastOnly) this.#messages.push(stored);
    for (const reader of this.#readers) reader.resume();
    return stored.sequence;
  }

  read(
    filter: string,
    after: number,
    connected: () => boolean,
    onMessage: (stored: Stored) => void,
    onDrained: () => void = () => undefined,
  ): MemoryReader {
    let next = after;
    let closed = false;
    const drain = (): void => {
      for (const stored of this.#after(next)) {
        if (closed || !connected()) return;
        next = stored.sequence;
        if (subjectMatches(filter, stored.subject)) deliver(() => onMessage(stored));
      }
      if (!closed && connected()) deliver(onDrained);
    };
    const reader = {
      resume: () => this.schedule(drain),
      close: () => {
        closed = true;
        this.#readers.delete(reader);
      },
    };
    this.#readers.add(reader);
    reader.resume();
    return reader;
  }

  /** In order of sequence: a subject written again moves to the end of the map. */
  #after(sequence: number): Stored[] {
    const messages = this.lastOnly ? [...this.#last.values()] : this.#messages;
    return messages.filter((stored) => stored.sequence > sequence);
  }
}

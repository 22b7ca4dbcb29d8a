/** The stream of public events: one message for each numbered transition of a record. */
import type { Process } from '../engine/process.js';
import type { Bus } from './bus.js';
import type { StreamLeader } from './stream-leader.js';

export interface PublicEvent {
  /** The same for every attempt to publish it. */
  id: string;
  /** The record it is about: incarnation, noun, and what is unique to it for ever. */
  record: string;
  number: number;
}

/** JetStream drops an id that it has seen within this window (`duplicate_window` of the stream). */
const duplicateWindowMs = 120_000;

export class EventStream<Event extends PublicEvent = PublicEvent> {
  private readonly stored: Event[] = [];
  private readonly seenAtMs = new Map<string, number>();
  private readonly followers = new Map<Process, () => void>();
  private readonly stream: StreamLeader;

  constructor(private readonly bus: Bus) {
    this.stream = bus.stream('events');
  }

  /** How many are stored. */
  get size(): number {
    return this.stored.length;
  }

  /** In this order; true once they are stored. */
  publish(process: Process, events: readonly Event[], done: (isStored: boolean) => void): void {
    const operation = { kind: 'publish events of', key: events[0]?.record ?? '', stream: this.stream };
    this.bus.operate(process, operation, () => this.store(events), ({ ok }) => done(ok));
  }

  /** Those after this many, as the server at hand knows them; null when it does not answer. */
  read(process: Process, after: number, atMost: number, done: (events: Event[] | null) => void): void {
    const operation = { kind: 'read events after', key: `${after}`, stream: this.stream, reads: true };
    const known = (server: string): Event[] =>
      this.stored.slice(after, Math.min(after + atMost, this.stream.behind.get(server) ?? Infinity));
    this.bus.operate(process, operation, known, (outcome) => done(outcome.ok ? outcome.value : null));
  }

  /** Called when something new may be there. */
  follow(process: Process, look: () => void): void {
    this.followers.set(process, look);
  }

  private store(events: readonly Event[]): void {
    const { nowMs } = this.bus.loop;
    for (const event of events) {
      if (nowMs - (this.seenAtMs.get(event.id) ?? -Infinity) < duplicateWindowMs) continue;
      this.seenAtMs.set(event.id, nowMs);
      this.stored.push(event);
    }
    this.stream.revision = this.stored.length;
    for (const look of this.followers.values()) look();
  }
}

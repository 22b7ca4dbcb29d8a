import type { Bus, Subscription } from '@holdfast/bus';
import type { CloudEvent, Transition, TransitionRecord } from '@holdfast/contracts';

/** Newest events kept in memory. Older ones are in the stream. */
const maxEvents = 10_000;

/** The newest public events, for the questions that look back. */
export class EventHistory {
  private events: CloudEvent[] = [];
  private subscription: Subscription | null = null;

  constructor(private readonly bus: Bus) {}

  async start(): Promise<void> {
    this.subscription = await this.bus.followEvents({
      since: 1,
      onEvent: (event) => {
        this.events.push(event);
        // In halves, so that a full history does not shift ten thousand places for each event.
        if (this.events.length >= 2 * maxEvents) this.events = this.events.slice(-maxEvents);
      },
    });
  }

  select(wanted: (event: CloudEvent) => boolean): CloudEvent[] {
    return this.events.filter(wanted);
  }

  async close(): Promise<void> {
    await this.subscription?.close();
  }
}

/** `vm` of `io.holdfast.vm.started.v1`. */
export function nounOf(event: CloudEvent): string {
  return event.type.split('.')[2] ?? '';
}

/** The event's place in its record's history: the end of its id. */
export function numberOf(event: CloudEvent): number {
  return Number(event.id.slice(event.id.lastIndexOf('.') + 1));
}

/** What a record says that the stream has not brought yet, or has forgotten. */
export function missingTransitions(
  record: TransitionRecord,
  events: readonly CloudEvent[],
): Transition[] {
  const known = new Set(events.map(numberOf));
  return record.transitions.filter(({ number }) => !known.has(number));
}

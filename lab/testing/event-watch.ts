import type { HoldfastClient } from '@holdfast/client';
import type { CloudEvent } from '@holdfast/contracts';

/** Follows the public events from now on. */
export class EventWatch {
  readonly events: CloudEvent[] = [];
  private readonly seen = new Set<string>();
  private readonly abort = new AbortController();
  private failure: unknown = null;
  private readonly following: Promise<void>;

  private constructor(client: HoldfastClient, onOpen: () => void, onEnd: (error: unknown) => void) {
    this.following = client
      .followEvents({
        signal: this.abort.signal,
        onOpen,
        // At least once: one that comes again has the same id.
        onEvent: ({ event }) => {
          if (!this.seen.has(event.id)) this.events.push(event);
          this.seen.add(event.id);
        },
      })
      .catch((error: unknown) => {
        this.failure = error;
        onEnd(error);
      });
  }

  /** Resolves when nothing that happens is missed any more. */
  static async open(client: HoldfastClient): Promise<EventWatch> {
    return await new Promise((resolve, reject) => {
      const watch: EventWatch = new EventWatch(client, () => resolve(watch), reject);
    });
  }

  async close(): Promise<void> {
    this.abort.abort();
    await this.following;
    if (this.failure !== null) throw new Error('the events could not be followed', { cause: this.failure });
  }
}

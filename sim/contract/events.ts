/** Public events for one principal, over the simulated stream. */
import type { CloudEvent } from '@holdfast/contracts';
import { BusError, type FollowEvents, type Subscription } from '../../libs/bus/bus.js';
import type { Process } from '../engine/process.js';
import type { EventStream, PublicEvent } from '../world/event-stream.js';
import type { VirtualTime } from './virtual-time.js';

export interface ToldEvent extends PublicEvent {
  event: CloudEvent;
}

const atOnce = 100;

export class WorldEvents {
  private readonly looks = new Set<() => void>();

  constructor(
    private readonly stream: EventStream<ToldEvent>,
    private readonly process: Process,
    private readonly time: VirtualTime,
  ) {
    stream.follow(process, () => {
      for (const look of this.looks) look();
    });
  }

  async publish(subject: string, event: CloudEvent): Promise<void> {
    const told = { id: event.id, record: subject, number: 0, event };
    const isStored = await this.time.when<boolean>((done) => this.stream.publish(this.process, [told], done));
    if (!isStored) throw new BusError('timeout', `${subject}: not stored`);
  }

  follow({ since, filter = 'evt.v1.>', onEvent, onCaughtUp }: FollowEvents): Subscription {
    let through = since === 'new' ? this.stream.size : since - 1;
    let isReading = false;
    let isToLook = false;
    let isCaughtUp = false;
    const look = (): void => {
      isToLook = true;
      if (isReading || !this.looks.has(look)) return;
      isReading = true;
      isToLook = false;
      this.stream.read(this.process, through, atOnce, (events) => {
        isReading = false;
        if (!this.looks.has(look)) return;
        for (const { record, event } of events ?? []) {
          through += 1;
          if (passes(filter, record)) onEvent(event, through);
        }
        if (isToLook || (events?.length ?? 0) > 0) look();
        else if (events && !isCaughtUp) {
          isCaughtUp = true;
          onCaughtUp?.();
        }
      });
    };
    this.looks.add(look);
    look();
    return {
      close: async () => {
        this.looks.delete(look);
      },
    };
  }
}

/** One subject, or all that begin as it does up to a last `>`. */
function passes(filter: string, subject: string): boolean {
  return filter.endsWith('>') ? subject.startsWith(filter.slice(0, -1)) : subject === filter;
}

import { BusError, type Bus } from '@holdfast/bus';
import type { Clock } from './clock.js';
import type { Projection } from './projection.js';

const lookEveryMs = 60_000;
/** At most so many are removed in one look, so that an owner never stalls over its history. */
const removeAtMost = 500;

export interface Retention<T> {
  /** When the record ended; null while it is still worked on: such a one is never removed. */
  endedAtMs(record: T): number | null;
  keepMs: number;
  /** Ended records beyond this many go too, the oldest first. */
  keepCount: number;
}

/** Ended records that are to go now, oldest first. */
export function expired<T>(
  entries: readonly { key: string; value: T; revision: number }[],
  retention: Retention<T>,
  nowMs: number,
): { key: string; revision: number }[] {
  const ended = entries
    .flatMap(({ key, value, revision }) => {
      const endedAtMs = retention.endedAtMs(value);
      return endedAtMs === null ? [] : [{ key, revision, endedAtMs }];
    })
    .sort((a, b) => a.endedAtMs - b.endedAtMs);
  const surplus = ended.length - retention.keepCount;
  return ended
    .filter(({ endedAtMs }, index) => index < surplus || nowMs - endedAtMs > retention.keepMs)
    .slice(0, removeAtMost);
}

/** Keeps a bucket of records that end bounded; run by its owner. */
export class Pruner<T> {
  private cancel: () => void = () => {};

  constructor(
    private readonly bus: Bus,
    private readonly clock: Clock,
    private readonly projection: Projection<T>,
    private readonly retention: Retention<T>,
  ) {}

  start(): void {
    this.cancel = this.clock.after(lookEveryMs, () => {
      void this.prune().finally(() => this.start());
    });
  }

  stop(): void {
    this.cancel();
  }

  private async prune(): Promise<void> {
    const bucket = this.bus.bucket(this.projection.contract);
    const going = expired(this.projection.entries(), this.retention, this.clock.nowMs());
    try {
      for (const { key, revision } of going) await bucket.remove(key, revision);
    } catch (error) {
      // What is left over goes at the next look.
      if (!(error instanceof BusError)) throw error;
    }
  }
}

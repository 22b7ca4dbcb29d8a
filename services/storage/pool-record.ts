import type { Bus } from '@holdfast/bus';
import { pools } from '@holdfast/contracts';
import type { Clock, RunnerLog } from '@holdfast/runtime';
import type { TargetStore } from './ports.js';

const publishEveryMs = 10_000;

/** Keeps this node's pool record fresh: that it is there, how to reach it, and how much room it has. */
export class PoolRecordPublisher {
  private readonly startedAtMs: number;
  private cancel: () => void = () => {};

  constructor(
    private readonly deps: {
      bus: Bus;
      clock: Clock;
      log: RunnerLog;
      store: TargetStore;
      pool: string;
    },
    /** Volumes with data here and without a record. */
    private readonly unknownVolumes: () => Promise<string[]>,
  ) {
    this.startedAtMs = deps.clock.nowMs();
  }

  async start(heartbeatPort: number): Promise<void> {
    await this.publish(heartbeatPort);
  }

  stop(): void {
    this.cancel();
  }

  private async publish(heartbeatPort: number): Promise<void> {
    const { bus, store, pool, clock, log } = this.deps;
    try {
      const { capacityBytes, freeBytes } = await store.capacity();
      const unknownVolumes = await this.unknownVolumes();
      const images = await store.listImages();
      await bus.bucket(pools).put(pool, {
        pool,
        node: bus.node,
        portal: store.portal,
        capacityBytes,
        freeBytes,
        revocable: true,
        heartbeatPort,
        startedAtMs: this.startedAtMs,
        ...(unknownVolumes.length > 0 ? { unknownVolumes } : {}),
        ...(images.length > 0 ? { images } : {}),
      });
    } catch (error) {
      log.warn({ err: error }, 'the pool could not be published; trying again');
    }
    this.cancel = clock.after(publishEveryMs, () => void this.publish(heartbeatPort));
  }
}

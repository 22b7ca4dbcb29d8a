import type { Task } from '../engine/event-queue.js';
import type { Loop } from '../engine/loop.js';
import type { Pulse } from '../engine/pulse.js';

/**
 * A host's watchdog: runs from its first pet on, also while every program of the host is frozen, and resets the machine
 * when it is not petted in time. No power, no watchdog: after a boot it stands still until it is petted again.
 */
export class WatchdogTimer {
  private dueMs = Infinity;
  private task: Task | null = null;
  /** Something that rests pets it meanwhile. */
  private pulse: Pulse | null = null;

  constructor(
    private readonly loop: Loop,
    readonly timeoutMs: number,
    private readonly reset: () => void,
  ) {}

  pet(): void {
    this.dueMs = this.loop.nowMs + this.timeoutMs;
    this.task ??= this.loop.at(this.dueMs, () => this.look());
  }

  /** From now on it is petted with each of these beats, for as long as they rest. */
  restOn(pulse: Pulse): void {
    this.pulse = pulse;
    this.loop.resting.add(this);
  }

  wake(): void {
    if (this.pulse) this.settle(this.pulse.beatenMs());
  }

  /** That rest has ended; it was petted last at that time. */
  settle(pettedMs: number): void {
    this.loop.resting.delete(this);
    if (!this.pulse) return;
    this.pulse = null;
    this.dueMs = pettedMs + this.timeoutMs;
    this.task ??= this.loop.at(this.dueMs, () => this.look());
  }

  stop(): void {
    this.wake();
    this.dueMs = Infinity;
    if (this.task) this.task.run = null;
    this.task = null;
  }

  private look(): void {
    this.task = null;
    if (this.pulse !== null || this.dueMs === Infinity) return;
    if (this.loop.nowMs < this.dueMs) this.task = this.loop.at(this.dueMs, () => this.look());
    else {
      this.stop();
      this.reset();
    }
  }
}

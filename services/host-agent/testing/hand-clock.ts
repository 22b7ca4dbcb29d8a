import type { Clock } from '@holdfast/runtime';

/** Time goes by only when it is told to. */
export class HandClock implements Clock {
  private atMs = 1_000_000;
  private readonly timers = new Set<{ atMs: number; call: () => void }>();

  nowMs(): number {
    return this.atMs;
  }

  after(delayMs: number, call: () => void): () => void {
    const timer = { atMs: this.atMs + delayMs, call };
    this.timers.add(timer);
    return () => void this.timers.delete(timer);
  }

  /** What is awaited comes to its end between two timers. */
  async pass(forMs: number): Promise<void> {
    const untilMs = this.atMs + forMs;
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      const [next] = [...this.timers].filter(({ atMs }) => atMs <= untilMs).sort((a, b) => a.atMs - b.atMs);
      if (!next) break;
      this.timers.delete(next);
      this.atMs = Math.max(this.atMs, next.atMs);
      next.call();
    }
    this.atMs = untilMs;
  }
}

import { randomStream, type RandomStream } from '@holdfast/kernel';
import { EventQueue, type Task } from './event-queue.js';

/** Virtual time. Nothing here waits: an hour passes as fast as its events can be run. */
export class Loop {
  nowMs = 0;
  eventCount = 0;
  private readonly queue = new EventQueue();
  private readonly soon: (() => void)[] = [];
  private readonly streams = new Map<string, RandomStream>();

  constructor(readonly seed: number) {}

  /** The stream of that name: draws on it shift no other. */
  random(name: string): RandomStream {
    let stream = this.streams.get(name);
    if (!stream) {
      stream = randomStream(`${this.seed}/${name}`);
      this.streams.set(name, stream);
    }
    return stream;
  }

  at(atMs: number, run: () => void): Task {
    return this.queue.push(Math.max(atMs, this.nowMs), run);
  }

  after(delayMs: number, run: () => void): Task {
    return this.queue.push(this.nowMs + Math.max(0, Math.round(delayMs)), run);
  }

  /** As a microtask: after what runs now, before any time goes by. */
  next(run: () => void): void {
    this.soon.push(run);
  }

  /** Runs everything up to that time, or until `isDone` says so. */
  runUntil(untilMs: number, isDone: () => boolean = () => false): void {
    while (this.queue.nextAtMs() <= untilMs) {
      const task = this.queue.pop();
      const run = task?.run;
      if (!task || !run) continue;
      task.run = null;
      this.nowMs = task.atMs;
      this.eventCount += 1;
      run();
      this.drain();
      if (isDone()) return;
    }
    this.nowMs = Math.max(this.nowMs, untilMs);
  }

  private drain(): void {
    for (let i = 0; i < this.soon.length; i += 1) this.soon[i]?.();
    this.soon.length = 0;
  }
}

/** Lets virtual time go by while real time does, so that whoever waits for a simulated part finds it done. */
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import type { Loop } from '../engine/loop.js';

/** Bounded, so that a test that looks every few milliseconds misses nothing that lasts. */
const virtualMsInOne = 10;

export class VirtualTime {
  private isRunning = true;
  private readonly ended: Promise<void>;

  constructor(private readonly loop: Loop) {
    this.ended = this.run();
  }

  /** What the simulated part calls back with. */
  async when<T>(begin: (done: (value: T) => void) => void): Promise<T> {
    return await new Promise<T>((resolve) => begin(resolve));
  }

  async pass(delayMs: number): Promise<void> {
    await this.when<void>((done) => this.loop.after(delayMs, done));
  }

  async stop(): Promise<void> {
    this.isRunning = false;
    await this.ended;
  }

  private async run(): Promise<void> {
    while (this.isRunning) {
      for (let i = 0; i < virtualMsInOne; i += 1) {
        this.loop.runUntil(this.loop.nowMs + 1);
        // Whoever was called back goes on before any more time goes by.
        await turn();
      }
      await sleep(1);
    }
  }
}

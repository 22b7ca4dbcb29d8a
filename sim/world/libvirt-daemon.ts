/** The daemon between callers and the QEMUs of a host: it can hang, and everything it has in hand takes time. */
import type { Machine } from '../engine/process.js';

/** As long as a caller waits for a daemon that hangs. */
const hangTimeoutMs = 5000;

export class LibvirtDaemon {
  isHung = false;
  /** Counts power-ons: what was in hand before one never happens. */
  private boots = 0;
  private readonly waiting = new Set<() => void>();

  constructor(private readonly machine: Machine) {}

  powerOn(): void {
    this.boots += 1;
  }

  powerOff(): void {
    this.waiting.clear();
    this.isHung = false;
  }

  /** Domains run on, callers get no answer, what was begun comes to its end later. */
  hang(isHung: boolean): void {
    this.isHung = isHung;
    if (isHung) for (const giveUp of this.waiting) this.machine.loop.after(hangTimeoutMs, giveUp);
  }

  /** The caller is told that nothing is known when the daemon hangs for long; it may happen all the same. */
  unlessItHangs<T>(done: (result: T) => void, unanswered: NoInfer<T>): (result: T) => void {
    const finish = (result: T): void => {
      if (this.waiting.delete(giveUp)) done(result);
    };
    const giveUp = (): void => {
      if (this.isHung) finish(unanswered);
    };
    this.waiting.add(giveUp);
    if (this.isHung) this.machine.loop.after(hangTimeoutMs, giveUp);
    return finish;
  }

  /** Time goes by; a power cut ends what was in hand, a freeze or a daemon that hangs holds it up. */
  later(delayMs: number, then: () => void): void {
    this.afterwards(delayMs, then, () => this.machine.frozen || this.isHung);
  }

  /** The same for what QEMU does by itself: it goes on while the daemon hangs. */
  laterInQemu(delayMs: number, then: () => void): void {
    this.afterwards(delayMs, then, () => this.machine.frozen);
  }

  private afterwards(delayMs: number, then: () => void, isHeldUp: () => boolean): void {
    const { boots } = this;
    const go = (): void => {
      if (!this.machine.powered || this.boots !== boots) return;
      if (isHeldUp()) this.machine.loop.after(50, go);
      else then();
    };
    this.machine.loop.after(delayMs, go);
  }
}

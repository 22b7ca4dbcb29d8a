import type { Effect } from './effects.js';
import type { Owner, Task } from './event-queue.js';
import type { Loop } from './loop.js';

/** Local clocks start here, so that a clock that is set back stays positive. */
export const clockBaseMs = 1_000_000_000;
/** What a frozen process may have waiting for it: its sockets' buffers are finite. */
const maxDeferred = 5000;

/** A machine: something with power, that can be frozen, with a clock of its own. */
export class Machine {
  powered = true;
  frozen = false;
  readonly processes: Process[] = [];
  private offsetMs = 0;
  private drift = 0;

  constructor(
    readonly loop: Loop,
    readonly name: string,
  ) {}

  get clockOffsetMs(): number {
    return this.offsetMs;
  }

  set clockOffsetMs(offsetMs: number) {
    this.loop.disturb();
    this.offsetMs = offsetMs;
  }

  /** Milliseconds the clock gains in each second. */
  get clockDrift(): number {
    return this.drift;
  }

  set clockDrift(drift: number) {
    this.loop.disturb();
    this.drift = drift;
  }

  /** From now on its clock gains so many milliseconds each second; what it shows does not jump. */
  goesFasterBy(drift: number): void {
    const { nowMs } = this.loop;
    const shownMs = this.clockAtMs(nowMs);
    this.clockDrift = drift;
    this.clockOffsetMs += shownMs - this.clockAtMs(nowMs);
  }

  clockMs(): number {
    return this.clockAtMs(this.loop.nowMs);
  }

  /** What its clock showed, or would show, at that time. */
  clockAtMs(atMs: number): number {
    return clockBaseMs + atMs + this.offsetMs + Math.floor((atMs * this.drift) / 1000);
  }

  /** Everything on it dies at once. */
  powerOff(): void {
    this.loop.disturb();
    this.powered = false;
    this.frozen = false;
    for (const process of this.processes) process.crash();
  }

  freeze(frozen: boolean): void {
    if (this.frozen === frozen) return;
    this.loop.disturb();
    this.frozen = frozen;
    if (!frozen) for (const process of this.processes) process.thaw();
  }
}

/** Thrown at a planted point: the process is gone in the middle of what it was doing. */
export class Crash extends Error {}

/** A program that can be stopped at any instant; what it had planned dies with that life. */
export class Process implements Owner {
  alive = false;
  frozen = false;
  /** Counts starts: a timer of an earlier life never fires. */
  life = 0;
  /** The process dies when this many more effects have begun; null for never. */
  effectsLeft: number | null = null;
  onCrash: () => void = () => undefined;
  private deferred: (() => void)[] = [];

  readonly loop: Loop;

  constructor(
    readonly machine: Machine,
    readonly name: string,
  ) {
    this.loop = machine.loop;
    machine.processes.push(this);
  }

  get isFrozen(): boolean {
    return this.frozen || this.machine.frozen;
  }

  nowMs(): number {
    return this.machine.clockMs();
  }

  start(): void {
    this.loop.disturb();
    this.alive = true;
    this.life += 1;
    this.deferred = [];
    this.effectsLeft = null;
  }

  crash(): void {
    if (!this.alive) return;
    this.loop.disturb();
    this.alive = false;
    this.deferred = [];
    this.onCrash();
  }

  freeze(frozen: boolean): void {
    this.loop.disturb();
    this.frozen = frozen;
    if (!frozen) this.thaw();
  }

  thaw(): void {
    if (!this.alive || this.isFrozen) return;
    const waiting = this.deferred;
    this.deferred = [];
    for (const work of waiting) this.task(0, work);
  }

  *sizes(): Iterable<{ what: string; size: number; bound: number }> {
    yield { what: `deferred work of ${this.name}`, size: this.deferred.length, bound: maxDeferred };
  }

  /** Runs it now, later if the process is frozen, never if this life has ended. */
  run(work: () => void): void {
    this.goOn(work, this.life);
  }

  /** Returns what cancels it. */
  after(delayMs: number, work: () => void): () => void {
    const task = this.task(delayMs, work);
    return () => {
      task.run = null;
    };
  }

  /** Like `after`; cancelled by setting its `run` to null. */
  task(delayMs: number, work: () => void): Task {
    return this.loop.after(delayMs, work, this, this.life);
  }

  /** As a microtask of this process. */
  next(work: () => void): void {
    this.loop.next(work, this, this.life);
  }

  /** A callback that belongs to this life. */
  guarded(work: () => void): () => void {
    const { life } = this;
    return () => this.goOn(work, life);
  }

  /** What was begun in that life goes on now, later if the process is frozen, never if that life has ended. */
  goOn(work: () => void, life: number): void {
    if (!this.alive || this.life !== life) return;
    if (this.frozen || this.machine.frozen) {
      if (this.deferred.length < maxDeferred) this.deferred.push(work);
      return;
    }
    try {
      work();
    } catch (error) {
      if (!(error instanceof Crash)) throw error;
      this.crash();
    }
  }

  /** An effect begins here: the place where a planned crash happens. `done` belongs to this life. */
  perform<Result>(effect: Effect<Result>, done: (result: Result) => void): void {
    if (this.effectsLeft !== null) {
      this.effectsLeft -= 1;
      if (this.effectsLeft < 0) throw new Crash();
    }
    const { life } = this;
    // What it reaches answers when it answers: by then the program may have been started anew.
    const answered = (result: Result): void => {
      if (this.life === life) done(result);
    };
    const { effects } = this.loop;
    if (effects === null) effect.act(answered);
    else effects.begin(this, effect, answered);
  }
}

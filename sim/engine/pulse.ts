import type { Loop } from './loop.js';
import type { Machine, Process } from './process.js';

/**
 * Something a program does at a fixed rhythm. While another time would change nothing it rests, which costs no event.
 * Whoever changes what it depends on wakes it (`Loop.disturb` wakes all); it goes on in its rhythm as if it had gone on
 * all the time.
 */
export class Pulse {
  private lastMs = 0;
  private isResting = false;
  private heard: readonly Heard<unknown>[] = [];
  /** Core steps of one beat, as long as it rests: those of the beat itself, and of all that hear it. */
  private stepsEach = 0;
  private readonly loop: Loop;
  private readonly life: number;

  /**
   * `beat` does it once, told when the time before was, or would have been while it rested. It says by whom it was
   * heard if the next time would change nothing but the time when it was last heard; null if it might. `resume` goes on
   * after the last time, `periodMs` later unless told.
   */
  constructor(
    private readonly process: Process,
    private readonly periodMs: number,
    private readonly beat: (beforeMs: number) => readonly Heard<unknown>[] | null,
    private readonly resume: (lastMs: number) => void = () => this.again(),
  ) {
    this.loop = process.loop;
    this.life = process.life;
  }

  run(): void {
    const beforeMs = this.lastMs;
    this.lastMs = this.loop.nowMs;
    const stepsBefore = this.loop.stepCount;
    const heard = this.beat(beforeMs);
    this.stepsEach = this.loop.stepCount - stepsBefore;
    if (heard) this.rest(heard);
    else this.again();
  }

  /** Nothing will be new from here on. */
  rest(heard: readonly Heard<unknown>[] = []): void {
    this.lastMs = this.loop.nowMs;
    this.isResting = true;
    this.loop.resting.add(this);
    this.heard = heard;
    for (const each of heard) {
      each.follow(this);
      this.stepsEach += each.stepsEach;
    }
  }

  wake(): void {
    if (!this.isResting) return;
    this.loop.restedStepCount += this.restedSteps();
    this.lastMs = this.beatenMs();
    for (const each of this.heard) each.settle(this, this.lastMs);
    this.heard = [];
    this.isResting = false;
    this.loop.resting.delete(this);
    this.resume(this.lastMs);
  }

  /** The last time it was done, or would have been. */
  beatenMs(): number {
    if (!this.isResting) return this.lastMs;
    const { nowMs } = this.loop;
    return nowMs - ((nowMs - this.lastMs) % this.periodMs);
  }

  restedSteps(): number {
    return Math.round((this.beatenMs() - this.lastMs) / this.periodMs) * this.stepsEach;
  }

  private again(): void {
    const { loop, process, life } = this;
    loop.after(this.lastMs + this.periodMs - loop.nowMs, () => this.run(), process, life);
  }
}

/** Rests, in a rhythm that begins now, until what it returns or `Loop.disturb` wakes it: goes on at the next beat. */
export function restUntilWoken(loop: Loop, periodMs: number, goOn: () => void): () => void {
  const sinceMs = loop.nowMs;
  const resting = {
    wake: () => {
      if (loop.resting.delete(resting)) loop.after(periodMs - ((loop.nowMs - sinceMs) % periodMs), goOn);
    },
  };
  loop.resting.add(resting);
  return resting.wake;
}

/** Whether anybody is heard at all, and since when without a gap, by the listener's clock. */
class Hearing {
  private sinceMs = 0;
  private lastMs = Number.NEGATIVE_INFINITY;
  private restingCount = 0;

  constructor(
    private readonly machine: Machine,
    private readonly deafAfterMs = Number.POSITIVE_INFINITY,
  ) {}

  forMs(): number {
    const nowMs = this.machine.clockMs();
    return this.restingCount > 0 || nowMs - this.lastMs <= this.deafAfterMs ? Math.max(0, nowMs - this.sinceMs) : 0;
  }

  beat(atMs: number): void {
    if (this.restingCount === 0 && atMs - this.lastMs > this.deafAfterMs) this.sinceMs = atMs;
    this.lastMs = atMs;
  }

  rest(): void {
    this.restingCount += 1;
  }

  settle(lastMs: number): void {
    this.restingCount -= 1;
    this.lastMs = Math.max(this.lastMs, lastMs);
  }
}

/** What was last heard from somebody, and when by the listener's clock. */
export class Heard<Message> {
  private pulse: Pulse | null = null;
  private lastMs = 0;
  private lastLoopMs = 0;

  constructor(
    private readonly machine: Machine,
    public message: Message,
    private readonly hearing = new Hearing(machine),
    /** Core steps that one more costs whoever hears it. */
    readonly stepsEach = 0,
  ) {}

  get atMs(): number {
    return this.pulse ? this.machine.clockAtMs(this.pulse.beatenMs()) : this.lastMs;
  }

  /** The same by the time of the world, as a clock that nobody sets would measure it. */
  get loopMs(): number {
    return this.pulse ? this.pulse.beatenMs() : this.lastLoopMs;
  }

  /** Heard now, with this. What comes late, out of a rhythm that rests by now, brings the rhythm back. */
  renew(message: Message): void {
    this.wake();
    this.message = message;
    this.lastMs = this.machine.clockMs();
    this.lastLoopMs = this.machine.loop.nowMs;
    this.hearing.beat(this.lastMs);
  }

  /** From here on another of the same would mean something. */
  wake(): void {
    this.pulse?.wake();
  }

  follow(pulse: Pulse): void {
    if (!this.pulse) this.hearing.rest();
    this.pulse = pulse;
  }

  settle(pulse: Pulse, lastMs: number): void {
    if (this.pulse !== pulse) return;
    this.lastMs = this.machine.clockAtMs(lastMs);
    this.lastLoopMs = lastMs;
    this.pulse = null;
    this.hearing.settle(this.lastMs);
  }
}

/** What a listener has last heard, by sender. */
export class HeardBySender<Message> extends Map<string, Heard<Message>> {
  private readonly hearing: Hearing;

  /** One that heard nobody for longer than `deafAfterMs` was deaf meanwhile. */
  constructor(
    private readonly machine: Machine,
    deafAfterMs = Number.POSITIVE_INFINITY,
    private readonly stepsEach = 0,
  ) {
    super();
    this.hearing = new Hearing(machine, deafAfterMs);
  }

  renew(sender: string, message: Message): Heard<Message> {
    let heard = this.get(sender);
    if (!heard) {
      heard = new Heard(this.machine, message, this.hearing, this.stepsEach);
      this.set(sender, heard);
    }
    heard.renew(message);
    return heard;
  }

  /** When a sender was last heard; and for how long anybody was without being deaf, 0 while nobody is. */
  viewOf(sender: string): { heardAgoMs: number | null; hearsForMs: number } {
    const heard = this.get(sender);
    const heardAgoMs = heard ? Math.max(0, this.machine.clockMs() - heard.atMs) : null;
    return { heardAgoMs, hearsForMs: this.hearing.forMs() };
  }
}

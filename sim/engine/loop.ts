import { randomStream, type RandomStream } from '@holdfast/kernel';
import type { EffectWatcher } from './effects.js';
import { EventQueue, type Owner, type Task } from './event-queue.js';

interface Soon {
  run: () => void;
  owner: Owner | null;
  life: number;
}

/** Something that rests until it is woken. */
interface Resting {
  wake(): void;
  /** So many steps would have been made since it rests. */
  restedSteps?(): number;
}

/** Virtual time, in whole milliseconds. Nothing here waits: an hour passes as fast as its events can be run. */
export class Loop {
  nowMs = 0;
  eventCount = 0;
  /** How often a core was called to decide: a step of a record, an admission, a look or a verdict. */
  stepCount = 0;
  /** How often one would have been called by what has rested, to decide as before; `quietSteps` has the rest. */
  restedStepCount = 0;
  /** Sees every effect of every program, and may disturb it. */
  effects: EffectWatcher | null = null;
  /** What does nothing new while nothing else happens. */
  readonly resting = new Set<Resting>();
  private readonly queue = new EventQueue();
  private readonly soon: Soon[] = [];
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
    return this.queue.push(Math.max(Math.round(atMs), this.nowMs), run);
  }

  after(delayMs: number, run: () => void, owner: Owner | null = null, life = 0): Task {
    return this.queue.push(this.nowMs + Math.max(0, Math.round(delayMs)), run, owner, life);
  }

  /** Something happens that may matter to whatever rests: call it before anything is changed. */
  disturb(): void {
    for (const each of this.resting) each.wake();
  }

  /** Steps that were not made, because it was known what comes of them. */
  quietSteps(): number {
    let steps = this.restedStepCount;
    for (const each of this.resting) steps += each.restedSteps?.() ?? 0;
    return steps;
  }

  /** As a microtask: after what runs now, before any time goes by. */
  next(run: () => void, owner: Owner | null = null, life = 0): void {
    this.soon.push({ run, owner, life });
  }

  /** Runs everything up to that time, or until `isDone` says so. */
  runUntil(untilMs: number, isDone: () => boolean = () => false): void {
    const { queue } = this;
    while (queue.nextAtMs() <= untilMs) {
      const task = queue.pop();
      const run = task?.run;
      if (!task || !run) continue;
      task.run = null;
      this.nowMs = task.atMs;
      this.eventCount += 1;
      if (task.owner) task.owner.goOn(run, task.life);
      else run();
      if (this.soon.length > 0) this.drain();
      if (isDone()) return;
    }
    this.nowMs = Math.max(this.nowMs, untilMs);
  }

  private drain(): void {
    const { soon } = this;
    for (let i = 0; i < soon.length; i += 1) {
      const { run, owner, life } = soon[i] as Soon;
      if (owner) owner.goOn(run, life);
      else run();
    }
    soon.length = 0;
  }
}

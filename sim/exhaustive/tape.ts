/** Numbers the effects of a walk as they begin, and disturbs one of them. */
import type { Effect, EffectWatcher } from '../engine/effects.js';
import { Crash, type Process } from '../engine/process.js';

export interface SeenEffect {
  number: number;
  atMs: number;
  /** The program that it belongs to, as `scheduler/ctl1`. */
  who: string;
  /** What it does, as `attach to san1 web1-disk0`. */
  what: string;
  travels: boolean;
  canBeLost: boolean;
}

/** How an effect is disturbed; `rest` does what would have happened without. */
export interface Disturbance {
  name: string;
  /** It makes sense for this effect. */
  suits(effect: SeenEffect): boolean;
  disturb<Result>(process: Process, effect: Effect<Result>, done: (result: Result) => void, tape: Tape): void;
}

/** Those who ask from outside: they are no part of the cluster, and ask again by themselves. */
const isOutside = (who: string): boolean => who.startsWith('edge');

export class Tape implements EffectWatcher {
  readonly seen: SeenEffect[] = [];
  isRunning = false;
  /** What is to arrive once more, when the walk is over. */
  readonly held: (() => void)[] = [];

  disturbance: Disturbance | null = null;

  /** With the number of the effect that is disturbed. */
  constructor(private readonly target: number | null = null) {}

  begin<Result>(process: Process, effect: Effect<Result>, done: (result: Result) => void): void {
    if (!this.isRunning) {
      effect.act(done);
      return;
    }
    const { kind, key, travels, unanswered } = effect;
    const number = this.seen.length + 1;
    this.seen.push({
      number,
      atMs: process.loop.nowMs,
      who: process.name,
      what: `${kind} ${key}`.trim(),
      travels,
      canBeLost: unanswered !== undefined,
    });
    if (number === this.target && this.disturbance) this.disturbance.disturb(process, effect, done, this);
    else effect.act(done);
  }
}

const pauseMs = 4000;
const laterMs = 2000;
const nobody = (): void => undefined;

/** What can happen to a single effect. */
export const disturbances: readonly Disturbance[] = [
  {
    name: 'crash before',
    suits: ({ who }) => !isOutside(who),
    disturb: () => {
      throw new Crash();
    },
  },
  {
    name: 'crash after',
    suits: ({ who }) => !isOutside(who),
    disturb: (_process, effect) =>
      effect.act(() => {
        throw new Crash();
      }),
  },
  {
    name: 'paused before',
    suits: ({ who }) => !isOutside(who),
    disturb: (process, effect, done) => {
      process.freeze(true);
      process.loop.after(pauseMs, () => process.freeze(false));
      process.run(() => effect.act(done));
    },
  },
  {
    name: 'twice',
    suits: () => true,
    disturb: (_process, effect, done) => {
      effect.act(done);
      effect.act(nobody);
    },
  },
  {
    name: 'once more at the end',
    suits: ({ travels }) => travels,
    disturb: (_process, effect, done, tape) => {
      effect.act(done);
      tape.held.push(() => effect.act(nobody));
    },
  },
  {
    name: 'once more a little later',
    suits: ({ travels }) => travels,
    disturb: (process, effect, done) => {
      effect.act(done);
      process.loop.after(laterMs, () => effect.act(nobody));
    },
  },
  {
    name: 'request lost',
    suits: ({ canBeLost }) => canBeLost,
    disturb: (process, effect, done) => unanswered(process, effect, done),
  },
  {
    name: 'answer lost',
    suits: ({ canBeLost }) => canBeLost,
    disturb: (process, effect, done) => {
      effect.act(nobody);
      unanswered(process, effect, done);
    },
  },
];

function unanswered<Result>(process: Process, effect: Effect<Result>, done: (result: Result) => void): void {
  const loss = effect.unanswered;
  if (loss) process.after(loss.afterMs, () => done(loss.result));
}

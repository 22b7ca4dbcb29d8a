import type { Process } from './process.js';

/** One thing that a program does to what is outside it, and whose result it waits for. */
export interface Effect<Result> {
  /** What is done, in words, and to what. */
  kind: string;
  key: string;
  /** Does it; `done` is called in the life that began it, or never. A second call is a second delivery. */
  act(done: (result: Result) => void): void;
  /** What the program makes of it when its request or the answer is lost; absent where nothing can be lost. */
  unanswered?: { afterMs: number; result: Result };
  /** It goes over a network or through a queue, so that it may arrive once more, much later. */
  travels: boolean;
}

/** Decides what becomes of each effect: for those who want to see or to disturb a single one. */
export interface EffectWatcher {
  begin<Result>(process: Process, effect: Effect<Result>, done: (result: Result) => void): void;
}

import type { RandomStream } from './rng.js';

/** All a core may know besides its state and its input. */
export interface Env {
  nowMs: number;
  random: RandomStream;
  /** The cluster's incarnation: new after a restore, part of every id and command. */
  incarnation: string;
}

/** What a core answers. */
export interface Step<State, Effect> {
  /** The record as it should be; the same object when nothing changes; null to remove it. */
  state: State;
  /** Idempotent requests to the outside, performed only after `state` was stored. */
  effects: Effect[];
  /** When to look again even if nothing happens; null for never. */
  wakeAtMs: number | null;
}

/**
 * A core: a pure, synchronous function. `Facts` is a read-only view of what the owner of the record has observed.
 * It is level-triggered: called with the same facts it asks for the same, so a crash between any two effects heals.
 */
export type Core<State, Facts, Effect> = (
  state: State,
  facts: Facts,
  env: Env,
) => Step<State, Effect>;


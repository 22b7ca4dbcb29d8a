/**
 * The synchronous twin of `libs/runtime/run-machine.ts`: same rules, callbacks instead of promises. Load, step,
 * compare-and-set, perform; effects only when the core, called with a stored state, changes nothing more.
 */
import { refused, trimmed, type Reply, type TransitionRecord } from '@holdfast/contracts';
import type { Step } from '@holdfast/kernel';
import type { Size } from '../check/bounds.js';
import type { Process } from '../engine/process.js';
import { TwinDeriver, type TwinDerivation } from './deriver.js';
import type { RunnerPlant } from './plant.js';
import type { Entry, TwinProjection } from './projection.js';
import { rankDelayMs } from './rank.js';
import { atRest, cancelWake, type Answers, type Attempt, type KeyState } from './runner-work.js';

export type { Answers } from './runner-work.js';

export interface KeyedEffect {
  key: string;
  resendMs?: number;
}

export interface TwinMachine<State extends TransitionRecord, Effect extends KeyedEffect>
  extends TwinDerivation<State> {
  /** Its records change on request only: no core looks at them. */
  isIdle?: true;
  step(entry: Entry<State>, answers: Answers): Step<State, Effect>;
  perform(effect: Effect, entry: Entry<State>, done: (reply: Reply<unknown>) => void): void;
}

export interface Decision<State> {
  change: State | null;
  reply: Reply<unknown>;
}

const defaultResendMs = 1000;
const rankYieldMs = 1500;
const maxRounds = 64;
const maxEffectsInFlight = 512;
const maxAttemptsToChange = 12;
/** Effects of one record that were asked for within the last minute. */
const maxRemembered = 128;
const maxKeysBeyond = 64;
const conflictPauseMs = 15;
const outrunMs = 100;
const busPauseMs = 200;

export interface RunnerCounts {
  conflicts: number;
  restless: number;
}

export class TwinRunner<State extends TransitionRecord, Effect extends KeyedEffect> {
  private readonly keys = new Map<string, KeyState>();
  private readonly deriver: TwinDeriver<State>;
  /** Writes under way, by key: told of newer revisions. */
  private readonly writes = new Map<string, Set<(revision: number) => void>>();
  private inFlightCount = 0;

  constructor(
    private readonly machine: TwinMachine<State, Effect>,
    private readonly projection: TwinProjection<State>,
    private readonly process: Process,
    private readonly rank: () => number,
    private readonly counts: RunnerCounts,
    private readonly plant: RunnerPlant | undefined = undefined,
  ) {
    this.deriver = new TwinDeriver(machine, projection, process);
  }

  *sizes(name: string): Iterable<Size> {
    yield { what: `effects of ${name} in flight`, size: this.inFlightCount, bound: maxEffectsInFlight };
    // Those that nobody has a record of any more are forgotten; a poke may have come between.
    yield { what: `records ${name} works on`, size: this.keys.size, bound: this.projection.size + maxKeysBeyond };
    let most = 0;
    let mostAtOnce = 0;
    for (const { performed, inHand } of this.keys.values()) {
      if (performed.size > most) most = performed.size;
      if (inHand.size > 0) for (const count of inHand.values()) mostAtOnce = Math.max(mostAtOnce, count);
    }
    yield { what: `times that ${name} has one effect in hand`, size: mostAtOnce, bound: 1 };
    yield { what: `effects ${name} remembers of one record`, size: most, bound: maxRemembered };
  }

  start(): void {
    this.projection.onChange((key, entry) => {
      for (const seen of this.writes.get(key) ?? []) seen(entry?.revision ?? Infinity);
      if (entry) this.poke(key);
      else this.forget(key);
    });
    this.pokeAll();
  }

  pokeAll(): void {
    for (const key of this.projection.keys()) this.poke(key);
  }

  poke(key: string): void {
    const work = this.stateOf(key);
    if (work.yielding) return;
    if (work.busy) {
      work.again = true;
      return;
    }
    const rank = this.rank();
    if (rank === 0) this.begin(work);
    else {
      work.yielding = true;
      this.process.task(rank * rankDelayMs, work.goAhead);
    }
  }

  /** Changes (or creates) a record on request, by compare-and-set, whatever this replica's rank. */
  change(
    key: string,
    decide: (state: State | null) => Decision<State>,
    done: (reply: Reply<unknown>) => void,
    attempt = 0,
  ): void {
    if (attempt >= maxAttemptsToChange) {
      done(refused('unavailable', `${key} keeps changing under the request`));
      return;
    }
    const entry = this.projection.get(key);
    this.process.loop.stepCount += 1;
    const decision = decide(entry?.value ?? null);
    if (decision.change === null) {
      done(decision.reply);
      return;
    }
    this.write(key, entry, decision.change, (result) => {
      if (result === 'failed') done(refused('unavailable', 'the bus failed', { remedy: 'try again' }));
      else if (result === 'stored') {
        this.poke(key);
        done(decision.reply);
      } else {
        this.refresh(key, entry?.revision ?? 0, (isRead) => {
          if (isRead) this.change(key, decide, done, attempt + 1);
          else done(refused('unavailable', 'the bus failed', { remedy: 'try again' }));
        });
      }
    });
  }

  private begin(work: KeyState): void {
    work.busy = true;
    this.process.next(work.begin);
  }

  private work(key: string, work: KeyState): void {
    work.again = false;
    const entry = this.projection.get(key);
    const next = entry ? this.step(key, work, entry) : null;
    if (!entry || next === null) this.worked(key, work, true);
    else this.store(key, work, { entry, next, round: 0 }, (isWell) => this.worked(key, work, isWell));
  }

  private worked(key: string, work: KeyState, isWell: boolean): void {
    const goesOn = isWell && work.again && this.keys.get(key) === work;
    if (goesOn) {
      this.work(key, work);
      return;
    }
    work.busy = false;
    if (!isWell) this.wakeAfter(work, busPauseMs);
  }

  private evaluate(key: string, work: KeyState, round: number, done: (isWell: boolean) => void): void {
    const entry = this.projection.get(key);
    if (!entry) {
      done(true);
      return;
    }
    if (round >= maxRounds) {
      this.counts.restless += 1;
      this.wakeAfter(work, 1000);
      done(true);
      return;
    }
    const next = this.step(key, work, entry);
    if (next === null) done(true);
    else this.store(key, work, { entry, next, round }, done);
  }

  /** The state that the core wants stored; null when it is at rest, and what it asks for is under way. */
  private step(key: string, work: KeyState, entry: Entry<State>): State | null {
    if (work.revision !== entry.revision) {
      work.revision = entry.revision;
      work.revisionSinceMs = this.process.nowMs();
    }
    if (!this.machine.isIdle) this.process.loop.stepCount += 1;
    const { state, effects, wakeAtMs } = this.machine.step(entry, work.answers);
    if (state !== entry.value) {
      if (this.plant?.actsEarly) this.actEarly(key, work, { ...entry, value: state });
      return state;
    }
    this.deriver.derive(entry);
    const effectsInMs = this.performAll(key, work, entry, effects);
    const coreInMs = wakeAtMs === null ? Infinity : Math.max(5, wakeAtMs - this.process.nowMs());
    const nextMs = Math.min(effectsInMs, coreInMs);
    if (nextMs !== Infinity) this.wakeAfter(work, nextMs);
    else cancelWake(work);
    return null;
  }

  private actEarly(key: string, work: KeyState, entry: Entry<State>): void {
    const { state, effects } = this.machine.step(entry, work.answers);
    if (state === entry.value) this.performAll(key, work, entry, effects);
  }

  private store(
    key: string,
    work: KeyState,
    { entry, next, round }: { entry: Entry<State>; next: State; round: number },
    done: (isWell: boolean) => void,
  ): void {
    this.write(key, entry, next, (result) => {
      if (result === 'failed') done(false);
      else if (result === 'stored') {
        work.storedRevision = this.projection.get(key)?.revision ?? 0;
        this.evaluate(key, work, round + 1, done);
      } else {
        this.refresh(key, entry.revision, (isRead) => {
          if (isRead) this.evaluate(key, work, round + 1, done);
          else done(false);
        });
      }
    });
  }

  private write(
    key: string,
    entry: Entry<State> | null,
    state: State,
    done: (result: 'stored' | 'lost' | 'failed') => void,
  ): void {
    const { bucket } = this.projection;
    const derivedThrough = this.plant?.marksEarly ? state.transitionCount : this.deriver.derivedThrough(key, state);
    const record = trimmed(state, derivedThrough);
    const settle = this.projection.intend(key, record);
    let isOver = false;
    const finish = (outcome: { ok: true; value: number | null } | { ok: false }): void => {
      if (isOver) return;
      isOver = true;
      endRace();
      settle();
      if (!outcome.ok) {
        done('failed');
        return;
      }
      if (outcome.value === null) {
        this.counts.conflicts += 1;
        done('lost');
        return;
      }
      this.projection.apply(key, record, outcome.value);
      this.deriver.derive({ key, value: record, revision: outcome.value });
      done('stored');
    };
    const endRace = this.race(key, entry?.revision ?? 0, () => finish({ ok: true, value: null }));
    if (this.isBlind(key)) bucket.put(this.process, key, record, finish);
    else if (entry) bucket.update(this.process, key, record, entry.revision, finish);
    else bucket.create(this.process, key, record, finish);
  }

  /** A write that nobody answers is not waited for once a newer revision was seen; call what it returns at the end. */
  private race(key: string, base: number, lost: () => void): () => void {
    let cancel = (): void => undefined;
    const seen = (revision: number): void => {
      if (revision <= base) return;
      cancel();
      cancel = this.process.after(outrunMs, lost);
    };
    const writes = this.writes.get(key) ?? new Set();
    this.writes.set(key, writes.add(seen));
    return () => {
      cancel();
      writes.delete(seen);
      if (writes.size === 0 && this.writes.get(key) === writes) this.writes.delete(key);
    };
  }

  /** A bug may store without comparing. */
  private isBlind(key: string): boolean {
    const { plant } = this;
    return plant !== undefined && (plant.isBlindAt === this.rank() || this.keys.get(key)?.isBelieving === true);
  }

  private refresh(key: string, lostRevision: number, done: (isRead: boolean) => void): void {
    this.projection.bucket.get(this.process, key, (outcome) => {
      if (!outcome.ok) {
        done(false);
        return;
      }
      const fresh = outcome.value;
      if (fresh && fresh.value !== null && this.plant?.believesReads) {
        this.stateOf(key).isBelieving = true;
        this.projection.believe(key, fresh.value, fresh.revision);
        done(true);
        return;
      }
      if (fresh && fresh.value !== null && fresh.revision > lostRevision) {
        this.projection.apply(key, fresh.value, fresh.revision);
        done(true);
      } else this.process.after(conflictPauseMs, () => done(true));
    });
  }

  /** In how long an effect is due that is not due now. */
  private performAll(key: string, work: KeyState, entry: Entry<State>, effects: Effect[]): number {
    if (effects.length === 0 && work.performed.size === 0) return Infinity;
    const nowMs = this.process.nowMs();
    const yieldMs = this.rank() * rankYieldMs - (nowMs - work.revisionSinceMs);
    if (yieldMs > 0) return effects.length > 0 ? yieldMs : Infinity;
    if (this.plant?.leavesToOthers && work.storedRevision !== entry.revision) return Infinity;
    let nextMs = Infinity;
    for (const effect of effects) {
      const resendMs = effect.resendMs ?? defaultResendMs;
      const before = work.performed.get(effect.key);
      if (before?.inFlight && !this.plant?.pilesUp) continue;
      const dueInMs = before ? before.atMs + resendMs - nowMs : 0;
      if (dueInMs > 0 || this.inFlightCount >= maxEffectsInFlight) {
        nextMs = Math.min(nextMs, Math.max(dueInMs, 10));
      } else this.performOne(key, work, entry, effect);
    }
    if (work.performed.size > 0) {
      const wanted = new Set(effects.map((effect) => effect.key));
      for (const [effectKey, attempt] of work.performed) {
        if (!attempt.inFlight && !wanted.has(effectKey) && nowMs - attempt.atMs > 60_000) {
          work.performed.delete(effectKey);
        }
      }
    }
    return nextMs;
  }

  private performOne(key: string, work: KeyState, entry: Entry<State>, effect: Effect): void {
    const attempt: Attempt = {
      atMs: this.process.nowMs(),
      inFlight: true,
      answer: work.performed.get(effect.key)?.answer ?? null,
    };
    work.performed.set(effect.key, attempt);
    this.inFlightCount += 1;
    const inHand = (work.inHand.get(effect.key) ?? 0) + 1;
    work.inHand.set(effect.key, inHand);
    this.machine.perform(effect, entry, (reply) => {
      this.inFlightCount -= 1;
      const left = (work.inHand.get(effect.key) ?? 1) - 1;
      if (left > 0) work.inHand.set(effect.key, left);
      else work.inHand.delete(effect.key);
      attempt.inFlight = false;
      attempt.atMs = this.process.nowMs();
      attempt.answer = { atMs: attempt.atMs, reply };
      this.poke(key);
    });
  }

  private wakeAfter(work: KeyState, delayMs: number): void {
    cancelWake(work);
    work.wake = this.process.task(delayMs, work.poke);
  }

  private stateOf(key: string): KeyState {
    const known = this.keys.get(key);
    if (known) return known;
    const work: KeyState = atRest({
      poke: () => this.poke(key),
      begin: () => this.work(key, work),
      goAhead: () => {
        work.yielding = false;
        if (!work.busy && this.keys.get(key) === work) this.begin(work);
      },
    });
    this.keys.set(key, work);
    return work;
  }

  private forget(key: string): void {
    const work = this.keys.get(key);
    if (work) cancelWake(work);
    this.keys.delete(key);
    this.deriver.forget(key);
  }
}

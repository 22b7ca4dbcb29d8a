import { BusError, requestContext, type Bus, type BucketHandle, type Entry } from '@holdfast/bus';
import {
  causedBy,
  refused,
  trimmed,
  type Bucket,
  type Refusal,
  type Reply,
  type TransitionRecord,
} from '@holdfast/contracts';
import type { Step } from '@holdfast/kernel';
import type { Clock } from './clock.js';
import { Deriver, type Derivation } from './derive.js';
import type { RunnerLog } from './log-port.js';
import type { Projection } from './projection.js';
import { rankDelayMs } from './rank.js';
import { inTraceOf } from './request-context.js';

/** What became of the newest attempt at an effect. */
export interface Answer {
  atMs: number;
  reply: Reply<unknown>;
}
export type Answers = (effectKey: string) => Answer | null;

export interface KeyedEffect {
  /** The same key means the same effect: it is in flight once, and sent again only after `resendMs`. */
  key: string;
  resendMs?: number;
}

/** A core together with the adapters that perform its effects. */
export interface Machine<State extends TransitionRecord, Effect extends KeyedEffect>
  extends Derivation<State> {
  contract: Bucket<State>;
  step(entry: Entry<State>, answers: Answers): Step<State, Effect>;
  perform(effect: Effect, entry: Entry<State>): Promise<Reply<unknown>>;
}

/** Without a change, where nothing is to be stored. */
export interface Decision<State> {
  change: State | null;
  reply: Reply<unknown>;
}

const defaultResendMs = 1000;
/** How long a rank leaves the effects of a stored decision to the rank before it. */
const rankYieldMs = 1500;
const maxRounds = 64;
const maxEffectsInFlight = 512;
const maxAttemptsToChange = 12;
const conflictPauseMs = 15;
/** A write of ours that is not acknowledged so long after a newer revision was seen has lost, or was that one. */
const outrunMs = 100;

interface KeyState {
  busy: boolean;
  again: boolean;
  cancelWake: () => void;
  /** Set while a replica that is not first lets the ranks before it go ahead. */
  yielding: boolean;
  /** The newest revision seen and when, by our clock. */
  revision: number;
  revisionSinceMs: number;
  performed: Map<string, { atMs: number; inFlight: boolean; answer: Answer | null }>;
}

/**
 * Runs one core over all records of a bucket: load, step, compare-and-set, perform. A record is worked on by one
 * evaluation at a time; effects are performed only when the core, called with a stored state, changes nothing more.
 */
export class MachineRunner<State extends TransitionRecord, Effect extends KeyedEffect> {
  private readonly keys = new Map<string, KeyState>();
  private readonly handle: BucketHandle<State>;
  private readonly deriver: Deriver<State>;
  /** Writes under way, by key: told of newer revisions. */
  private readonly writes = new Map<string, Set<(revision: number) => void>>();
  private inFlightCount = 0;
  private stopped = false;

  constructor(
    private readonly machine: Machine<State, Effect>,
    private readonly projection: Projection<State>,
    bus: Bus,
    private readonly options: { clock: Clock; rank: () => number; log: RunnerLog },
  ) {
    this.handle = bus.bucket(machine.contract);
    this.deriver = new Deriver(machine, this.handle, projection, bus, options);
  }

  /** Call once the projections the facts come from are ready. */
  start(): void {
    this.projection.onChange((key, entry) => {
      for (const seen of this.writes.get(key) ?? []) seen(entry?.revision ?? Infinity);
      if (entry) this.poke(key);
      else this.forget(key);
    });
    for (const key of this.projection.keys()) this.poke(key);
  }

  stop(): void {
    this.stopped = true;
    for (const key of [...this.keys.keys()]) this.forget(key);
    this.deriver.stop();
  }

  /** Something this record's core looks at may have changed. */
  poke(key: string): void {
    if (this.stopped) return;
    const work = this.stateOf(key);
    if (work.yielding) return;
    if (work.busy) {
      work.again = true;
      return;
    }
    const rank = this.options.rank();
    if (rank === 0) this.begin(key, work);
    else {
      work.yielding = true;
      this.options.clock.after(rank * rankDelayMs, () => {
        work.yielding = false;
        if (!work.busy && this.keys.get(key) === work) this.begin(key, work);
      });
    }
  }

  private begin(key: string, work: KeyState): void {
    work.busy = true;
    // Whoever's request poked it is not who caused what is done for it from now on.
    queueMicrotask(() => void requestContext.run({}, () => this.work(key, work)));
  }

  pokeAll(): void {
    for (const key of this.projection.keys()) this.poke(key);
  }

  /** Changes (or creates) a record on request, by compare-and-set, whatever this replica's rank. */
  async change(
    key: string,
    decide: (state: State | null) => Decision<State>,
  ): Promise<Reply<unknown>> {
    for (let attempt = 0; attempt < maxAttemptsToChange; attempt += 1) {
      const entry = this.projection.get(key);
      const decision = decide(entry?.value ?? null);
      if (decision.change === null) return decision.reply;
      try {
        const { traceparent } = requestContext.getStore() ?? {};
        const change = causedBy(decision.change, entry?.value.transitionCount ?? 0, traceparent);
        if (await this.write(key, entry, change)) {
          this.poke(key);
          return decision.reply;
        }
        await this.refresh(key, entry?.revision ?? 0);
      } catch (error) {
        return { ok: false, refusal: asRefusal(error) };
      }
    }
    return refused('unavailable', `${key} keeps changing under the request`, { remedy: 'try again' });
  }

  private async work(key: string, work: KeyState): Promise<void> {
    try {
      do {
        work.again = false;
        await this.evaluate(key, work);
      } while (work.again && !this.stopped && this.keys.get(key) === work);
    } catch (error) {
      if (!(error instanceof BusError)) throw error;
      this.options.log.warn({ key, err: error }, `${this.machine.noun}: the bus failed; trying again`);
      this.wakeAfter(key, work, 200);
    } finally {
      work.busy = false;
    }
  }

  private async evaluate(key: string, work: KeyState): Promise<void> {
    for (let round = 0; round < maxRounds; round += 1) {
      const entry = this.projection.get(key);
      if (!entry || this.stopped) return;
      if (work.revision !== entry.revision) {
        work.revision = entry.revision;
        work.revisionSinceMs = this.options.clock.nowMs();
      }
      const { state, effects, wakeAtMs } = this.machine.step(entry, (effectKey) =>
        work.performed.get(effectKey)?.answer ?? null,
      );
      if (state === entry.value) {
        this.deriver.derive(entry);
        const effectsInMs = this.performAll(key, work, entry, effects);
        const coreInMs = wakeAtMs === null ? Infinity : Math.max(5, wakeAtMs - this.options.clock.nowMs());
        const nextMs = Math.min(effectsInMs, coreInMs);
        if (nextMs !== Infinity) this.wakeAfter(key, work, nextMs);
        else work.cancelWake();
        return;
      }
      if (!(await this.write(key, entry, state))) await this.refresh(key, entry.revision);
    }
    this.options.log.warn({ key }, `${this.machine.noun}: no rest after ${maxRounds} steps; pausing`);
    this.wakeAfter(key, work, 1000);
  }

  private async write(key: string, entry: Entry<State> | null, state: State): Promise<boolean> {
    const record = trimmed(state, this.deriver.derivedThrough(key, state));
    const settle = this.projection.intend(key, record);
    const race = this.race(key, entry?.revision ?? 0);
    let revision: number | null;
    try {
      const stored = entry
        ? this.handle.update(key, record, entry.revision)
        : this.handle.create(key, record);
      revision = await Promise.race([stored, race.lost]);
    } finally {
      race.end();
      settle();
    }
    if (revision === null) return false;
    this.projection.apply(key, record, revision);
    this.deriver.derive({ key, value: record, revision });
    return true;
  }

  /** A write that nobody answers holds a record up for as long as it lasts; a newer revision ends the wait. */
  private race(key: string, base: number): { lost: Promise<null>; end(): void } {
    let cancel = (): void => {};
    let seen = (_revision: number): void => {};
    const lost = new Promise<null>((resolve) => {
      seen = (revision) => {
        if (revision <= base) return;
        cancel();
        cancel = this.options.clock.after(outrunMs, () => resolve(null));
      };
    });
    const writes = this.writes.get(key) ?? new Set();
    this.writes.set(key, writes.add(seen));
    const end = (): void => {
      cancel();
      writes.delete(seen);
      if (writes.size === 0 && this.writes.get(key) === writes) this.writes.delete(key);
    };
    return { lost, end };
  }

  /** After a lost race: takes the newer record, by asking if the watch has not brought it yet. */
  private async refresh(key: string, lostRevision: number): Promise<void> {
    const fresh = await this.handle.get(key);
    if (fresh && fresh.revision > lostRevision) this.projection.apply(key, fresh.value, fresh.revision);
    else await new Promise<void>((resolve) => void this.options.clock.after(conflictPauseMs, resolve));
  }

  /** In how long an effect is due that is not due now; `Infinity` when there is none. */
  private performAll(key: string, work: KeyState, entry: Entry<State>, effects: Effect[]): number {
    const nowMs = this.options.clock.nowMs();
    // What another replica has decided, it also performs; a rank further back does so only if nothing has come of it.
    const yieldMs = this.options.rank() * rankYieldMs - (nowMs - work.revisionSinceMs);
    if (yieldMs > 0) return effects.length > 0 ? yieldMs : Infinity;
    const wanted = new Set(effects.map((effect) => effect.key));
    let nextMs = Infinity;
    for (const effect of effects) {
      const resendMs = effect.resendMs ?? defaultResendMs;
      const before = work.performed.get(effect.key);
      if (before?.inFlight) continue;
      const dueInMs = before ? before.atMs + resendMs - nowMs : 0;
      if (dueInMs > 0 || this.inFlightCount >= maxEffectsInFlight) {
        nextMs = Math.min(nextMs, Math.max(dueInMs, 10));
      } else void this.performOne(key, work, entry, effect);
    }
    for (const [effectKey, done] of work.performed) {
      if (!done.inFlight && !wanted.has(effectKey) && nowMs - done.atMs > 60_000) {
        work.performed.delete(effectKey);
      }
    }
    return nextMs;
  }

  private async performOne(
    key: string,
    work: KeyState,
    entry: Entry<State>,
    effect: Effect,
  ): Promise<void> {
    const attempt = {
      atMs: this.options.clock.nowMs(),
      inFlight: true,
      answer: work.performed.get(effect.key)?.answer ?? null,
    };
    work.performed.set(effect.key, attempt);
    this.inFlightCount += 1;
    let reply: Reply<unknown>;
    try {
      reply = await inTraceOf(entry.value.transitions.at(-1), () => this.machine.perform(effect, entry));
    } catch (error) {
      reply = { ok: false, refusal: asRefusal(error) };
    }
    this.inFlightCount -= 1;
    attempt.inFlight = false;
    attempt.atMs = this.options.clock.nowMs();
    attempt.answer = { atMs: attempt.atMs, reply };
    if (!reply.ok) {
      const { refusal } = reply;
      inTraceOf(entry.value.transitions.at(-1), () =>
        this.options.log.info({ key, effect: effect.key, refusal }, 'effect not done'));
    }
    this.poke(key);
  }

  private wakeAfter(key: string, work: KeyState, delayMs: number): void {
    work.cancelWake();
    work.cancelWake = this.options.clock.after(delayMs, () => this.poke(key));
  }

  private stateOf(key: string): KeyState {
    let work = this.keys.get(key);
    if (!work) {
      work = {
        busy: false,
        again: false,
        cancelWake: () => {},
        yielding: false,
        revision: 0,
        revisionSinceMs: 0,
        performed: new Map(),
      };
      this.keys.set(key, work);
    }
    return work;
  }

  private forget(key: string): void {
    this.keys.get(key)?.cancelWake();
    this.keys.delete(key);
    this.deriver.forget(key);
  }
}

/** An effect or a request that threw: the bus failing is a refusal to try again; anything else is a bug. */
function asRefusal(error: unknown): Refusal {
  if (error instanceof BusError) {
    return { code: 'unavailable', message: error.message, remedy: 'try again' };
  }
  throw error;
}

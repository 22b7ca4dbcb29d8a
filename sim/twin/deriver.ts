/** The twin of `libs/runtime/derive.ts`: events go out in order, then the record is marked, or removed. */
import { trimmed, type Transition, type TransitionRecord } from '@holdfast/contracts';
import type { Task } from '../engine/event-queue.js';
import type { Process } from '../engine/process.js';
import type { Entry, TwinProjection } from './projection.js';

export interface TwinDerivation<State extends TransitionRecord> {
  noun: string;
  /** Unique to this record for ever. */
  identity(state: State): string;
  isGone(state: State): boolean;
  /** An event is published: at least once, in order, under an id made of the record and its number. */
  publish(key: string, state: State, transition: Transition): void;
  /** Other records that are derived from it; idempotent. False when they could not be stored. */
  follow?(state: State, transition: Transition, done: (isWell: boolean) => void): void;
}

const lazyMarkMs = 5000;
const publishMs = 2;
const publishTimeoutMs = 5000;
const retryMs = 1000;

interface KeyWork {
  through: number;
  running: boolean;
  task: Task | null;
}

export class TwinDeriver<State extends TransitionRecord> {
  private readonly keys = new Map<string, KeyWork>();

  constructor(
    private readonly derivation: TwinDerivation<State>,
    private readonly projection: TwinProjection<State>,
    private readonly process: Process,
  ) {}

  derivedThrough(key: string, state: State): number {
    const through = this.keys.get(key)?.through ?? 0;
    return through > state.transitionCount ? state.derivedThrough : Math.max(through, state.derivedThrough);
  }

  derive(entry: Entry<State>): void {
    const work = this.workOf(entry);
    if (work.running) return;
    if (work.through >= entry.value.transitionCount) {
      this.finish(entry, work);
      return;
    }
    work.running = true;
    this.publish(entry, work, (isOut) => {
      work.running = false;
      if (isOut) this.derive(this.projection.get(entry.key) ?? entry);
      else this.later(entry.key, work);
    });
  }

  private later(key: string, work: KeyWork): void {
    cancel(work);
    work.task = this.process.task(retryMs, () => {
      const newest = this.projection.get(key);
      if (newest) this.derive(newest);
    });
  }

  /** One after another; stops at the first that does not come out. */
  private publish(entry: Entry<State>, work: KeyWork, done: (areOut: boolean) => void): void {
    const { key, value } = entry;
    const transition = value.transitions.find(({ number }) => number > work.through);
    if (!transition) {
      work.through = Math.max(work.through, value.transitionCount);
      done(true);
      return;
    }
    const next = (isOut: boolean): void => {
      if (!isOut) {
        done(false);
        return;
      }
      work.through = Math.max(work.through, transition.number);
      this.publish(entry, work, done);
    };
    const { events } = this.projection.bucket;
    const act = (published: (isOut: boolean) => void): void => {
      if (events === null) {
        this.process.after(publishMs, () => {
          this.derivation.publish(key, value, transition);
          published(true);
        });
        return;
      }
      this.derivation.publish(key, value, transition);
      const record = `${value.incarnation}.${this.derivation.noun}.${this.derivation.identity(value)}`;
      const { number } = transition;
      events.publish(this.process, [{ id: `${record}.${number}`, record, number }], published);
    };
    const unanswered = { afterMs: publishTimeoutMs, result: false };
    this.process.perform({ kind: `publish ${transition.event} of`, key, act, unanswered, travels: true }, (isOut) => {
      if (isOut && this.derivation.follow) this.derivation.follow(value, transition, next);
      else next(isOut);
    });
  }

  forget(key: string): void {
    const work = this.keys.get(key);
    if (work) cancel(work);
    this.keys.delete(key);
  }

  private workOf(entry: Entry<State>): KeyWork {
    let work = this.keys.get(entry.key);
    if (!work) {
      work = { through: entry.value.derivedThrough, running: false, task: null };
      this.keys.set(entry.key, work);
    }
    work.through = this.derivedThrough(entry.key, entry.value);
    return work;
  }

  private finish(entry: Entry<State>, work: KeyWork): void {
    cancel(work);
    const { bucket } = this.projection;
    if (this.derivation.isGone(entry.value)) {
      bucket.remove(this.process, entry.key, entry.revision, (outcome) => {
        if (!outcome.ok) this.later(entry.key, work);
        else if (outcome.value !== null) this.projection.apply(entry.key, null, entry.revision + 1);
      });
    } else if (entry.value.derivedThrough < entry.value.transitionCount) {
      work.task = this.process.task(lazyMarkMs, () => this.mark(entry.key, work));
    }
  }

  private mark(key: string, work: KeyWork): void {
    const entry = this.projection.get(key);
    if (!entry || entry.value.derivedThrough >= work.through) return;
    const record = trimmed(entry.value, work.through);
    this.projection.bucket.update(this.process, key, record, entry.revision, (outcome) => {
      if (outcome.ok && outcome.value !== null) this.projection.apply(key, record, outcome.value);
    });
  }
}

function cancel(work: KeyWork): void {
  if (work.task) work.task.run = null;
  work.task = null;
}

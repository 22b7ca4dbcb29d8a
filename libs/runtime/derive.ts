import { BusError, type Bus, type BucketHandle, type Entry } from '@holdfast/bus';
import {
  eventOf,
  eventSubject,
  trimmed,
  type Transition,
  type TransitionRecord,
} from '@holdfast/contracts';
import type { Clock } from './clock.js';
import type { RunnerLog } from './log-port.js';
import type { Projection } from './projection.js';
import { inTraceOf } from './request-context.js';

/** How the public events of a record come about. */
export interface Derivation<State extends TransitionRecord> {
  noun: string;
  /** Unique to this record for ever: the uid where a name may be used again. */
  identity(state: State): string;
  /** The record is a tombstone: remove it once its events are out. */
  isGone(state: State): boolean;
  /** Other records derived from a transition; idempotent. */
  onTransition?(state: State, transition: Transition): Promise<void>;
}

/** When nothing else writes the record, its mark is stored after this long. */
const lazyMarkMs = 5000;
const retryMs = 1000;

interface KeyWork {
  through: number;
  running: boolean;
  cancel: () => void;
}

/** Publishes the events of numbered transitions, in order, each at least once and under the same id. */
export class Deriver<State extends TransitionRecord> {
  private readonly keys = new Map<string, KeyWork>();
  private stopped = false;

  constructor(
    private readonly derivation: Derivation<State>,
    private readonly handle: BucketHandle<State>,
    private readonly projection: Projection<State>,
    private readonly bus: Bus,
    private readonly options: { clock: Clock; log: RunnerLog },
  ) {}

  /** Number up to which events of this record are known to be out. */
  derivedThrough(key: string, state: State): number {
    const through = this.keys.get(key)?.through ?? 0;
    return through > state.transitionCount ? state.derivedThrough : Math.max(through, state.derivedThrough);
  }

  derive(entry: Entry<State>): void {
    if (this.stopped) return;
    const work = this.workOf(entry);
    if (work.running) return;
    if (work.through >= entry.value.transitionCount) {
      this.finish(entry, work);
      return;
    }
    work.running = true;
    void this.publish(entry, work);
  }

  forget(key: string): void {
    this.keys.get(key)?.cancel();
    this.keys.delete(key);
  }

  stop(): void {
    this.stopped = true;
    for (const key of [...this.keys.keys()]) this.forget(key);
  }

  private workOf(entry: Entry<State>): KeyWork {
    let work = this.keys.get(entry.key);
    if (!work) {
      work = { through: entry.value.derivedThrough, running: false, cancel: () => {} };
      this.keys.set(entry.key, work);
    }
    work.through = this.derivedThrough(entry.key, entry.value);
    return work;
  }

  private async publish(entry: Entry<State>, work: KeyWork): Promise<void> {
    const { noun } = this.derivation;
    const identity = this.derivation.identity(entry.value);
    let failed = false;
    try {
      for (const transition of entry.value.transitions) {
        if (transition.number <= work.through) continue;
        await this.bus.publishEvent(
          eventSubject(transition.event, entry.key),
          eventOf(entry.value, transition, { service: this.bus.service, noun, key: entry.key, identity }),
        );
        await this.derivation.onTransition?.(entry.value, transition);
        work.through = transition.number;
        const { event, text, operation, incident, data } = transition;
        inTraceOf(transition, () =>
          this.options.log.info({ [noun]: entry.key, event, operation, incident, data }, text));
      }
    } catch (error) {
      if (!(error instanceof BusError)) throw error;
      failed = true;
    }
    work.running = false;
    if (failed) this.later(entry.key, work);
    else this.derive(this.projection.get(entry.key) ?? entry);
  }

  private later(key: string, work: KeyWork): void {
    work.cancel();
    if (this.stopped) return;
    work.cancel = this.options.clock.after(retryMs, () => {
      const newest = this.projection.get(key);
      if (newest) this.derive(newest);
    });
  }

  /** All events are out: removes a tombstone at once, marks any other record after a quiet while. */
  private finish(entry: Entry<State>, work: KeyWork): void {
    work.cancel();
    if (this.derivation.isGone(entry.value)) {
      void this.remove(entry, work);
    } else if (entry.value.derivedThrough < entry.value.transitionCount) {
      work.cancel = this.options.clock.after(lazyMarkMs, () => void this.mark(entry.key, work));
    }
  }

  private async remove(entry: Entry<State>, work: KeyWork): Promise<void> {
    try {
      if (await this.handle.remove(entry.key, entry.revision)) {
        this.projection.apply(entry.key, null, entry.revision + 1);
      }
    } catch (error) {
      if (!(error instanceof BusError)) throw error;
      // Nothing changes a tombstone any more, so nobody else would bring it up again.
      this.later(entry.key, work);
    }
  }

  private async mark(key: string, work: KeyWork): Promise<void> {
    const entry = this.projection.get(key);
    if (!entry || this.stopped || entry.value.derivedThrough >= work.through) return;
    try {
      const record = trimmed(entry.value, work.through);
      const revision = await this.handle.update(key, record, entry.revision);
      if (revision !== null) this.projection.apply(key, record, revision);
    } catch (error) {
      if (!(error instanceof BusError)) throw error;
    }
  }
}

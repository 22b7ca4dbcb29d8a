/** The twin of what the storage service does to its target daemon: one change at a time for each volume, in steps. */
import { refused, type Holder, type Reply } from '@holdfast/contracts';
import type { AttachmentEffect } from '@holdfast/storage/core';
import type { Size } from '../check/bounds.js';
import type { Process } from '../engine/process.js';
import { openingSteps, type OpeningStep, type TargetStore } from '../world/target-store.js';
import type { Plant } from './plant.js';
import { daemonHangs, daemonReply } from './storage-parts.js';

export type TargetEffect = Extract<AttachmentEffect, { kind: 'open' | 'delete' }>;
/** One opening and one deletion for each of the holders that a record has room for. */
const maxQueued = 32;

type Answer = (reply: Reply<unknown>) => void;

export interface TargetWorkParts {
  process: Process;
  store: TargetStore;
  planted: Plant;
  /** Its password lies sealed where its host finds it. */
  seal(holder: Holder, done: (isSealed: boolean) => void): void;
  /** Looked at once more in the very moment of opening: what was asked for may have been revoked meanwhile. */
  mayOpen(volume: string, holder: Holder): boolean;
  /** Targets have come or gone. */
  changed(): void;
}

export class TargetWork {
  private readonly tails = new Map<string, (() => void)[]>();
  private readonly steps: readonly OpeningStep[];

  constructor(private readonly parts: TargetWorkParts) {
    // Planted bug: reachable before anybody is asked for a password.
    this.steps = parts.planted.bindsAddressFirst ? ['make', 'address', 'account'] : openingSteps;
  }

  *sizes(name: string): Iterable<Size> {
    let most = 0;
    for (const waiting of this.tails.values()) most = Math.max(most, waiting.length + 1);
    yield { what: `changes of one volume's targets at ${name}`, size: most, bound: maxQueued };
  }

  /** The password is sealed for its host first: what was asked for may be revoked meanwhile. */
  perform(effect: TargetEffect, volume: string, done: Answer): void {
    if (effect.kind === 'delete') this.enqueue(effect, volume, done);
    else {
      this.parts.seal(effect.holder, (isSealed) => {
        if (isSealed && this.parts.planted.opensRevoked) this.openOutOfTurn(effect, volume, done);
        else if (isSealed) this.enqueue(effect, volume, done);
        else done(refused('unavailable', 'its password could not be stored'));
      });
    }
  }

  /** Planted bug: it comes when it comes. */
  private openOutOfTurn(effect: TargetEffect, volume: string, done: Answer): void {
    const { process } = this.parts;
    process.after(process.loop.random(`store/${process.name}`).integer(4000), () =>
      this.change(effect, volume, (reply) => {
        this.parts.changed();
        done(reply);
      }),
    );
  }

  private enqueue(effect: TargetEffect, volume: string, done: Answer): void {
    const turn = (): void =>
      this.change(effect, volume, (reply) => {
        const next = this.tails.get(volume)?.shift();
        if (next) this.parts.process.next(next);
        else this.tails.delete(volume);
        this.parts.changed();
        done(reply);
      });
    const waiting = this.tails.get(volume);
    if (waiting) waiting.push(turn);
    else {
      this.tails.set(volume, []);
      turn();
    }
  }

  private change(effect: TargetEffect, volume: string, done: Answer): void {
    const { process, store } = this.parts;
    if (effect.kind === 'open') {
      this.open(volume, effect.holder, done);
      return;
    }
    const act = (answer: Answer): void =>
      this.after(() => answer(daemonReply(store.delete(volume, effect.generation))));
    process.perform({ kind: 'delete target', key: volume, act, travels: false, unanswered: daemonHangs }, done);
  }

  private open(volume: string, holder: Holder, done: Answer): void {
    const { process, store } = this.parts;
    const next = (index: number): void => {
      const step = this.steps[index] as OpeningStep;
      const act = (answer: Answer): void =>
        this.after(() => {
          const mayGoOn = index > 0 || this.parts.mayOpen(volume, holder);
          if (mayGoOn) answer(daemonReply(store.step(step, volume, holder.generation, holder)));
          else answer(refused('stale', 'it was shut out while it was being opened'));
        });
      const about = { kind: `open target: ${step}`, key: volume, travels: false };
      process.perform({ ...about, act, unanswered: daemonHangs }, (reply) => {
        if (reply.ok && index + 1 < this.steps.length) next(index + 1);
        else done(reply);
      });
    };
    next(0);
  }

  private after(call: () => void): void {
    const { process } = this.parts;
    process.after(1 + process.loop.random(`store/${process.name}`).integer(7), call);
  }
}

/** The twin of what an agent does when its host goes down: stops every copy, all at once, each in its turn. */
import type { LocalVm } from '@holdfast/host-agent/core';
import { admitLeave, hostShutdownReason, isHeld, isLeftStopping, isLive } from '@holdfast/host-agent/core';
import type { ObservedVm } from '@holdfast/contracts';
import { randomStream } from '@holdfast/kernel';
import type { CopiesParts } from './copies-parts.js';

const graceSeconds = 30;
const withinMs = 45_000;
const random = randomStream('agent');

/** The agent's hands, as far as they are needed here. */
export interface Hands {
  /** After what is in hand for this VM; `end` is called once. */
  inTurn(vm: string, work: (end: () => void) => void): void;
  /** Gently, then for good; says whether it is known to be gone. */
  stop(vm: string, copy: ObservedVm, graceSeconds: number, done: (isGone: boolean) => void): void;
  force(vm: string): void;
  update(vm: string, copy: ObservedVm, patch: Partial<ObservedVm>, done: () => void): void;
}

export class Leaving {
  hasBegun = false;

  constructor(
    private readonly parts: CopiesParts,
    private readonly hands: Hands,
  ) {}

  /** Done when nothing is live, or when the time for it is over. */
  begin(done: () => void): void {
    const { memory, process, hypervisor } = this.parts;
    this.hasBegun = true;
    const live = Object.entries(memory.state.vms).flatMap(([vm, { copy }]) => (isLive(copy) ? [vm] : []));
    let left = live.length;
    const cancels: (() => void)[] = [];
    const end = (): void => {
      for (const cancel of cancels) cancel();
      done();
    };
    if (left === 0) {
      end();
      return;
    }
    cancels.push(process.after(graceSeconds * 1000, () => {
      for (const vm of live) {
        this.hands.force(vm);
        hypervisor.abortMigration(vm);
      }
    }));
    cancels.push(process.after(withinMs, () => {
      left = -1;
      end();
    }));
    for (const vm of live) {
      this.stop(vm, () => {
        left -= 1;
        if (left === 0) end();
      });
    }
  }

  /** What an agent before this one was stopping when it died is stopped to its end. */
  goOn(): void {
    for (const [vm, { copy }] of Object.entries(this.parts.memory.state.vms)) {
      if (isLeftStopping(copy)) this.stop(vm, () => undefined);
    }
  }

  private stop(vm: string, done: () => void): void {
    this.hands.inTurn(vm, (next) => {
      const end = (): void => {
        next();
        done();
      };
      const copy = this.parts.memory.state.vms[vm]?.copy ?? null;
      const standsStill = copy?.state === 'arrived' || isHeld(copy);
      const leaving = this.admitted(vm);
      if (!leaving) {
        end();
        return;
      }
      this.parts.memory.setVm(vm, leaving, () => {
        this.hands.stop(vm, leaving.copy, standsStill ? 0 : graceSeconds, (isGone) => {
          const patch = isGone ? { state: 'stopped' as const, reason: hostShutdownReason } : {};
          this.hands.update(vm, leaving.copy, patch, end);
        });
      });
      this.parts.changed();
    });
  }

  private admitted(vm: string): (LocalVm & { copy: ObservedVm }) | null {
    const { memory, process, incarnation } = this.parts;
    const known = memory.state.vms[vm];
    return known ? admitLeave(known, { nowMs: process.nowMs(), random, incarnation }) : null;
  }
}

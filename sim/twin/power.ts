/** What failover's twin asks of the BMCs. */
import { accepted, refused, type Reply } from '@holdfast/contracts';
import type { Process } from '../engine/process.js';
import type { Bmc } from '../world/bmc.js';
import type { Network } from '../world/network.js';
import type { Plant } from './plant.js';

const readsAtMost = 40;
const readEveryMs = 100;
const noAnswer = refused('unavailable', 'BMC: no answer');
export const bmcHangs = { afterMs: 2000, result: noAnswer };

type Done = (reply: Reply<unknown>) => void;

export class TwinPower {
  constructor(
    private readonly process: Process,
    private readonly parts: { bmc(host: string): Bmc | null; network: Network; planted: Plant },
  ) {}

  has(host: string): boolean {
    return this.parts.bmc(host) !== null;
  }

  /** Null: nobody answered. */
  ask<T>(host: string, ask: (bmc: Bmc) => T, done: (answer: T | null) => void): void {
    const { process } = this;
    const { network } = this.parts;
    const bmc = this.parts.bmc(host);
    const isReached = bmc !== null && network.isUp(host, 'bmc') && network.isUp(process.machine.name, 'bmc');
    if (!bmc || !isReached) process.after(bmcHangs.afterMs, () => done(null));
    else {
      let found: T | null = null;
      const answered = process.guarded(() => done(found));
      bmc.ask(() => ask(bmc), (answer) => {
        found = answer;
        answered();
      });
    }
  }

  off(host: string, done: Done): void {
    const act = (answer: Done): void => this.switchOff(host, answer);
    this.process.perform({ kind: 'power off', key: host, act, unanswered: bmcHangs, travels: true }, done);
  }

  view(host: string, done: Done): void {
    const act = (answer: Done): void =>
      this.ask(host, (bmc) => bmc.read(), (state) => answer(state ? accepted({ state }) : noAnswer));
    this.process.perform({ kind: 'power view', key: host, act, unanswered: bmcHangs, travels: true }, done);
  }

  private switchOff(host: string, done: Done): void {
    const read = (left: number): void =>
      this.ask(host, (bmc) => bmc.read(), (state) => {
        if (state === null) done(noAnswer);
        else if (state === 'off') done(accepted({ state }));
        else if (left === 0) done(refused('unavailable', 'it still reads on'));
        else this.process.after(readEveryMs, () => read(left - 1));
      });
    this.ask(host, (bmc) => {
      bmc.off();
      return true;
    }, (commanded) => {
      if (commanded === null) done(noAnswer);
      else if (this.parts.planted.readsNoPower) done(accepted({ state: 'off' }));
      else read(readsAtMost);
    });
  }
}

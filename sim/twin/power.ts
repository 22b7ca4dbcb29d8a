/** The twin of how failover asks what can switch a host off: its BMC, then the outlet it is plugged into. */
import { accepted, refused, type HostRecord, type Reply } from '@holdfast/contracts';
import { bmc, verifiedLevels, type DeviceFailure, type PowerView, type PowerWord } from '@holdfast/failover/core';
import type { Process } from '../engine/process.js';
import type { Bmc } from '../world/bmc.js';
import type { Network } from '../world/network.js';
import type { Plant } from './plant.js';

const readsAtMost = 40;
const readEveryMs = 100;
const outlet = 'outlet';
const noAnswer = refused('unavailable', 'BMC: no answer');
export const bmcHangs = { afterMs: 2000, result: noAnswer };

type Done = (reply: Reply<unknown>) => void;

/** What a look at one device has found: whose machine it switches, and what it reads. */
export interface DeviceFound {
  device: string;
  is: 'own' | 'foreign' | 'unanswered';
  reads: 'on' | 'off' | null;
  detail: string;
}

export interface PowerParts {
  bmc(host: string): Bmc | null;
  /** Null for a host that has none. */
  outlet(host: string): Bmc | null;
  network: Network;
  planted: Plant;
}

export class TwinPower {
  constructor(
    private readonly process: Process,
    private readonly parts: PowerParts,
  ) {}

  has(host: string): boolean {
    return this.devicesOf(host).length > 0;
  }

  /** Asks each of its devices once whose machine it switches. A BMC says so itself, an outlet is configured. */
  look({ host, uuid }: HostRecord, done: (found: DeviceFound[]) => void): void {
    const devices = this.devicesOf(host);
    const found: DeviceFound[] = [];
    const add = (each: DeviceFound): void => {
      found.push(each);
      if (found.length < devices.length) return;
      done(devices.flatMap((device) => found.find((one) => one.device === device) ?? []));
    };
    for (const device of devices) {
      if (device === outlet) this.ask(host, device, (asked) => asked.read(), (reads) => add(outletFound(reads)));
      else {
        const isOwn = (id: string): boolean => id === uuid || this.parts.planted.believesAnyBmc === true;
        const ask = (asked: Bmc): [string, 'on' | 'off'] => [asked.systemUuid(), asked.read()];
        this.ask(host, device, ask, (said) => add(bmcFound(said, isOwn)));
      }
    }
  }

  off(host: HostRecord, done: Done): void {
    const act = (answer: Done): void => this.switchOff(host, answer);
    this.process.perform({ kind: 'power off', key: host.host, act, unanswered: bmcHangs, travels: true }, done);
  }

  /** Device by device, the last level first; one that reads on already is left alone. */
  on(host: HostRecord, done: Done): void {
    const act = (answer: Done): void => {
      const next = ([device, ...later]: string[]): void => {
        if (device === undefined) return answer(accepted({ state: 'on' }));
        this.ask(host.host, device, (asked) => asked.on(), () => next(later));
      };
      next(levelsOf(host).reverse());
    };
    this.process.perform({ kind: 'power on', key: host.host, act, unanswered: bmcHangs, travels: true }, done);
  }

  /** The first device that answers. */
  view(host: HostRecord, done: Done): void {
    const devices = levelsOf(host);
    const act = (answer: Done): void => {
      let left = devices.length;
      let isAnswered = false;
      for (const device of devices) {
        this.ask(host.host, device, (asked) => asked.read(), (state) => {
          left -= 1;
          if (isAnswered || (state === null && left > 0)) return;
          isAnswered = true;
          answer(state ? accepted<PowerView>({ state, from: device }) : noAnswer);
        });
      }
      if (devices.length === 0) answer(noAnswer);
    };
    this.process.perform({ kind: 'power view', key: host.host, act, unanswered: bmcHangs, travels: true }, done);
  }

  private devicesOf(host: string): string[] {
    const { parts } = this;
    return [...(parts.bmc(host) ? [bmc] : []), ...(parts.outlet(host) ? [outlet] : [])];
  }

  /** Null: nobody answered. An outlet is on no cable of the host. */
  private ask<T>(host: string, device: string, ask: (asked: Bmc) => T, done: (answer: T | null) => void): void {
    const { process } = this;
    const { network } = this.parts;
    const asked = device === outlet ? this.parts.outlet(host) : this.parts.bmc(host);
    const isReached = (device === outlet || network.isUp(host, 'bmc')) && network.isUp(process.machine.name, 'bmc');
    if (!asked || !isReached) process.after(bmcHangs.afterMs, () => done(null));
    else {
      let found: T | null = null;
      const answered = process.guarded(() => done(found));
      asked.ask(() => ask(asked), (answer) => {
        found = answer;
        answered();
      });
    }
  }

  /** Level by level, each when the one before has failed. */
  private switchOff(host: HostRecord, done: Done): void {
    const failed: DeviceFailure[] = [];
    const asked: { device: string; atMs: number }[] = [];
    const next = ([device, ...later]: string[]): void => {
      if (device === undefined) return done(accepted<PowerWord>({ state: 'unproven', failed, asked }));
      asked.push({ device, atMs: this.process.nowMs() });
      this.switchDevice(host.host, device, (why) => {
        if (why === null) return done(accepted<PowerWord>({ state: 'off', ...proofOf(device), failed, asked }));
        failed.push({ device, detail: why });
        next(later);
      });
    };
    next(levelsOf(host));
  }

  /** Null: it reads off after it was commanded off. */
  private switchDevice(host: string, device: string, done: (why: string | null) => void): void {
    const silent = `${device === bmc ? 'BMC' : device}: no answer`;
    const read = (left: number): void =>
      this.ask(host, device, (asked) => asked.read(), (state) => {
        if (state === null) done(silent);
        else if (state === 'off') done(null);
        else if (left === 0) done('it still reads on');
        else this.process.after(readEveryMs, () => read(left - 1));
      });
    this.ask(host, device, (asked) => {
      asked.off();
      return true;
    }, (commanded) => {
      if (commanded === null) done(silent);
      else if (this.parts.planted.readsNoPower) done(null);
      else read(readsAtMost);
    });
  }
}

/** What the record says of the devices that were looked at; null while none of them has said anything. */
export function powerOf(found: DeviceFound[]): HostRecord['power'] | null {
  const own = found.filter(({ is }) => is === 'own').map(({ device }) => [device]);
  const unanswered = found.filter(({ is }) => is === 'unanswered').map(({ device }) => device);
  const detail = found.map((each) => each.detail).join('; ');
  if (own.length === 0) return unanswered.length > 0 ? null : { state: 'mismatch', detail };
  if (found.length === 1) return { state: 'verified', detail };
  return { state: 'verified', detail, levels: own, unanswered };
}

/** Each level has one device. */
const levelsOf = (host: HostRecord): string[] => verifiedLevels(host).flatMap(([device]) => device ?? []);

function bmcFound(said: [string, 'on' | 'off'] | null, isOwn: (uuid: string) => boolean): DeviceFound {
  if (said === null) return { device: bmc, is: 'unanswered', reads: null, detail: 'BMC: no answer' };
  const [uuid, reads] = said;
  if (isOwn(uuid)) return { device: bmc, is: 'own', reads, detail: 'the BMC has the system UUID of this host' };
  return { device: bmc, is: 'foreign', reads, detail: `the BMC says it belongs to ${uuid}` };
}

function outletFound(reads: 'on' | 'off' | null): DeviceFound {
  if (reads === null) return { device: outlet, is: 'unanswered', reads, detail: 'outlet: no answer' };
  if (reads === 'on') return { device: outlet, is: 'own', reads, detail: 'outlet: configured for this machine' };
  return { device: outlet, is: 'unanswered', reads, detail: 'outlet: reads off while the host runs' };
}

function proofOf(device: string): Pick<PowerWord, 'from' | 'detail'> {
  if (device === bmc) return {};
  return { from: device, detail: `reads off after it was commanded off; ${device} is configured for this machine` };
}

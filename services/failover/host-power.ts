/** The fence devices of every host: whose machine they are, what they read, and switching off, level by level. */
import { accepted, refused, type HostRecord, type Reply } from '@holdfast/contracts';
import type { Env } from '@holdfast/kernel';
import type { Clock } from '@holdfast/runtime';
import {
  bmc,
  powerUnchecked,
  verifiedLevels,
  type DeviceFailure,
  type PowerView,
  type PowerWord,
} from './core/index.js';
import { PowerError, type FenceDevice, type HostFencing, type PowerSwitch } from './ports.js';

const readsAtMost = 40;
const readEveryMs = 100;
export const bmcTimeoutMs = 15_000;
/** A view that comes later is too late for the verdict. */
const viewTimeoutMs = 2000;
const readingsAtOnce = 32;
const maxDetailLength = 500;

/** A host that has nothing but a BMC, which says itself whose it is. */
export function bmcAlone(power: PowerSwitch): HostFencing {
  return { levels: [[{ name: bmc, power, identity: 'reported', timeoutMs: bmcTimeoutMs }]], configuration: bmc };
}

/** What the check of one device has found. */
type Finding =
  | { device: string; is: 'own' | 'foreign'; detail: string }
  | { device: string; is: 'unanswered'; detail: string };

export class HostPower {
  private readings = 0;

  constructor(
    private readonly deps: { clock: Clock; fencing: ReadonlyMap<string, HostFencing> },
  ) {}

  has(host: string): boolean {
    return this.deps.fencing.has(host);
  }

  /** What was found of a host's devices under another configuration counts no more. */
  recheck(
    records: HostRecord[],
    env: Env,
    change: (host: string, decide: (known: HostRecord) => HostRecord | null) => void,
  ): void {
    for (const { host } of records.filter((record) => this.isOutdated(record))) {
      change(host, (known) => (this.isOutdated(known) ? powerUnchecked(known, this.has(host), env) : null));
    }
  }

  private isOutdated({ host, power }: HostRecord): boolean {
    const configured = this.deps.fencing.get(host)?.configuration;
    if (power.state === 'unchecked') return false;
    if (configured === undefined) return power.state !== 'none';
    return power.configuration !== configured;
  }

  /** Safety rule: a device proves something only if it is known to switch this very machine. */
  async check(host: HostRecord): Promise<Reply<HostRecord['power']>> {
    const fencing = this.deps.fencing.get(host.host);
    if (!fencing) return accepted({ state: 'none', detail: '' });
    const { levels, configuration } = fencing;
    const findings = await Promise.all(levels.flat().map((device) => this.find(device, host)));
    const isOwn = ({ name }: FenceDevice): boolean =>
      findings.some(({ device, is }) => device === name && is === 'own');
    const verified = levels.filter((level) => level.every(isOwn)).map((level) => level.map(({ name }) => name));
    const unanswered = findings.filter(({ is }) => is === 'unanswered').map(({ device }) => device);
    const detail = findings.map((finding) => finding.detail).join('; ').slice(0, maxDetailLength);
    if (verified.length > 0) {
      return accepted({ state: 'verified', detail, levels: verified, unanswered, configuration });
    }
    if (unanswered.length > 0) return refused('unavailable', detail);
    return accepted({ state: 'mismatch', detail, configuration });
  }

  /** What each device reads now, null where it does not say; nothing is switched. */
  async readAll(host: string): Promise<{ device: string; reads: 'on' | 'off' | null; detail: string }[]> {
    const devices = this.deps.fencing.get(host)?.levels.flat() ?? [];
    return await Promise.all(
      devices.map(async ({ name, power, timeoutMs }) => {
        try {
          return { device: name, reads: await this.within(timeoutMs, power.read()), detail: '' };
        } catch (error) {
          return { device: name, reads: null, detail: textOf(name, error) };
        }
      }),
    );
  }

  /** Proof is that each device of one level *reads* off after it was commanded off. */
  async off(host: HostRecord): Promise<Reply<PowerWord>> {
    const failed: DeviceFailure[] = [];
    const asked: { device: string; atMs: number }[] = [];
    for (const names of verifiedLevels(host)) {
      const devices = names.map((name) => ({ name, device: this.device(host.host, name) }));
      asked.push(...names.map((device) => ({ device, atMs: this.deps.clock.nowMs() })));
      const failures = await Promise.all(
        devices.map(({ name, device }) => (device ? this.switchTo(device, 'off') : notConfigured(name))),
      );
      const known = failures.filter((failure) => failure !== null);
      const proof = proofOf(devices.flatMap(({ device }) => device ?? []));
      if (known.length === 0) return accepted({ state: 'off', ...proof, failed, asked });
      failed.push(...known);
    }
    return accepted({ state: 'unproven', failed, asked });
  }

  /**
   * Each device of it reads on after it was commanded on. The last level first: an outlet feeds the machine whose BMC
   * is asked then. One that reads on already is left alone.
   */
  async on(host: HostRecord): Promise<Reply<{ state: 'on' }>> {
    const failed: string[] = [];
    for (const name of verifiedLevels(host).reverse().flat()) {
      const device = this.device(host.host, name);
      const failure = device ? await this.switchTo(device, 'on') : await notConfigured(name);
      if (failure) failed.push(failure.detail);
    }
    return failed.length === 0 ? accepted({ state: 'on' }) : refused('unavailable', failed.join('; '));
  }

  /** What that level says whose devices are the first to answer; a view of a suspected host, no proof. */
  async view(host: HostRecord): Promise<Reply<PowerView>> {
    const levels = verifiedLevels(host)
      .map((names) => names.map((name) => this.device(host.host, name)))
      .filter((level): level is FenceDevice[] => !level.includes(undefined));
    if (this.readings + levels.flat().length > readingsAtOnce) {
      return refused('unavailable', 'too many are asked at once');
    }
    try {
      return accepted(await Promise.any(levels.map((level) => this.viewLevel(level))));
    } catch (error) {
      if (!(error instanceof AggregateError)) throw error;
      const why = error.errors.map((each: unknown) => textOf('a device', each)).join('; ');
      return refused('unavailable', why === '' ? 'no device of it is verified' : why.slice(0, maxDetailLength));
    }
  }

  private async viewLevel(devices: FenceDevice[]): Promise<PowerView> {
    const states = await Promise.all(devices.map((device) => this.within(viewTimeoutMs, this.reading(device))));
    return { state: states.includes('on') ? 'on' : 'off', from: devices.map(({ name }) => name).join('+') };
  }

  /** One that is not waited for any more counts until it has ended. */
  private async reading({ power }: FenceDevice): Promise<'on' | 'off'> {
    this.readings += 1;
    try {
      return await power.read();
    } finally {
      this.readings -= 1;
    }
  }

  private device(host: string, name: string): FenceDevice | undefined {
    return this.deps.fencing.get(host)?.levels.flat().find((device) => device.name === name);
  }

  private async switchTo(
    { name, power, timeoutMs }: FenceDevice,
    wanted: 'on' | 'off',
  ): Promise<DeviceFailure | null> {
    const turn = { over: false };
    try {
      const state = await this.within(timeoutMs, this.command(power, wanted, turn));
      return state === wanted ? null : { device: name, detail: `it was commanded ${wanted} but still reads ${state}` };
    } catch (error) {
      return { device: name, detail: textOf(name, error) };
    } finally {
      turn.over = true;
    }
  }

  private async command(power: PowerSwitch, wanted: 'on' | 'off', turn: { over: boolean }): Promise<'on' | 'off'> {
    if (wanted === 'on' && (await power.read()) === 'on') return 'on';
    await power.set(wanted);
    for (let read = 0; read < readsAtMost && !turn.over; read += 1) {
      if ((await power.read()) === wanted) return wanted;
      await new Promise<void>((resolve) => void this.deps.clock.after(readEveryMs, resolve));
    }
    return wanted === 'on' ? 'off' : 'on';
  }

  private async find(device: FenceDevice, host: HostRecord): Promise<Finding> {
    const { name, power, identity, timeoutMs } = device;
    try {
      if (identity === 'reported') return reported(name, await this.within(timeoutMs, power.systemUuid()), host);
      const { machine } = identity;
      if (machine === null) {
        return { device: name, is: 'foreign', detail: `${name}: its configuration names no machine` };
      }
      if (machine !== host.uuid) {
        const detail = `${name}: configured for machine ${machine}, this host is ${host.uuid}`;
        return { device: name, is: 'foreign', detail };
      }
      const state = await this.within(timeoutMs, power.read());
      if (state === 'on') return { device: name, is: 'own', detail: `${name}: configured for this machine` };
      const detail = `${name}: reads off while the host runs; is it another outlet?`;
      return { device: name, is: 'unanswered', detail };
    } catch (error) {
      return { device: name, is: 'unanswered', detail: textOf(name, error) };
    }
  }

  /** @throws PowerError when it takes longer. */
  private async within<T>(timeoutMs: number, work: Promise<T>): Promise<T> {
    let cancel = (): void => {};
    const late = new Promise<never>((_resolve, reject) => {
      const fail = (): void => reject(new PowerError('timeout', `no answer within ${timeoutMs} ms`));
      cancel = this.deps.clock.after(timeoutMs, fail);
    });
    try {
      return await Promise.race([work, late]);
    } finally {
      cancel();
    }
  }
}

function reported(name: string, uuid: string | null, host: HostRecord): Finding {
  const who = name === bmc ? 'the BMC' : name;
  if (uuid === host.uuid) return { device: name, is: 'own', detail: `${who} has the system UUID of this host` };
  const detail = `${who} says it belongs to ${uuid ?? 'no known machine'}, this host is ${host.uuid}`;
  return { device: name, is: 'foreign', detail };
}

async function notConfigured(device: string): Promise<DeviceFailure> {
  return { device, detail: 'it is not configured here any more' };
}

/** Who gave the proof, and how each is known to be this machine's. */
function proofOf(given: FenceDevice[]): { from: string; detail: string } {
  const bases = given.map(({ name, identity }) =>
    identity === 'reported' ? `${name} reports the UUID of this machine` : `${name} is configured for this machine`,
  );
  const verb = given.length === 1 ? 'reads off after it was commanded off' : 'read off after they were commanded off';
  return { from: given.map(({ name }) => name).join('+'), detail: `${verb}; ${bases.join(', ')}` };
}

function textOf(name: string, error: unknown): string {
  if (error instanceof PowerError) return `${name === bmc ? 'BMC' : name}: ${error.message}`;
  throw error;
}

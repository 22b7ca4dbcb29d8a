import { clockMarginMs, leaseRefusal, pettingIntervalMs, type HostRecord, type Watchdog } from '@holdfast/contracts';
import type { Clock, RunnerLog } from '@holdfast/runtime';
import { WatchdogError, type WatchdogDevice } from './adapters/linux-watchdog.js';
import type { HostAgentDeps } from './agent-deps.js';
import {
  defaultIsolationTiming,
  firstWatchdog,
  mayClose,
  releasedBinding,
  stepWatchdog,
  toldOf,
  type Contact,
  type IsolationTiming,
  type WatchdogState,
} from './core/index.js';

/** An agent that ends waits so long for its host to be released. */
const releasedWithinMs = 3000;
const releasedPollMs = 50;

/** What it must be told by the agent. */
export interface WatchdogFacts {
  contact(): Contact;
  /** The storage nodes there are. */
  nodes(): Iterable<string>;
  record(): HostRecord | null;
  isArmed(): boolean;
  /** No copy runs here, nor may. */
  isEmpty(): boolean;
  /** What it says of itself has changed. */
  changed(): void;
}

export interface WatchdogDeps extends WatchdogFacts {
  device: WatchdogDevice;
  clock: Clock;
  log: RunnerLog;
  bootId: string;
  timing: IsolationTiming;
  monotonicMs(): number;
  /** Milliseconds since the boot of this kernel. */
  sinceBootMs(): number;
}

/** The inequality that does not hold with this device; null when a lease cannot outlive its proof. */
export function watchdogRefusal(device: WatchdogDevice, { leaseMs } = defaultIsolationTiming): string | null {
  const refusal = leaseRefusal({ leaseMs, pettingIntervalMs, watchdogMs: device.timeoutMs, clockMarginMs });
  return refusal && `the watchdog ${device.path} (${device.identity}) does not fit: ${refusal}`;
}

/** Pets the host's watchdog for as long as it may be. */
export class HostWatchdog {
  private state: WatchdogState;
  private isEnding = false;
  private hasFailed = false;

  /** Null where there is none. On the machine's own clocks. */
  static over(
    { watchdog, clock, log, bootId }: Pick<HostAgentDeps, 'watchdog' | 'clock' | 'log' | 'bootId'>,
    facts: WatchdogFacts,
  ): HostWatchdog | null {
    if (!watchdog) return null;
    return new HostWatchdog({
      ...{ ...facts, device: watchdog, clock, log, bootId, timing: defaultIsolationTiming },
      monotonicMs: () => performance.now(),
      sinceBootMs: () => Number(process.hrtime.bigint() / 1_000_000n),
    });
  }

  /** @throws WatchdogError when a lease could outlive its proof. */
  constructor(private readonly deps: WatchdogDeps) {
    const { device, timing } = deps;
    const refusal = watchdogRefusal(device, timing);
    if (refusal !== null) throw new WatchdogError(refusal);
    this.state = firstWatchdog(deps.sinceBootMs());
    const { path, identity, timeoutMs, isForEver } = device;
    deps.log.info({ path, identity, timeoutMs, isForEver }, 'a watchdog is there; it is armed once storage renews');
  }

  /** With every heartbeat. */
  look(): void {
    const { deps } = this;
    const { device, log, timing } = deps;
    const view = {
      nowMs: deps.monotonicMs(),
      sinceBootMs: deps.sinceBootMs(),
      contact: deps.contact(),
      nodes: [...new Set(deps.nodes())].sort(),
      isArmed: deps.isArmed(),
      isEnding: this.isEnding || this.hasFailed,
      released: releasedBinding(deps.record(), deps.bootId),
    };
    const before = this.state;
    const { state, pets, isNews } = stepWatchdog(before, view, device, { ...timing, pettingIntervalMs });
    if (pets && !this.hasPetted()) return;
    // Nothing but a pet before it bounds how late a pet may be, and before the first there was none: one that came too
    // late has started the watchdog, and binds nothing yet.
    const isBoundByNothing = pets && before.pettedAtMs === null;
    const pettedAtMs = deps.monotonicMs();
    if (isBoundByNothing && pettedAtMs - view.nowMs > device.timeoutMs) {
      this.state = { ...before, pettedAtMs };
      return;
    }
    this.state = state;
    if (state.mode !== before.mode) log.info({ binding: state.binding, mode: state.mode }, 'its watchdog');
    if (isNews) deps.changed();
  }

  told(): Watchdog {
    const { device, timing } = this.deps;
    const { kind, timeoutMs } = device;
    const told = toldOf(this.state, { kind, timeoutMs }, timing.leaseMs);
    return this.hasFailed ? { ...told, armed: false, detail: `${device.path} cannot be written` } : told;
  }

  /** The agent ends: it is stopped if nothing runs here and nothing rests on it, and left to the next agent if not. */
  async end(): Promise<void> {
    const { clock, device, log } = this.deps;
    this.isEnding = true;
    if (this.state.pettedAtMs === null) return;
    this.look();
    this.deps.changed();
    const deadlineMs = this.deps.monotonicMs() + releasedWithinMs;
    while (!mayClose(this.state) && this.deps.monotonicMs() < deadlineMs) {
      await new Promise<void>((resolve) => void clock.after(releasedPollMs, resolve));
      this.look();
    }
    if (mayClose(this.state) && this.deps.isEmpty() && !device.isForEver) return device.stop();
    device.leave();
    log.warn({ path: device.path, timeoutMs: device.timeoutMs }, 'its watchdog runs on: start an agent, or it resets');
  }

  private hasPetted(): boolean {
    const { device, log } = this.deps;
    try {
      device.pet();
      if (this.hasFailed) this.deps.changed();
      this.hasFailed = false;
      return true;
    } catch (error) {
      if (!(error instanceof WatchdogError)) throw error;
      if (this.hasFailed) return false;
      this.hasFailed = true;
      log.warn({ err: error }, 'its watchdog cannot be petted; trying again');
      this.deps.changed();
      return false;
    }
  }
}

import type { Bus } from '@holdfast/bus';
import type { RunnerLog } from '@holdfast/runtime';
import type { Copies } from './copies.js';
import {
  endedWhenCutOff,
  noIsolation,
  selfFencedReason,
  stepIsolation,
  timingRefusal,
  type Isolation,
  type IsolationTiming,
} from './core/index.js';
import type { Heartbeats } from './heartbeats.js';
import type { LocalMemory } from './local-state.js';
import { HypervisorError, type Hypervisor } from './ports.js';

/** An acknowledgement this young says that storage accepts the host now. */
const freshMs = 1000;

export interface SelfFenceDeps {
  bus: Bus;
  log: RunnerLog;
  incarnation: string;
  hypervisor: Hypervisor;
  memory: LocalMemory;
  heartbeats: Pick<Heartbeats, 'ackedAtMs' | 'epochFloor'>;
  copies: Pick<Copies, 'destroyStale'>;
  /** People have not disarmed the cluster, as far as is known. */
  isArmed(): boolean;
  /** The epoch the cluster gives this host now, asked anew; null when nobody answers. */
  currentEpoch(): Promise<number | null>;
  timing: IsolationTiming;
  /** Milliseconds of a clock that nobody sets. */
  monotonicMs(): number;
}

/** Notices that this host is cut off from everybody, and acts on it. */
export class SelfFence {
  private isolation: Isolation = noIsolation;
  private busAnsweredAtMs: number | null = null;
  private linksAre: 'cut' | 'restore' | null = null;
  private isChangingLinks = false;
  private isEnding = false;
  private isAsking = false;

  /** Throws when its times do not fit together. */
  constructor(private readonly deps: SelfFenceDeps) {
    const refusal = timingRefusal(deps.timing);
    if (refusal !== null) throw new Error(`the times of a host that is cut off do not fit together: ${refusal}`);
  }

  /** With every heartbeat. */
  look(): void {
    const { bus, heartbeats, memory, timing } = this.deps;
    const view = {
      nowMs: this.deps.monotonicMs(),
      isBusConnected: bus.connected,
      busAnsweredAtMs: this.busAnsweredAtMs,
      ackedAtMs: heartbeats.ackedAtMs(),
      isArmed: this.deps.isArmed(),
      isCut: memory.state.linksCut === true,
    };
    const { isolation, links, ends, asksBus } = stepIsolation(this.isolation, view, timing);
    this.isolation = isolation;
    if (asksBus) void this.askBus();
    if (links !== null) void this.setLinks(links);
    if (ends) void this.end();
  }

  private async askBus(): Promise<number | null> {
    if (this.isAsking) return null;
    this.isAsking = true;
    const epoch = await this.deps.currentEpoch();
    this.isAsking = false;
    if (epoch !== null) this.busAnsweredAtMs = this.deps.monotonicMs();
    return epoch;
  }

  /** Noted on disk first, so that a restarted agent puts back what the one before it has cut. */
  private async setLinks(links: 'cut' | 'restore'): Promise<void> {
    const { memory, hypervisor, log } = this.deps;
    if (this.isChangingLinks || this.linksAre === links) return;
    this.isChangingLinks = true;
    try {
      if (links === 'restore' && !(await this.isAccepted())) return;
      if (links === 'cut') await memory.set({ ...memory.state, linksCut: true });
      const domains = await hypervisor.list();
      await Promise.all(domains.map(({ identity }) => this.setLink(identity.vm, links === 'restore')));
      if (links === 'restore') await memory.set({ ...memory.state, linksCut: false });
      this.linksAre = links;
      const done = links === 'cut' ? 'cut off from everybody: the links of its guests are cut' : 'links are back';
      log.warn({ vms: domains.length }, done);
    } catch (error) {
      if (!(error instanceof HypervisorError)) throw error;
      log.warn({ err: error }, 'the links of its guests could not be changed; trying again');
    } finally {
      this.isChangingLinks = false;
    }
  }

  /** A guest without a link, and one that has just ended, are no failure. */
  private async setLink(vm: string, up: boolean): Promise<void> {
    try {
      await this.deps.hypervisor.setLink(vm, up);
    } catch (error) {
      if (!(error instanceof HypervisorError) || error.code !== 'no-domain') throw error;
    }
  }

  /** Not revoked meanwhile, by the word of whoever is there. */
  private async isAccepted(): Promise<boolean> {
    const { heartbeats, memory } = this.deps;
    const { epoch } = memory.state;
    if (heartbeats.epochFloor > epoch) return false;
    const ackedAtMs = heartbeats.ackedAtMs();
    if (ackedAtMs !== null && this.deps.monotonicMs() - ackedAtMs < freshMs) return true;
    return (await this.askBus()) === epoch;
  }

  /** Looked at again with every heartbeat, until nothing is left. */
  private async end(): Promise<void> {
    const { copies, memory, log, incarnation } = this.deps;
    const going = endedWhenCutOff(memory.state);
    if (this.isEnding || going.length === 0) return;
    this.isEnding = true;
    log.warn({ vms: going.map(([vm]) => vm) }, 'cut off for as long as its lease: ending VMs that others may start');
    const ended = going.map(async ([vm, { uid, copy }]) => {
      const { generation, hostEpoch } = copy;
      try {
        await copies.destroyStale({ vm, uid, generation, hostEpoch, incarnation }, selfFencedReason);
      } catch (error) {
        if (!(error instanceof HypervisorError)) throw error;
        log.warn({ vm, err: error }, 'it could not be ended; trying again');
      }
    });
    await Promise.all(ended);
    this.isEnding = false;
  }
}

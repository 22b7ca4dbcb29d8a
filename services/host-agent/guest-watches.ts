import { SerialQueue, type Clock, type RunnerLog } from '@holdfast/runtime';
import {
  heard,
  judged,
  lookAt,
  toldByGuest,
  wasReset,
  withHealth,
  type GuestProbe,
  type GuestWatch,
  type LocalVm,
  type ProbeOutcome,
} from './core/index.js';
import type { LocalMemory } from './local-state.js';
import type { Domain, GuestProber } from './ports.js';

/** Questions in hand at once, of all guests; more wait for their turn. */
const maxInHand = 32;
/** Beyond its own limit a question that never ends is given up by then. */
const leewayMs = 2000;

export interface GuestWatchesDeps {
  clock: Clock;
  log: RunnerLog;
  memory: LocalMemory;
  prober: GuestProber;
  /** VMs with an action in hand. */
  busy(): ReadonlySet<string>;
  /** Whether the hypervisor answers. */
  isSeeing(): boolean;
  changed(): void;
}

/** Asks the probes of the guests that run here, and keeps in memory what they make of each. */
export class GuestWatches {
  private readonly watches = new Map<string, GuestWatch>();
  private readonly line: (() => void)[] = [];
  private readonly queue = new SerialQueue();
  /** Reset since the listing in hand began, which may show them as they were before. */
  private readonly resetMeanwhile = new Set<string>();
  private inHand = 0;
  private stopped = false;
  private cancelLook: () => void = () => {};

  constructor(private readonly deps: GuestWatchesDeps) {}

  /** Asks what is due. Called when something about the copies may have changed, and by its own timer. */
  look(): void {
    if (this.stopped) return;
    this.cancelLook();
    this.cancelLook = () => {};
    const { clock, memory } = this.deps;
    const nowMs = clock.nowMs();
    const busy = this.deps.busy();
    const isSeen = this.deps.isSeeing();
    let wakeAtMs = Infinity;
    for (const [vm, local] of Object.entries(memory.state.vms)) {
      const looked = lookAt(this.watches.get(vm) ?? null, local, { nowMs, isBusy: busy.has(vm), isSeen });
      if (!looked.watch) {
        this.watches.delete(vm);
        continue;
      }
      this.watches.set(vm, looked.watch);
      for (const probe of looked.due) this.enter(() => this.ask(vm, looked.watch?.of ?? '', probe));
      this.judge(vm);
      wakeAtMs = Math.min(wakeAtMs, looked.wakeAtMs ?? Infinity);
    }
    for (const vm of this.watches.keys()) if (!memory.state.vms[vm]) this.watches.delete(vm);
    if (wakeAtMs < Infinity) this.cancelLook = clock.after(Math.max(1, wakeAtMs - nowMs), () => this.look());
  }

  /** The guest was reset, by us or by itself. */
  sawReset(vm: string): void {
    this.resetMeanwhile.add(vm);
    this.change(vm, (local) => wasReset(local, this.deps.clock.nowMs()));
  }

  sawWatchdog(vm: string): void {
    this.change(vm, (local) => toldByGuest(local, 'watchdog', this.deps.clock.nowMs()));
  }

  /** The hypervisor is about to be asked for the list that `found` is told. */
  listing(): void {
    this.resetMeanwhile.clear();
  }

  /**
   * What the hypervisor lists: a guest that has panicked is found by that also after its event was missed. One that
   * was being acted on meanwhile may be listed as it was before: a reset is told of before it has ended.
   */
  found(domains: readonly Domain[], busy: ReadonlySet<string>): void {
    for (const { identity, state } of domains) {
      if (state !== 'panicked' || busy.has(identity.vm) || this.resetMeanwhile.has(identity.vm)) continue;
      this.change(identity.vm, (local) => {
        const isThisCopy = local.uid === identity.uid && local.copy?.generation === identity.generation;
        return isThisCopy ? toldByGuest(local, 'panicked', this.deps.clock.nowMs()) : local;
      });
    }
  }

  stop(): void {
    this.stopped = true;
    this.cancelLook();
  }

  private enter(work: () => Promise<void>): void {
    if (this.inHand >= maxInHand) {
      this.line.push(() => this.enter(work));
      return;
    }
    this.inHand += 1;
    void work().finally(() => {
      this.inHand -= 1;
      this.line.shift()?.();
    });
  }

  /** One question; it ends, whatever becomes of the guest. */
  private async ask(vm: string, of: string, probe: GuestProbe): Promise<void> {
    const { clock, prober } = this.deps;
    const limitMs = probe.timing.timeoutSeconds * 1000;
    let cancel = (): void => {};
    const tooLate = new Promise<ProbeOutcome>((resolve) => {
      const none: ProbeOutcome = { result: 'failed', reason: 'it did not answer in time' };
      cancel = clock.after(limitMs + leewayMs, () => resolve(none));
    });
    const asked = prober.ask(vm, probe).catch((error: unknown): ProbeOutcome => {
      this.deps.log.warn({ vm, probe: probe.name, err: error }, 'the probe could not be asked');
      return { result: 'unknown' };
    });
    const outcome = await Promise.race([asked, tooLate]);
    cancel();
    const watch = this.watches.get(vm);
    if (this.stopped || watch?.of !== of) return;
    this.watches.set(vm, heard(watch, probe, outcome));
    this.judge(vm);
  }

  private judge(vm: string): void {
    this.change(vm, (local) => {
      const watch = this.watches.get(vm);
      return watch ? withHealth(local, judged(watch, local, this.deps.clock.nowMs())) : local;
    });
  }

  private change(vm: string, change: (local: LocalVm) => LocalVm): void {
    const { memory, log } = this.deps;
    const before = memory.state.vms[vm];
    if (!before || this.stopped) return;
    const after = change(before);
    if (after === before) return;
    const guest = after.copy?.guest ?? null;
    log.info({ vm, guest: guest?.state ?? 'unknown', probe: guest?.probe }, 'what is known of a guest has changed');
    // In memory at once; told when it is on disk, as everything that is published.
    const stored = memory.setVm(vm, after);
    void this.queue.run(vm, async () => {
      await stored;
      this.deps.changed();
    });
  }
}

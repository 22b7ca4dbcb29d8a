/** The twin of the agent's look at its guests: asks what is due, and keeps in memory what comes of it. */
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
} from '@holdfast/host-agent/core';
import type { Process } from '../engine/process.js';
import type { GuestAnswer } from '../world/guest.js';
import type { Hypervisor } from '../world/hypervisor.js';
import type { AgentMemory } from './agent-memory.js';
import type { Plant } from './plant.js';

const outcomes: Record<GuestAnswer, ProbeOutcome> = {
  passed: { result: 'passed' },
  failed: { result: 'failed', reason: 'it does not answer' },
  unknown: { result: 'unknown' },
};

export interface GuestWatchesParts {
  process: Process;
  hypervisor: Hypervisor;
  memory: AgentMemory;
  busy(): ReadonlySet<string>;
  changed(): void;
  planted: Plant;
}

/** What was made of a guest when it was last looked at. */
interface Looked {
  of: LocalVm;
  isLeft: boolean;
  watch: GuestWatch | null;
  atMs: number;
  wakeAtMs: number;
}

export class TwinGuestWatches {
  private readonly watches = new Map<string, GuestWatch>();
  private readonly looked = new Map<string, Looked>();
  /** Of the timers that run, the newest counts. */
  private timer = 0;

  constructor(private readonly parts: GuestWatchesParts) {}

  look(): void {
    const { process, memory, planted } = this.parts;
    this.timer += 1;
    const nowMs = process.nowMs();
    const busy = this.parts.busy();
    const isSeen = this.parts.hypervisor.connected;
    let wakeAtMs = Infinity;
    const { vms } = memory.state;
    for (const vm of Object.keys(vms)) {
      const local = vms[vm];
      if (!local?.probes) continue;
      const seen = planted.seesGuest?.(local) ?? local;
      const now = { nowMs, isBusy: seen === local && busy.has(vm), isSeen };
      const before = this.watches.get(vm) ?? null;
      const isLeft = now.isBusy || !isSeen;
      const known = this.looked.get(vm);
      if (known?.of === seen && known.isLeft === isLeft && known.watch === before && isRestful(known, nowMs)) {
        wakeAtMs = Math.min(wakeAtMs, known.wakeAtMs);
        continue;
      }
      process.loop.stepCount += 1;
      const { watch, due, wakeAtMs: nextMs } = lookAt(before, seen, now);
      this.looked.set(vm, { of: seen, isLeft, watch, atMs: nowMs, wakeAtMs: nextMs ?? Infinity });
      if (!watch) {
        this.watches.delete(vm);
        continue;
      }
      this.watches.set(vm, watch);
      for (const probe of due) this.ask(vm, watch.of, probe);
      this.judge(vm);
      wakeAtMs = Math.min(wakeAtMs, nextMs ?? Infinity);
    }
    if (wakeAtMs === Infinity) return;
    const { timer } = this;
    process.after(Math.max(1, wakeAtMs - nowMs), () => {
      if (timer === this.timer) this.look();
    });
  }

  sawReset(vm: string): void {
    this.change(vm, (local) => wasReset(local, this.parts.process.nowMs()));
  }

  /** A guest that has panicked is found also after its event was missed. */
  found(busy: ReadonlySet<string>): void {
    for (const { identity, guest } of this.parts.hypervisor.list()) {
      if (guest.state !== 'panicked' || !guest.hasPanicDevice || busy.has(identity.vm)) continue;
      this.change(identity.vm, (local) => {
        const isThisCopy = local.uid === identity.uid && local.copy?.generation === identity.generation;
        return isThisCopy ? toldByGuest(local, 'panicked', this.parts.process.nowMs()) : local;
      });
    }
  }

  private ask(vm: string, of: string, probe: GuestProbe): void {
    const { process, hypervisor } = this.parts;
    const { life } = process;
    const by = probe.kind === 'agent' ? 'daemon' : 'network';
    hypervisor.askGuest(vm, by, probe.timing.timeoutSeconds * 1000, (answer) =>
      process.goOn(() => {
        const watch = this.watches.get(vm);
        if (watch?.of !== of) return;
        process.loop.stepCount += 1;
        this.watches.set(vm, heard(watch, probe, outcomes[answer]));
        this.judge(vm);
      }, life),
    );
  }

  private judge(vm: string): void {
    this.change(vm, (local) => {
      const watch = this.watches.get(vm);
      return watch ? withHealth(local, judged(watch, local, this.parts.process.nowMs())) : local;
    });
  }

  private change(vm: string, change: (local: LocalVm) => LocalVm): void {
    const { memory } = this.parts;
    const before = memory.state.vms[vm];
    const after = before && change(before);
    if (after && after !== before) memory.setVm(vm, after, () => this.parts.changed());
  }
}

/** Nothing is due yet, and the clock was not set back: then the same look would find the same. */
function isRestful({ atMs, wakeAtMs }: Looked, nowMs: number): boolean {
  return nowMs >= atMs && nowMs < wakeAtMs;
}

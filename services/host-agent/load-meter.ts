import type { Bus } from '@holdfast/bus';
import { hostLoad, loadIntervalMs } from '@holdfast/contracts';
import type { Clock } from '@holdfast/runtime';
import { loadBetween, type CountersAt } from './core/index.js';
import type { LoadSource } from './ports.js';

interface LoadMeterDeps {
  bus: Bus;
  clock: Clock;
  source: LoadSource;
  /** Live copies by VM, with their generations. */
  copies(): ReadonlyMap<string, number>;
  monotonicMs(): number;
}

/** Tells now and then what this host and its VMs use. Whoever listens smooths it; nobody keeps it. */
export class LoadMeter {
  private before: CountersAt | null = null;
  private cancel: () => void = () => {};
  private isStopped = false;

  constructor(private readonly deps: LoadMeterDeps) {}

  start(): void {
    this.cancel = this.deps.clock.after(loadIntervalMs, () => {
      void this.look().finally(() => {
        if (!this.isStopped) this.start();
      });
    });
  }

  stop(): void {
    this.isStopped = true;
    this.cancel();
  }

  private async look(): Promise<void> {
    const { bus, source, copies, monotonicMs } = this.deps;
    const vms: Record<string, CountersAt['vms'][string]> = {};
    for (const [name, generation] of copies()) {
      const counted = await source.vm(name);
      if (counted) vms[name] = { generation, ...counted };
    }
    const now: CountersAt = { atMs: monotonicMs(), machine: await source.machine(), vms };
    const load = this.before && loadBetween(bus.node, this.before, now);
    this.before = now;
    if (load && bus.connected && !this.isStopped) bus.broadcast(hostLoad, load);
  }
}

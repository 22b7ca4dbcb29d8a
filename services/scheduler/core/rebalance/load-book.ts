/** Measured loads, smoothed: an exponentially weighted moving average over the time between two messages. */
import type { HostLoad } from '@holdfast/contracts';

/** After so long a new level counts for 63 %: peaks of seconds move nobody. */
const settlesMs = 60_000;
/** What was heard longer ago says nothing of now. */
const freshMs = 45_000;
/** A VM's load counts only once it was measured for so long. */
const measuredMs = 20_000;

export interface HostLevel {
  /** CPUs that are kept busy by other things than VMs. */
  base: number;
  memoryPressure: number;
  ioPressure: number;
}

/** As far as it is known. */
export interface Loads {
  hosts: ReadonlyMap<string, HostLevel>;
  /** CPUs that each VM wants: those it uses, and those it waits for. */
  vms: ReadonlyMap<string, number>;
}

interface Smoothed<T> {
  level: T;
  firstMs: number;
  atMs: number;
}

export class LoadBook {
  private readonly hosts = new Map<string, Smoothed<HostLevel>>();
  private readonly vms = new Map<string, Smoothed<number>>();

  hear({ host, machine, vms }: HostLoad, nowMs: number): void {
    let used = 0;
    for (const [vm, load] of Object.entries(vms)) {
      used += load.used;
      const known = this.vms.get(vm);
      const wanted = load.used + load.waited;
      this.vms.set(vm, smooth(known, wanted, nowMs, (before, share) => before + share * (wanted - before)));
    }
    const now: HostLevel = {
      base: machine === null ? 0 : Math.max(0, machine.busy - used),
      memoryPressure: machine?.memoryPressure ?? 0,
      ioPressure: machine?.ioPressure ?? 0,
    };
    const level = smooth(this.hosts.get(host), now, nowMs, (before, share) => ({
      base: before.base + share * (now.base - before.base),
      memoryPressure: before.memoryPressure + share * (now.memoryPressure - before.memoryPressure),
      ioPressure: before.ioPressure + share * (now.ioPressure - before.ioPressure),
    }));
    this.hosts.set(host, level);
  }

  loads(nowMs: number): Loads {
    for (const all of [this.hosts, this.vms]) {
      for (const [name, { atMs }] of all) if (Math.abs(nowMs - atMs) > freshMs) all.delete(name);
    }
    const measured = [...this.vms].filter(([, { firstMs, atMs }]) => atMs - firstMs >= measuredMs);
    return {
      hosts: new Map([...this.hosts].map(([name, { level }]) => [name, level])),
      vms: new Map(measured.map(([name, { level }]) => [name, level])),
    };
  }
}

function smooth<T>(
  known: Smoothed<T> | undefined,
  now: T,
  nowMs: number,
  between: (before: T, share: number) => T,
): Smoothed<T> {
  if (!known || nowMs < known.atMs || nowMs - known.atMs > freshMs) return { level: now, firstMs: nowMs, atMs: nowMs };
  const share = 1 - Math.exp(-(nowMs - known.atMs) / settlesMs);
  return { level: between(known.level, share), firstMs: known.firstMs, atMs: nowMs };
}

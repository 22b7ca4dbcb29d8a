/** Measured loads, smoothed: an exponentially weighted moving average over the time between two messages. */
import type { HostLoad } from '@holdfast/contracts';
import { LoadHistory } from './load-history.js';

/** After so long a new level counts for 63 %: peaks of seconds move nobody. */
const settlesMs = 60_000;
/** What was heard longer ago says nothing of now. */
const freshMs = 45_000;
/** A VM's load counts only once it was measured for so long. */
const measuredMs = 20_000;
/** The past of a VM that nobody has heard of for so long is forgotten. */
const keptMs = 2 * 86_400_000;
/** Of more VMs nothing is kept: twice of them would be too many for one scheduler anyhow. */
const vmsAtMost = 131_072;

export interface HostLevel {
  /** CPUs that are kept busy by other things than VMs. */
  base: number;
  memoryPressure: number;
  ioPressure: number;
}

/** CPUs that a VM wants: those it uses, and those it waits for. */
export interface VmLevel {
  cpus: number;
  /** In an hour; null where its past does not tell. */
  soon: number | null;
}

/** As far as it is known. */
export interface Loads {
  hosts: ReadonlyMap<string, HostLevel>;
  vms: ReadonlyMap<string, VmLevel>;
}

interface Heard {
  firstMs: number;
  atMs: number;
}

/** How much the new level counts; null where the old one is too old, or none. */
function shareOfNew(known: Heard | undefined, nowMs: number): number | null {
  if (!known || nowMs < known.atMs || nowMs - known.atMs > freshMs) return null;
  return 1 - Math.exp(-(nowMs - known.atMs) / settlesMs);
}

export class LoadBook {
  private readonly hosts = new Map<string, Heard & { level: HostLevel }>();
  /** Rows of the columns below. */
  private readonly rows = new Map<string, number>();
  private readonly unused: number[] = [];
  private readonly history = new LoadHistory();
  private cpus = new Float64Array(64);
  private firstMs = new Float64Array(64);
  private atMs = new Float64Array(64);
  private sweptMs = 0;

  hear({ host, machine, vms }: HostLoad, nowMs: number): void {
    let used = 0;
    for (const [vm, load] of Object.entries(vms)) {
      used += load.used;
      this.hearVm(vm, load.used + load.waited, nowMs);
    }
    const now: HostLevel = {
      base: machine === null ? 0 : Math.max(0, machine.busy - used),
      memoryPressure: machine?.memoryPressure ?? 0,
      ioPressure: machine?.ioPressure ?? 0,
    };
    const known = this.hosts.get(host);
    const share = shareOfNew(known, nowMs);
    if (!known || share === null) {
      this.hosts.set(host, { level: now, firstMs: nowMs, atMs: nowMs });
      return;
    }
    const between = (of: keyof HostLevel): number => known.level[of] + share * (now[of] - known.level[of]);
    const level = {
      base: between('base'), memoryPressure: between('memoryPressure'), ioPressure: between('ioPressure'),
    };
    this.hosts.set(host, { level, firstMs: known.firstMs, atMs: nowMs });
  }

  loads(nowMs: number): Loads {
    for (const [name, { atMs }] of this.hosts) if (Math.abs(nowMs - atMs) > freshMs) this.hosts.delete(name);
    if (nowMs - this.sweptMs > keptMs / 48) this.sweep(nowMs);
    const vms = new Map<string, VmLevel>();
    for (const [name, row] of this.rows) {
      const { atMs, firstMs } = this.heard(row);
      if (Math.abs(nowMs - atMs) > freshMs || atMs - firstMs < measuredMs) continue;
      vms.set(name, { cpus: this.cpus[row] as number, soon: this.history.soon(row, atMs) });
    }
    return { hosts: new Map([...this.hosts].map(([name, { level }]) => [name, level])), vms };
  }

  private hearVm(vm: string, cpus: number, nowMs: number): void {
    const row = this.rows.get(vm) ?? this.rowFor(vm);
    if (row === null) return;
    const share = shareOfNew(this.heard(row), nowMs);
    const before = this.cpus[row] as number;
    this.cpus[row] = share === null ? cpus : before + share * (cpus - before);
    if (share === null) this.firstMs[row] = nowMs;
    this.atMs[row] = nowMs;
    this.history.hear(row, cpus, nowMs);
  }

  private heard(row: number): Heard {
    return { firstMs: this.firstMs[row] as number, atMs: this.atMs[row] as number };
  }

  private rowFor(vm: string): number | null {
    const row = this.unused.pop() ?? this.rows.size;
    if (row >= vmsAtMost) return null;
    if (row === this.cpus.length) {
      const grown = (column: Float64Array): Float64Array<ArrayBuffer> => {
        const longer = new Float64Array(row * 2);
        longer.set(column);
        return longer;
      };
      [this.cpus, this.firstMs, this.atMs] = [grown(this.cpus), grown(this.firstMs), grown(this.atMs)];
    }
    this.history.forget(row);
    this.atMs[row] = -Infinity;
    this.rows.set(vm, row);
    return row;
  }

  private sweep(nowMs: number): void {
    this.sweptMs = nowMs;
    for (const [vm, row] of this.rows) {
      if (nowMs - (this.atMs[row] as number) <= keptMs) continue;
      this.rows.delete(vm);
      this.unused.push(row);
    }
  }
}

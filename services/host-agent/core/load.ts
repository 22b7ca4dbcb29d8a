/** From counters to load: what was used and waited for between two looks. */
import type { HostLoad } from '@holdfast/contracts';

export interface CountersAt {
  /** Of a clock that never goes back. */
  atMs: number;
  machine: { busyMs: number; cpuPressure: number; memoryPressure: number; ioPressure: number } | null;
  vms: Readonly<Record<string, { generation: number; usedMs: number; waitedMs: number }>>;
}

/** Null where too little time has passed to say anything. A copy that is new since the look before is left out. */
export function loadBetween(host: string, before: CountersAt, now: CountersAt): HostLoad | null {
  const tookMs = now.atMs - before.atMs;
  if (tookMs < 1000) return null;
  const rate = (from: number, to: number): number => Math.max(0, to - from) / tookMs;
  const vms: HostLoad['vms'] = {};
  for (const [name, { generation, usedMs, waitedMs }] of Object.entries(now.vms)) {
    const known = before.vms[name];
    if (known?.generation !== generation) continue;
    vms[name] = { generation, used: rate(known.usedMs, usedMs), waited: rate(known.waitedMs, waitedMs) };
  }
  if (now.machine === null || before.machine === null) return { host, machine: null, vms };
  const { busyMs, cpuPressure, memoryPressure, ioPressure } = now.machine;
  const busy = rate(before.machine.busyMs, busyMs);
  return { host, machine: { busy, cpuPressure, memoryPressure, ioPressure }, vms };
}

/** The hosts that a VM may be on once there is room. */
import { hasAll, isOpen, type Demand } from '../filter.js';
import type { Snapshot } from './snapshot.js';

/** Slots of hosts that are open, have all that it asks for, are allowed by its strict rules, and have as many CPUs. */
export function hostsAllowing(snapshot: Snapshot, demand: Demand): number[] {
  const { hosts } = snapshot;
  const { cpus, limits } = demand;
  const allowed: number[] = [];
  const consider = (host: number): void => {
    if (!isOpen(snapshot, host) || limits.shunned.has(host) || (hosts.cpus[host] as number) < cpus) return;
    if (hasAll(demand, host)) allowed.push(host);
  };
  if (limits.only) limits.only.forEach(consider);
  else for (let host = 0; host < hosts.size; host += 1) consider(host);
  return allowed;
}

/** What a simulated cluster is made of. */
import type { Plant } from '../twin/plant.js';
import type { PoolSpec } from '../twin/storage-parts.js';
import type { HypervisorTimes } from './hypervisor.js';
import type { World } from './world.js';

export interface HostSpec {
  cpus: number;
  memoryMiB: number;
  power: 'on' | 'off';
  /** Without a BMC nobody can switch it off, or know that it is. */
  hasBmc?: boolean;
  /** Failover may switch off the outlet it is plugged into, too: its second fence level. */
  outlet?: boolean | undefined;
}

export interface StorageSpec {
  name: string;
  pools: readonly PoolSpec[];
}

export interface WorldOptions {
  seed: number;
  hosts: Record<string, HostSpec>;
  /** `apart`: the control plane has nodes of its own; `hosts`: it runs on the first hosts and fails with them. */
  control: 'apart' | 'hosts';
  /** How many control nodes, if not the usual number. */
  controlCount?: number;
  /** Their names: of hosts, or of nodes apart. */
  controlNodes?: readonly string[];
  storageNodes: number | readonly StorageSpec[];
  times?: HypervisorTimes;
  bootMs: [number, number];
  /** Hosts that have a watchdog, and its time. */
  watchdogsMs?: Readonly<Record<string, number>>;
  /** Two hosts whose BMCs were cabled the wrong way round. */
  swappedBmcs?: readonly [string, string];
  /** Public events are followed into a database, and operations are recorded. */
  keepsHistory?: boolean;
  /** Called before anything starts: for a cluster that has a past. */
  prepare?(world: World): void;
  /** Bugs planted by tests, by name. */
  planted?: Plant;
}

/** One pool on each, when only their number is given. */
export function storageOf(nodes: WorldOptions['storageNodes']): readonly StorageSpec[] {
  if (typeof nodes !== 'number') return nodes;
  const specOf = (i: number): StorageSpec => ({ name: `san${i}`, pools: [{ name: `pool${i}`, isRevocable: true }] });
  return Array.from({ length: nodes }, (_, i) => specOf(i + 1));
}

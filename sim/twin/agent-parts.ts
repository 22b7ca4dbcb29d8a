/** What the twin of an agent works with. */
import type { HostCapacity } from '@holdfast/contracts';
import type { Machine } from '../engine/process.js';
import type { Bus } from '../world/bus.js';
import type { Hypervisor } from '../world/hypervisor.js';
import type { WatchdogTimer } from '../world/watchdog-timer.js';
import type { AgentDisk } from './agent-memory.js';
import type { Reachable } from './peer-probe.js';
import type { Plant } from './plant.js';
import type { TwinStorage } from './storage.js';

export interface AgentParts extends Reachable {
  machine: Machine;
  bus: Bus;
  hypervisor: Hypervisor;
  disk: AgentDisk;
  uuid: string;
  capacity: HostCapacity;
  incarnation: string;
  /** The storage service on a node, if it listens. */
  storage(node: string): TwinStorage | null;
  planted: Plant;
  /** By VM, where loads are measured. */
  wantedCpus(): ((vm: string) => number) | null;
  watchdog: WatchdogTimer | null;
}

/** The twin of the agent's load meter: its VMs want what the world says. */
import { loadIntervalMs, type HostLoad } from '@holdfast/contracts';
import type { Process } from '../engine/process.js';
import type { Bus } from '../world/bus.js';

export interface LoadMeterParts {
  process: Process;
  bus: Bus;
  /** CPUs that a VM wants now. */
  wanted(vm: string): number;
  copies(): Iterable<[vm: string, generation: number]>;
}

export function meterLoad({ process, bus, wanted, copies }: LoadMeterParts): void {
  process.after(loadIntervalMs, () => {
    const vms: HostLoad['vms'] = {};
    for (const [vm, generation] of copies()) vms[vm] = { generation, used: wanted(vm), waited: 0 };
    bus.broadcast(process, 'load', { host: process.machine.name, machine: null, vms } satisfies HostLoad);
    meterLoad({ process, bus, wanted, copies });
  });
}

import type { VmSpec } from '@holdfast/contracts';
import type { Candidate } from './candidate.js';

/** vCPUs that a host may promise for each of its own CPUs. */
export const cpuRatio = 4;

/** A filter says whether a host can take a VM, and if not, why and what would have to change. */
export interface Filter {
  name: string;
  check(candidate: Candidate, spec: VmSpec): boolean;
  explain(candidate: Candidate, spec: VmSpec): string;
}

export const filters: Filter[] = [
  {
    name: 'available',
    check: ({ host, observed, isDraining }) =>
      host.health === 'online' &&
      host.admin === 'active' &&
      !isDraining &&
      !host.condition &&
      observed?.hypervisor === 'connected' &&
      !observed.leaving,
    explain: ({ host, observed, isDraining }) => {
      if (host.health !== 'online') return `is ${host.health}`;
      if (host.admin !== 'active') return 'is in maintenance';
      if (isDraining) return 'is being drained';
      if (observed?.leaving) return 'is going down';
      if (!observed) return 'has not reported yet';
      if (observed.hypervisor !== 'connected') return 'has no connection to its hypervisor';
      return `is ${host.condition?.kind ?? 'unavailable'}`;
    },
  },
  {
    name: 'cpus',
    check: (candidate, spec) =>
      spec.cpus <= candidate.cpus && candidate.usedCpus + spec.cpus <= candidate.cpus * cpuRatio,
    explain: (candidate, spec) =>
      spec.cpus > candidate.cpus
        ? `has ${candidate.cpus} CPUs, ${spec.cpus} are asked for`
        : `has ${candidate.cpus * cpuRatio - candidate.usedCpus} vCPUs left, ${spec.cpus} are asked for`,
  },
  {
    name: 'memory',
    check: (candidate, spec) => candidate.usedMemoryMiB + spec.memoryMiB <= candidate.memoryMiB,
    explain: (candidate, spec) =>
      `has ${candidate.memoryMiB - candidate.usedMemoryMiB} MiB free, ${spec.memoryMiB} are asked for`,
  },
];

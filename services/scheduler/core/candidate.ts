import type { HostRecord, Observed, VmRecord } from '@holdfast/contracts';
import type { Cluster } from './cluster.js';

/** A host as the filters and the score see it. */
export interface Candidate {
  host: HostRecord;
  observed: Observed | null;
  cpus: number;
  memoryMiB: number;
  usedCpus: number;
  usedMemoryMiB: number;
  /** Somebody wants it empty. */
  isDraining: boolean;
}

/** Hosts a VM takes room on: where it is assigned and where it is moving to. */
export function hostsHolding(vm: VmRecord): string[] {
  const holding = vm.assignment ? [vm.assignment.host] : [];
  if (vm.migration && vm.migration.to.host !== vm.assignment?.host) holding.push(vm.migration.to.host);
  return holding;
}

/** All hosts, with the room that all VMs but these take on them. */
export function candidates(cluster: Cluster, except: ReadonlySet<string>): Candidate[] {
  const used = new Map<string, { cpus: number; memoryMiB: number }>();
  for (const vm of cluster.vms()) {
    if (except.has(vm.name)) continue;
    for (const host of hostsHolding(vm)) {
      const sum = used.get(host) ?? { cpus: 0, memoryMiB: 0 };
      used.set(host, {
        cpus: sum.cpus + vm.spec.cpus,
        memoryMiB: sum.memoryMiB + vm.spec.memoryMiB,
      });
    }
  }
  return cluster.hosts().map((host) => {
    const observed = cluster.observed(host.host);
    return {
      host,
      observed,
      cpus: observed?.capacity.cpus ?? 0,
      memoryMiB: observed?.capacity.memoryMiB ?? 0,
      usedCpus: used.get(host.host)?.cpus ?? 0,
      usedMemoryMiB: used.get(host.host)?.memoryMiB ?? 0,
      isDraining: isWantedEmpty(cluster, host.host),
    };
  });
}

/** From the moment that somebody asks for it until the host is told to work again. */
export function isWantedEmpty(cluster: Cluster, host: string): boolean {
  const state = cluster.drain(host)?.state;
  return state === 'draining' || state === 'drained';
}

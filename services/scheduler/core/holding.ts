import type { VmRecord } from '@holdfast/contracts';
import type { Cluster } from './cluster.js';

/** Hosts a VM takes room on: where it is assigned and where it is moving to. */
export function hostsHolding(vm: VmRecord): string[] {
  const holding = vm.assignment ? [vm.assignment.host] : [];
  if (vm.migration && vm.migration.to.host !== vm.assignment?.host) holding.push(vm.migration.to.host);
  return holding;
}

/** Whether room has become free on a host that is there: whoever waits for some looks again. */
export function roomFreed(before: VmRecord | null, now: VmRecord | null, cluster: Pick<Cluster, 'host'>): boolean {
  if (!before) return false;
  const held = now ? hostsHolding(now) : [];
  return hostsHolding(before).some((host) => !held.includes(host) && cluster.host(host)?.health === 'online');
}

/** From the moment that somebody asks for it until the host is told to work again. */
export function isWantedEmpty(cluster: Pick<Cluster, 'drain'>, host: string): boolean {
  const state = cluster.drain(host)?.state;
  return state === 'draining' || state === 'drained';
}

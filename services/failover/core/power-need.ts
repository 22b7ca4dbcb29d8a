import type { Assignment, HostRecord, VmRecord } from '@holdfast/contracts';

/** Copies that there may be. */
const copiesOf = ({ assignment, migration }: VmRecord): Assignment[] =>
  [assignment, migration?.to].filter((copy) => copy !== null && copy !== undefined);

/** The hosts that may have one. */
export function hostsOf(vm: VmRecord): string[] {
  return [...new Set(copiesOf(vm).map(({ host }) => host))];
}

/** A VM that is on the host by the records, or on its way there; null for none. */
export function vmOn(vms: Iterable<VmRecord>, host: string): string | null {
  for (const vm of vms) if (hostsOf(vm).includes(host)) return vm.name;
  return null;
}

/**
 * Whether storage's proof is not enough for this VM, of which the host may have an older copy: storage cannot speak for
 * it (safety rule 6), or its policy asks for more. Then power-off is asked for without end.
 */
export function needsPower(vm: VmRecord, host: HostRecord, isRevocable: (pool: string) => boolean): boolean {
  const isThere = copiesOf(vm).some((copy) => copy.host === host.host && copy.hostEpoch < host.epoch);
  if (!isThere) return false;
  if (vm.spec.policy.proof !== 'storage') return true;
  return vm.volumes.length === 0 || vm.volumes.some(({ pool }) => !isRevocable(pool));
}

/**
 * Whether the host is left alone while it is merely isolated: it has VMs, and all of them say so. A fence is of the
 * whole host, so one that is to be restarted elsewhere takes the others with it.
 */
export function isLeftIsolated(vms: Iterable<VmRecord>, host: string): boolean {
  let count = 0;
  for (const vm of vms) {
    if (!hostsOf(vm).includes(host)) continue;
    if (vm.spec.policy.onIsolation !== 'leave') return false;
    count += 1;
  }
  return count > 0;
}

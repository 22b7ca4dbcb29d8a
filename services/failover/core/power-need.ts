import type { HostRecord, VmRecord } from '@holdfast/contracts';

/**
 * Whether storage's proof is not enough for this VM, of which the host may have an older copy: storage cannot speak for
 * it (safety rule 6), or its policy asks for more. Then power-off is asked for without end.
 */
export function needsPower(vm: VmRecord, host: HostRecord, isRevocable: (pool: string) => boolean): boolean {
  const isThere = [vm.assignment, vm.migration?.to].some(
    (copy) => copy?.host === host.host && copy.hostEpoch < host.epoch,
  );
  if (!isThere) return false;
  if (vm.spec.policy.proof !== 'storage') return true;
  return vm.volumes.length === 0 || vm.volumes.some(({ pool }) => !isRevocable(pool));
}

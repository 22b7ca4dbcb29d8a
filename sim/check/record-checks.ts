import type { HostRecord, VmRecord } from '@holdfast/contracts';
import type { Bus } from '../world/bus.js';
import type { Domain, Hypervisor } from '../world/hypervisor.js';

/** The records say that this very copy is to run there, and nothing else. */
export function isWanted({ identity, host }: Domain, bus: Bus): boolean {
  const vm = bus.bucket<VmRecord>('vms').value(identity.vm);
  const record = bus.bucket<HostRecord>('hosts').value(host);
  return (
    vm?.uid === identity.uid &&
    vm.phase === 'running' &&
    vm.desired === 'running' &&
    vm.assignment?.host === host &&
    vm.assignment.generation === identity.generation &&
    vm.generation === identity.generation &&
    record?.epoch === identity.hostEpoch
  );
}

/** The epoch grows with every fence, every sleep and every joining. */
export function keepsEpoch(before: HostRecord, after: HostRecord): boolean {
  if (after.epoch > before.epoch || after.health === before.health) return false;
  if (after.health === 'asleep' && before.health === 'online') return true;
  const isFence = after.health === 'fencing' && before.health !== 'fenced';
  const isJoining = after.health === 'joining';
  return isFence || isJoining;
}

/** VMs of which a host runs a copy from before that epoch. */
export function olderCopies(hypervisors: Iterable<Hypervisor>, host: string, epoch: number): string[] {
  const found: string[] = [];
  for (const { machine, domains } of hypervisors) {
    if (machine.name !== host) continue;
    for (const { identity } of domains.values()) if (identity.hostEpoch < epoch) found.push(identity.vm);
  }
  return found;
}

import { ordinaryMemoryOf, type HostCapacity, type VmNeeds } from '@holdfast/contracts';
import { isLive, type LocalState, type Room } from './vm.js';

type Pages = VmNeeds['hugePages'];

/** Of the memory that a VM would take: ordinary, or huge pages of one size. Its own copy here does not count. */
export function roomFor(
  local: LocalState,
  { vm: name, spec: { hugePages } }: { vm: string; spec: { hugePages?: Pages } },
  capacity: HostCapacity,
  isLeaving: boolean,
): Room {
  const memoryMiB =
    hugePages === undefined ? ordinaryMemoryOf(capacity) : (capacity.hugePagesMiB?.[hugePages] ?? 0);
  let freeMemoryMiB = memoryMiB;
  for (const [other, vm] of Object.entries(local.vms)) {
    if (other !== name && isLive(vm.copy) && vm.hugePages === hugePages) freeMemoryMiB -= vm.memoryMiB ?? 0;
  }
  return { memoryMiB, freeMemoryMiB, isLeaving };
}

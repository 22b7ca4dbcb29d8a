import type { GuestSpec, VmRecord } from '@holdfast/contracts';

/** What of a VM its host is told. */
export function guestSpecOf({ spec, bootsFromDisk }: VmRecord): GuestSpec {
  const { policy, disks: _, ...guest } = spec;
  return { ...guest, restart: policy.restart, ...(bootsFromDisk === true ? { bootsFromDisk } : {}) };
}

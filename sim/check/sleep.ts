/** Whether a host is switched off to save power only when nothing runs on it. */
import type { HostRecord } from '@holdfast/contracts';
import type { Hypervisor } from '../world/hypervisor.js';

/** To be asked when its power goes, while it is still there: the VMs that run on it although it was to be empty. */
export function cutOffBySleep(
  hypervisors: Iterable<Hypervisor>,
  name: string,
  record: HostRecord | null,
): string[] {
  if (record?.health !== 'asleep' || record.sleep?.stage !== 'switching-off') return [];
  const found: string[] = [];
  for (const { machine, domains } of hypervisors) {
    if (machine.name !== name) continue;
    for (const { identity } of domains.values()) found.push(identity.vm);
  }
  return found;
}

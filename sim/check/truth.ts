/** The records as they are now, as the scheduler's cores see a cluster: nothing lags here. */
import type {
  AttachmentRecord,
  DrainRecord,
  HostRecord,
  Observed,
  PoolRecord,
  RuleRecord,
  VmRecord,
  VolumeRecord,
} from '@holdfast/contracts';
import type { Cluster } from '@holdfast/scheduler/core';
import type { Bus } from '../world/bus.js';

export function truthOf(bus: Bus): Cluster {
  const rules = bus.bucket<RuleRecord>('rules').values();
  const of = <T>(bucket: string) => bus.bucket<T>(bucket);
  return {
    host: (name) => of<HostRecord>('hosts').value(name),
    hosts: () => of<HostRecord>('hosts').values(),
    observed: (host) => of<Observed>('observed').value(host),
    volume: (id) => of<VolumeRecord>('volumes').value(id),
    attachment: (volume) => of<AttachmentRecord>('attachments').value(volume),
    pool: (name) => of<PoolRecord>('pools').value(name),
    pools: () => of<PoolRecord>('pools').values(),
    vms: () => of<VmRecord>('vms').values(),
    vm: (name) => of<VmRecord>('vms').value(name),
    rules: () => rules,
    drain: (host) => of<DrainRecord>('drains').value(host),
  };
}

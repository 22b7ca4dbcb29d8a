import { isNews, type DrainRecord, type HostRecord, type Observed, type VmRecord } from '@holdfast/contracts';
import { ComingUp, SnapshotFeed, type Cluster } from '@holdfast/scheduler/core';
import type { TwinProjection } from './projection.js';

export interface Watched {
  hosts: TwinProjection<HostRecord>;
  observed: TwinProjection<Observed>;
  drains: TwinProjection<DrainRecord>;
  vms: TwinProjection<VmRecord>;
}

export interface Feeds {
  placement: SnapshotFeed;
  comingUp: ComingUp;
}

/** The twin of `feedsOf` of the scheduler's shell. */
export function feedsOf({ hosts, observed, drains, vms }: Watched, cluster: Cluster, incarnation: string): Feeds {
  const own = (name: string): HostRecord | null => {
    const host = hosts.value(name);
    return host?.incarnation === incarnation ? host : null;
  };
  const placement = new SnapshotFeed({ ...cluster, host: own });
  const comingUp = new ComingUp(cluster);
  hosts.onChange(placement.hostChanged);
  hosts.onChange(comingUp.hostChanged);
  observed.onChange((host, entry, before) => {
    if (isNews(before, entry?.value ?? null)) placement.hostChanged(host);
  });
  drains.onChange(placement.hostChanged);
  vms.onIntendedChange(placement.vmChanged);
  vms.onIntendedChange(comingUp.vmChanged);
  return { placement, comingUp };
}

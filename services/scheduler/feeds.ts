import { isNews, type DrainRecord, type HostRecord, type Observed, type VmRecord } from '@holdfast/contracts';
import type { Projection } from '@holdfast/runtime';
import { ComingUp, SnapshotFeed, type Cluster } from './core/index.js';

export interface Watched {
  hosts: Projection<HostRecord>;
  observed: Projection<Observed>;
  drains: Projection<DrainRecord>;
  vms: Projection<VmRecord>;
}

/** What is read again where a record changed, instead of summed up for each question. */
export interface Feeds {
  /** What placement looks at. */
  placement: SnapshotFeed;
  comingUp: ComingUp;
}

export function feedsOf(watched: Watched, cluster: Cluster, isForeign: (host: HostRecord) => boolean): Feeds {
  const { hosts, observed, drains, vms } = watched;
  const own = (name: string): HostRecord | null => {
    const host = hosts.value(name);
    return host && !isForeign(host) ? host : null;
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

import type { Bucket } from '@holdfast/contracts';
import type { ClusterInfo, StreamInfo } from '@nats-io/jetstream';
import { BusError, type ServerOfBus } from './bus.js';
import { busError, type NatsLink } from './nats-link.js';
import { kvStream, streamInfoSubject } from './subjects.js';

/** A follower heard within this time is alive: leaders call theirs every second. */
const heardWithinMs = 4000;
const nanosecondsInMs = 1e6;

/** Where one bucket is kept: only its leader says so. */
export interface BucketCluster {
  bucket: string;
  leader: string;
  /** `heardAgoMs` null: not since this leader leads. */
  followers: { name: string; offline: boolean; heardAgoMs: number | null }[];
}

/** @throws BusError `timeout` while the bucket has no leader. */
export async function clusterOf(link: NatsLink, bucket: Bucket, timeoutMs: number): Promise<BucketCluster> {
  const subject = streamInfoSubject(kvStream(bucket.name));
  let info: Partial<StreamInfo>;
  try {
    info = (await link.nc.request(subject, '', { timeout: timeoutMs })).json();
  } catch (error) {
    throw busError(error, subject);
  }
  // A server alone is no cluster, and may not name itself as leader.
  const cluster: ClusterInfo = info.cluster ?? {};
  const leader = cluster.leader || (cluster.replicas ? '' : (link.nc.info?.server_name ?? ''));
  if (leader === '') throw new BusError('timeout', `${bucket.name} has no leader`);
  const followers = (cluster.replicas ?? []).map(({ name, offline, active }) => ({
    name,
    offline: offline === true,
    heardAgoMs: active > 0 ? active / nanosecondsInMs : null,
  }));
  return { bucket: bucket.name, leader, followers };
}

/** Alive is whom any leader has heard lately, and whoever leads. */
export function serversOf(clusters: readonly BucketCluster[]): ServerOfBus[] {
  const servers = new Map<string, ServerOfBus>();
  const serverOf = (name: string): ServerOfBus => {
    const server = servers.get(name) ?? { name, alive: false, leads: [] };
    servers.set(name, server);
    return server;
  };
  for (const { bucket, leader, followers } of clusters) {
    const leads = serverOf(leader);
    leads.alive = true;
    leads.leads.push(bucket);
    for (const { name, offline, heardAgoMs } of followers) {
      const follower = serverOf(name);
      if (!offline && heardAgoMs !== null && heardAgoMs < heardWithinMs) follower.alive = true;
    }
  }
  return [...servers.values()].sort((a, b) => a.name.localeCompare(b.name, 'en'));
}

/** What is known of the parts that may exist once only. */
export interface Parts {
  natsServers: { total: number; alive: number };
  apiReplicas: number;
  /** Replicas heard, by service. */
  replicas: Record<'scheduler' | 'failover', number>;
  storageNodes: readonly string[];
  onlineHosts: number;
}

const duties = {
  scheduler: 'while it is down, VMs run on, but none is started, moved or recovered',
  failover: 'while it is down, VMs run on, but no dead host is fenced',
};

/** Each a sentence: a part whose failure alone still takes something down, and what that is. */
export function singlePoints(parts: Parts): string[] {
  const points: string[] = [];
  const [node] = parts.storageNodes;
  if (parts.storageNodes.length === 0) {
    points.push('No storage node is known: no VM with a disk can be created.');
  } else if (parts.storageNodes.length === 1) {
    points.push(`One storage node (${node}): while it is down, no VM has its disks.`);
  }
  const { total, alive } = parts.natsServers;
  if (total <= 1) {
    points.push('One NATS server: while it is down, VMs run on, but no host is failed over.');
  } else if (alive * 2 <= total) {
    const share = `${alive} of ${total}`;
    points.push(`No majority of the NATS servers (${share}) lives: VMs run on, but no host is failed over.`);
  } else if ((alive - 1) * 2 <= total) {
    points.push(`Only ${alive} of ${total} NATS servers live: while one more is down, no host is failed over.`);
  }
  for (const service of ['scheduler', 'failover'] as const) {
    const heard = parts.replicas[service];
    if (heard === 0)
      points.push(`No ${service} is heard: ${duties[service].replace('it is', 'all are')}.`);
    if (heard === 1) points.push(`One replica of ${service}: ${duties[service]}.`);
  }
  if (parts.apiReplicas <= 1) {
    points.push('One API: while it is down, nobody can look or ask; failover goes on without it.');
  }
  if (parts.onlineHosts === 0) points.push('No host is online: no VM can run.');
  if (parts.onlineHosts === 1) {
    points.push('One host is online: when it fails, its VMs have nowhere to go.');
  }
  return points;
}

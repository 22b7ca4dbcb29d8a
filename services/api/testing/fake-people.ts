import type { Bus, MemoryBroker } from '@holdfast/bus';
import {
  accepted,
  clusterKey,
  clusters,
  confirmDead,
  haArm,
  hostClear,
  hostFence,
  hostLabel,
  hosts,
  incidentResume,
  noTransitions,
  refused,
} from '@holdfast/contracts';

/* For tests only: failover, in as far as people have a word in it. */

const incarnation = 'test';
const startMs = 1_700_000_000_000;

export interface People {
  failover: Bus;
  /** What `host confirm-dead` brought. */
  confirmed: unknown[];
  /** What `host fence` brought. */
  fenced: unknown[];
  /** What `incident resume` brought. */
  resumed: unknown[];
}

export async function servePeople(broker: MemoryBroker): Promise<People> {
  const failover = broker.connect({ service: 'failover', node: 'control' });
  const confirmed: unknown[] = [];
  const resumed: unknown[] = [];
  const fenced: unknown[] = [];
  await failover.serve(confirmDead, (request) => {
    confirmed.push(request);
    return Promise.resolve(accepted({ host: request.host, incident: 'incident-1' }));
  });
  await failover.serve(incidentResume, (request) => {
    resumed.push(request);
    return Promise.resolve(accepted({ incident: request.incident, host: request.host }));
  });
  await failover.serve(hostFence, (request) => {
    fenced.push(request);
    return Promise.resolve(accepted({ host: request.host, incident: 'incident-1' }));
  });
  await failover.serve(hostClear, async ({ host }) => {
    const known = await failover.bucket(hosts).get(host);
    if (known) await failover.bucket(hosts).put(host, { ...known.value, flapping: null });
    return accepted({ host });
  });
  await failover.serve(hostLabel, async ({ host, set, remove }) => {
    const bucket = failover.bucket(hosts);
    const known = await bucket.get(host);
    if (!known) return refused('not-found', `there is no host named ${host}`, { field: 'host' });
    const kept = Object.entries({ ...known.value.labels, ...set }).filter(([key]) => !remove.includes(key));
    const labels = Object.fromEntries(kept);
    await bucket.put(host, { ...known.value, labels });
    return accepted({ host, labels });
  });
  await failover.serve(haArm, async ({ armed, shadow, reason, by }) => {
    if (!armed && reason === '') return refused('invalid', 'reason: say why', { field: 'reason' });
    const history = noTransitions(incarnation, startMs);
    await failover.bucket(clusters).put(clusterKey, {
      armed,
      shadow,
      reason,
      by,
      sinceMs: startMs,
      restoredAtMs: null,
      reconciled: true,
      ...history,
    });
    return accepted({ armed, changed: true });
  });
  return { failover, confirmed, resumed, fenced };
}

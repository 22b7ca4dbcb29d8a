import type { Bus, MemoryBroker } from '@holdfast/bus';
import {
  asAsked,
  accepted,
  clusterKey,
  clusters,
  confirmDead,
  drillBegin,
  drillCheckNames,
  drills,
  haArm,
  hostClear,
  hostFence,
  hostLabel,
  hosts,
  hostWake,
  incidentResume,
  noTransitions,
  withTransition,
  refused,
  type DrillCheck,
  type DrillRecord,
  type DrillResult,
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
  /** What drills of a host find wanting. */
  wanting: Map<string, DrillCheck[]>;
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
  await failover.serve(hostWake, async ({ host }) => {
    const { sleep, health } = (await failover.bucket(hosts).get(host))?.value ?? {};
    return sleep ? accepted({ host }) : refused('conflict', `${host} is ${health}, not asleep`, { field: 'host' });
  });
  // It passes but for what it is told to find wanting, and an hour ago.
  const wanting = new Map<string, DrillCheck[]>();
  await failover.serve(drillBegin, async ({ host, operation, by }) => {
    const health = (await failover.bucket(hosts).get(host))?.value.health;
    if (health !== 'online') {
      return refused('conflict', `${host} is ${health}`, { field: 'host', remedy: 'drill it when it is online' });
    }
    const uid = `drill-${operation}`;
    const failed = wanting.get(host) ?? [];
    const resultOf = (name: DrillCheck): DrillResult => ({
      result: name === 'watchdog' ? 'absent' : failed.includes(name) ? 'failed' : 'passed',
      detail: failed.includes(name) ? `${name} is wanting; see to it` : '',
      atMs: startMs,
      tookMs: name === 'watchdog' ? null : 1500,
    });
    await failover.bucket(drills).put(host, {
      host,
      uid,
      stage: 'done',
      stageSinceMs: startMs,
      by,
      canary: null,
      checks: Object.fromEntries(drillCheckNames.map((name) => [name, resultOf(name)])) as DrillRecord['checks'],
      begunAtMs: startMs,
      endedAtMs: startMs,
      expiresAtMs: startMs + 30 * 86_400_000,
      ...noTransitions(incarnation, startMs),
    });
    return accepted({ host, drill: uid });
  });
  await failover.serve(hostLabel, async (request) => {
    const { host, set, remove } = request;
    const bucket = failover.bucket(hosts);
    const known = await bucket.get(host);
    if (!known) return refused('not-found', `there is no host named ${host}`, { field: 'host' });
    const kept = Object.entries({ ...known.value.labels, ...set }).filter(([key]) => !remove.includes(key));
    const labels = Object.fromEntries(kept);
    const record = { ...known.value, uid: known.value.uuid };
    const change = withTransition(record, startMs, { event: 'host.labelled', text: 'labelled' });
    const { reply, change: next } = asAsked(record, request, () => ({
      change: { ...change, labels }, reply: accepted({ host, labels }),
    }));
    if (next) await bucket.put(host, next);
    return reply;
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
  return { failover, confirmed, resumed, fenced, wanting };
}

/** What people ask of a host: to be emptied, or to work again. */
import {
  accepted,
  inIncarnation,
  noTransitions,
  refused,
  withTransition,
  type DrainRecord,
  type Reply,
  type StuckChoice,
} from '@holdfast/contracts';
import { deriveId, type Env } from '@holdfast/kernel';
import { hostsHolding } from './holding.js';
import type { Cluster } from './cluster.js';

export interface DrainAdmission {
  change: DrainRecord | null;
  reply: Reply<{ host: string }>;
}

export function admitMaintenance(
  existing: DrainRecord | null,
  request: { operation: string; host: string; on: boolean; reason: string; stuck?: StuckChoice | undefined },
  cluster: Cluster,
  env: Env,
): DrainAdmission {
  const { host, on, operation } = request;
  const record = cluster.host(host);
  if (!record) {
    const names = cluster.hosts().map((each) => each.host);
    const remedy = `choose one of ${names.slice(0, 20).join(', ')}`;
    return { change: null, reply: refused('not-found', `there is no host named ${host}`, { field: 'host', remedy }) };
  }
  const known = existing?.state === 'ended' ? null : existing;
  const isWanted = known?.state === 'draining' || known?.state === 'drained';
  const reply = accepted({ host });
  if (on && isWanted && request.stuck !== undefined && request.stuck !== (known.stuck ?? 'leave')) {
    const text = `VMs that cannot move: ${request.stuck}`;
    const transition = { event: 'drain.changed', text, operation };
    return { change: withTransition({ ...known, stuck: request.stuck }, env.nowMs, transition), reply };
  }
  if (on ? isWanted : known?.state === 'ending') return { change: null, reply };
  if (!on && !known && record.admin === 'active') {
    const message = `${host} is not in maintenance`;
    return { change: null, reply: refused('conflict', message, { field: 'host', remedy: 'it takes VMs already' }) };
  }
  if (!on) {
    const from = known ?? fresh(request, 0, env);
    const transition = { event: 'drain.ending', text: `${host} is to take VMs again`, operation };
    const change = withTransition({ ...from, state: 'ending' as const, left: [] }, env.nowMs, transition);
    return { change, reply };
  }
  const there = cluster.vms().filter((vm) => hostsHolding(vm).includes(host));
  const count = there.length;
  const leftMiB = there.reduce((sum, { spec }) => sum + spec.memoryMiB, 0);
  const progress = { totalMiB: leftMiB, leftVms: count, leftMiB, stuckVms: 0, stuckMiB: 0, atMs: env.nowMs };
  const asked = request.stuck === undefined ? {} : { stuck: request.stuck };
  const state: DrainRecord = {
    ...fresh(request, count, env), ...historyOf(known ?? existing, env), progress, ...asked,
  };
  const text = `${host} is to be emptied: ${count} VM${count === 1 ? '' : 's'}`;
  return { change: withTransition(state, env.nowMs, { event: 'drain.begun', text, operation }), reply };
}

/** One record for a host: its numbers go on. */
function historyOf(record: DrainRecord | null, { incarnation }: Env): Partial<DrainRecord> {
  if (!record) return {};
  const { uid, transitions, transitionCount, derivedThrough, askedAfter } = inIncarnation(record, incarnation);
  return { uid, transitions, transitionCount, derivedThrough, ...(askedAfter === undefined ? {} : { askedAfter }) };
}

function fresh(
  { host, reason, operation }: { host: string; reason: string; operation: string },
  vmCount: number,
  env: Env,
): DrainRecord {
  return {
    ...noTransitions(env.incarnation, env.nowMs),
    host,
    uid: deriveId(env.incarnation, 'drain', host, operation),
    state: 'draining',
    reason,
    startedAtMs: env.nowMs,
    vmCount,
    left: [],
  };
}

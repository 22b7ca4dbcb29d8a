/** `drill`: admitted, or refused with the reason, before anything is tried. */
import {
  accepted,
  drillCheckNames,
  inIncarnation,
  isDrilling,
  noTransitions,
  refused,
  withTransition,
  type Arming,
  type DrillRecord,
  type DrillResult,
  type HostRecord,
  type Reply,
  type VmRecord,
} from '@holdfast/contracts';
import { deriveId, type Env } from '@holdfast/kernel';
import { canaryName } from './drill.js';

export interface DrillRequest {
  operation: string;
  host: string;
  by: string;
}

/** What admission rests on. */
export interface DrillFacts {
  hosts: HostRecord[];
  drills: DrillRecord[];
  /** The VM that has the canary's name. */
  canary: VmRecord | null;
  arming: Arming;
}

export type DrillReply = Reply<{ host: string; drill: string }>;

export function admitDrill(
  existing: DrillRecord | null,
  { operation, host, by }: DrillRequest,
  { hosts, drills, canary, arming }: DrillFacts,
  env: Env,
): { change: DrillRecord | null; reply: DrillReply } {
  const no = (text: string, remedy: string): { change: null; reply: DrillReply } => ({
    change: null,
    reply: refused('conflict', text, { field: 'host', remedy }),
  });
  const uid = deriveId(env.incarnation, 'drill', host, operation);
  const reply = accepted({ host, drill: uid });
  if (existing?.uid === uid) return { change: null, reply };
  const record = hosts.find((each) => each.host === host);
  if (!record) {
    const remedy = `choose one of ${hosts.slice(0, 20).map((each) => each.host).join(', ')}`;
    return { change: null, reply: refused('not-found', `there is no host named ${host}`, { field: 'host', remedy }) };
  }
  if (!arming.armed) return no(`the cluster is ${arming.text}`, 'arm it first, with `ha arm`');
  if (record.health !== 'online') return no(`${host} is ${record.health}`, 'drill it when it is online');
  if (record.admin !== 'active') return no(`${host} is in maintenance`, 'end that first: it takes no canary');
  const busy = drills.find(isDrilling);
  if (busy) return no(`${busy.host} is being drilled`, 'wait until that has ended; one host is drilled at a time');
  if (canary?.canary === true) return no(`${canary.name} of the last drill is still there`, 'wait until it is gone');
  const running: DrillResult = { result: 'running', detail: '', atMs: env.nowMs, tookMs: null };
  const checks = Object.fromEntries(drillCheckNames.map((name) => [name, running])) as DrillRecord['checks'];
  const base: DrillRecord = {
    ...(existing ? inIncarnation(existing, env.incarnation) : noTransitions(env.incarnation, env.nowMs)),
    host,
    uid,
    stage: 'power',
    stageSinceMs: env.nowMs,
    by,
    canary: canaryName(host),
    checks,
    begunAtMs: env.nowMs,
    endedAtMs: null,
    expiresAtMs: null,
  };
  const text = `${by} drills ${host}`;
  return { change: withTransition(base, env.nowMs, { event: 'drill.begun', text, operation }), reply };
}

/**
 * Whether Holdfast acts by itself: armed, or disarmed by a person with a reason.
 *
 *   armed ◄──► disarmed
 *
 * Disarmed, no fence begins, no power-off is asked for, and nothing is started that no person asked for. A fence that
 * had begun goes on asking storage: what it revokes was judged lost then, and a host half cut off helps nobody.
 */
import {
  accepted,
  noTransitions,
  refused,
  withTransition,
  type ClusterRecord,
  type Reply,
} from '@holdfast/contracts';
import type { Env, Step } from '@holdfast/kernel';

export interface ArmRequest {
  armed: boolean;
  reason: string;
  by: string;
  operation: string;
}
export type ClusterStep = Step<ClusterRecord, never>;

const leastReason = 3;

/** Nothing follows by itself from this record. */
export function stepCluster(record: ClusterRecord): ClusterStep {
  return { state: record, effects: [], wakeAtMs: null };
}

/** Sent again it is the same operation; asked for what is the case already it changes nothing. */
export function admitArm(
  record: ClusterRecord | null,
  request: ArmRequest,
  env: Env,
): { change: ClusterRecord | null; reply: Reply<{ armed: boolean; changed: boolean }> } {
  const { armed, by, operation } = request;
  const reason = request.reason.trim();
  if (!armed && reason.length < leastReason) {
    const remedy = 'say in `reason`, in a few words, why nothing may be done for the hosts meanwhile';
    return { change: null, reply: refused('invalid', 'reason: say why', { field: 'reason', remedy }) };
  }
  const isKnown = record?.transitions.some((transition) => transition.operation === operation) === true;
  const isAlready = (record?.armed ?? true) === armed && (armed || record?.reason === reason);
  if (isKnown || isAlready) return { change: null, reply: accepted({ armed, changed: isKnown }) };
  const base = { ...noTransitions(env.incarnation, env.nowMs), ...record };
  const next: ClusterRecord = {
    ...base,
    incarnation: env.incarnation,
    armed,
    reason,
    by,
    sinceMs: env.nowMs,
  };
  const why = reason === '' ? '' : `: ${reason}`;
  const change = withTransition(next, env.nowMs, {
    event: armed ? 'cluster.armed' : 'cluster.disarmed',
    text: `${armed ? 'armed' : 'disarmed'} by ${by}${why}`,
    operation,
  });
  return { change, reply: accepted({ armed, changed: true }) };
}

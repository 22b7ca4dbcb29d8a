/**
 * Whether Holdfast acts by itself: armed, or disarmed by a person with a reason.
 *
 *   armed ◄──► disarmed or shadow          (restored from a backup) ──► disarmed ──► armed ──► reconciled
 *
 * Disarmed, no fence begins, no power-off is asked for, and nothing is started that no person asked for. A fence that
 * had begun goes on asking storage: what it revokes was judged lost then, and a host half cut off helps nobody.
 * In shadow mode it is the same, and what would have been done is decided and written down.
 */
import {
  accepted,
  noTransitions,
  refused,
  inIncarnation,
  withTransition,
  type ClusterRecord,
  type Reply,
} from '@holdfast/contracts';
import type { Env, Step } from '@holdfast/kernel';

export interface ArmRequest {
  armed: boolean;
  shadow?: boolean | undefined;
  reason: string;
  by: string;
  operation: string;
}
export type ClusterStep = Step<ClusterRecord, never>;

const leastReason = 3;
const lookAgainMs = 1000;

/** A cluster's first record. Records of another incarnation without one beside them come from a backup as well. */
export function firstCluster(isRestored: boolean, env: Env): ClusterRecord {
  const record: ClusterRecord = {
    ...noTransitions(env.incarnation, env.nowMs),
    armed: true,
    reason: '',
    by: '',
    sinceMs: env.nowMs,
    restoredAtMs: null,
    reconciled: true,
  };
  return isRestored ? restored(record, env) : record;
}

/** `foreignCount`: hosts and VMs whose records come from a backup and were not taken up yet. */
export function stepCluster(record: ClusterRecord, foreignCount: () => number, env: Env): ClusterStep {
  const become = (state: ClusterRecord): ClusterStep => ({ state, effects: [], wakeAtMs: null });
  if (record.incarnation !== env.incarnation) return become(restored(record, env));
  if (record.reconciled) return become(record);
  if (!record.armed || foreignCount() > 0) return { ...become(record), wakeAtMs: env.nowMs + lookAgainMs };
  return become(
    withTransition({ ...record, reconciled: true }, env.nowMs, {
      event: 'cluster.reconciled',
      text: 'every host and VM goes on above all numbers that were used before',
    }),
  );
}

/** The records were put back from a backup. Somebody looks at them before anything is done. */
function restored(record: ClusterRecord, env: Env): ClusterRecord {
  const next: ClusterRecord = {
    ...inIncarnation(record, env.incarnation),
    armed: false,
    shadow: false,
    by: 'the restore',
    reason: 'the records come from a backup; look at them, then arm',
    sinceMs: env.nowMs,
    restoredAtMs: env.nowMs,
    reconciled: false,
  };
  return withTransition(next, env.nowMs, {
    event: 'cluster.disarmed',
    text: 'restored from a backup: nothing is touched until a person arms the cluster',
  });
}

/** Sent again it is the same operation; asked for what is the case already it changes nothing. */
export function admitArm(
  record: ClusterRecord | null,
  request: ArmRequest,
  env: Env,
): { change: ClusterRecord | null; reply: Reply<{ armed: boolean; changed: boolean }> } {
  const { armed, by, operation } = request;
  const shadow = !armed && request.shadow === true;
  const reason = request.reason.trim();
  if (!armed && reason.length < leastReason) {
    const remedy = 'say in `reason`, in a few words, why nothing may be done for the hosts meanwhile';
    return { change: null, reply: refused('invalid', 'reason: say why', { field: 'reason', remedy }) };
  }
  if (record && record.incarnation !== env.incarnation) {
    const reply = refused<never>('unavailable', 'the restore is still being noted', { remedy: 'try again' });
    return { change: null, reply };
  }
  const base = record ?? firstCluster(false, env);
  const isKnown = record?.transitions.some((transition) => transition.operation === operation) === true;
  const isSame = base.armed === armed && (base.shadow ?? false) === shadow;
  const isAlready = isSame && (armed || base.reason === reason);
  if (isKnown || isAlready) return { change: null, reply: accepted({ armed, changed: isKnown }) };
  const next: ClusterRecord = {
    ...base,
    armed,
    shadow,
    reason,
    by,
    sinceMs: env.nowMs,
  };
  const why = reason === '' ? '' : `: ${reason}`;
  const become = armed ? 'armed' : shadow ? 'shadowed' : 'disarmed';
  const change = withTransition(next, env.nowMs, {
    event: `cluster.${become}`,
    text: `${shadow ? 'in shadow mode' : become} by ${by}${why}`,
    operation,
  });
  return { change, reply: accepted({ armed, changed: true }) };
}

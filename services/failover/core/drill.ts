/**
 * A drill: what the failover of a host would need is tried while all is well.
 *
 *   power ──► starting ──► evicting ──► clearing ──► done ──► expired
 *     │          │                         ▲
 *     └──────────┴─────────────────────────┘   (disarmed, the host not well, nowhere to run)
 *
 * Invariants
 *  1. It asks for a VM of its own and touches no other.
 *  2. Every stage ends, by what is seen or by its time; what was not seen by then has failed, and says so.
 *  3. The canary is asked to go in every stage from `clearing` on, for as long as there is one.
 */
import {
  inIncarnation,
  withTransition,
  drillCheckNames,
  type Arming,
  type DrillCheck,
  type DrillRecord,
  type DrillResult,
  type DrillStage,
  type HostRecord,
  type NewTransition,
  type Refusal,
  type Reply,
  type VmRecord,
  type Watchdog,
} from '@holdfast/contracts';
import { deriveId, type Env, type Step } from '@holdfast/kernel';

export type DrillEffect = { key: string; resendMs: number } & (
  | { kind: 'check-power' }
  | { kind: 'create' | 'evict' | 'delete'; vm: string; operation: string }
);
export type DrillStep = Step<DrillRecord, DrillEffect>;

export interface DrillTiming {
  /** How long each stage may take before what it has not shown counts as failed. */
  powerWithinMs: number;
  startWithinMs: number;
  evictWithinMs: number;
  clearWithinMs: number;
  /** So long its results stand. */
  validForMs: number;
}

export const defaultDrillTiming: DrillTiming = {
  powerWithinMs: 45_000,
  startWithinMs: 120_000,
  evictWithinMs: 120_000,
  clearWithinMs: 120_000,
  validForMs: 30 * 86_400_000,
};

export interface DrillView {
  drill: DrillRecord;
  host: HostRecord | null;
  /** The VM that has the canary's name. */
  canary: VmRecord | null;
  /** What the host's agent says of its watchdog. */
  watchdog: Watchdog | null;
  arming: Arming;
  timing: DrillTiming;
  env: Env;
  answer(effectKey: string): { atMs: number; reply: Reply<unknown> } | null;
}

/** What the fence devices say. */
export interface PowerFound {
  state: HostRecord['power']['state'];
  detail: string;
  /** Those that did not answer, and those that read off. */
  unanswered: readonly string[];
  off: readonly string[];
}

const lookAgainMs = 1000;
/** No timer lasts as long as results do. */
const expiryLookMs = 3_600_000;

const next: Record<DrillStage, (view: DrillView) => DrillStep> = {
  power,
  starting,
  evicting,
  clearing,
  done,
  expired,
};

export function stepDrill(view: DrillView): DrillStep {
  return next[view.drill.stage](view);
}

function power(view: DrillView): DrillStep {
  const { drill, timing } = view;
  const given = interrupted(view);
  if (given) return given;
  const key = `power/${drill.uid}`;
  const reply = view.answer(key)?.reply;
  const effect: DrillEffect = { key, kind: 'check-power', resendMs: 60_000 };
  if (!reply && !isLate(view, timing.powerWithinMs)) return stay(view, [effect]);
  const late: Refusal = { code: 'unavailable', message: `no answer within ${timing.powerWithinMs / 1000} s` };
  const found = reply ?? { ok: false as const, refusal: late };
  const checks = { ...drill.checks, power: powerResult(view, found as Reply<PowerFound>), watchdog: watchdog(view) };
  return enter(view, 'starting', { checks }, checked('power', checks.power));
}

function powerResult(view: DrillView, reply: Reply<PowerFound>): DrillResult {
  const { begunAtMs } = view.drill;
  const ended = (result: DrillResult['result'], detail: string): DrillResult =>
    resultOf(view, result, detail, view.env.nowMs - begunAtMs);
  const remedy = 'see that it has power and network, and that address, user and password file are right';
  if (!reply.ok) return ended('failed', `${reply.refusal.message}; ${remedy}`);
  const { state, detail, unanswered, off } = reply.value;
  if (state === 'none') return ended('absent', 'no fence device is configured: storage alone can prove this host out');
  if (state !== 'verified') return ended('failed', `${detail}; configure the devices of this very host`);
  if (unanswered.length > 0) return ended('failed', `${unanswered.join(', ')} did not answer: ${detail}; ${remedy}`);
  if (off.length === 0) return ended('passed', `${detail}, and reads on`);
  const about = `${off.join(', ')} reads off while the host is heard`;
  return ended('failed', `${about}; a power-off would be believed while it runs on: see that it reads truly`);
}

function watchdog(view: DrillView): DrillResult {
  const said = view.watchdog;
  if (!said) {
    return resultOf(view, 'absent', 'this host has no watchdog device: self-fencing rests on the agent alone', null);
  }
  const what = `${said.kind}, ${said.timeoutMs / 1000} s`;
  if (said.armed) return resultOf(view, 'passed', `${what}: petted only while storage renews the host's lease`, null);
  const remedy = "see to its device (`watchdog` of its agent's configuration) and to its way to every storage node";
  return resultOf(view, 'failed', `${what}, not armed: ${said.detail}; ${remedy}`, null);
}

function starting(view: DrillView): DrillStep {
  const { drill, canary, timing } = view;
  const given = interrupted(view);
  if (given) return given;
  const effect = asked(view, 'create');
  if (!canary) {
    const refusal = refusalOf(view, effect);
    if (refusal) return giveUp(view, textOf(refusal));
    if (!isLate(view, timing.startWithinMs)) return stay(view, [effect]);
    return giveUp(view, 'no scheduler has made the canary; see that one runs (`holdfast status`)');
  }
  if (!isOwn(canary)) return giveUp(view, `${canary.name} is another's VM; give that another name`);
  const at = canary.assignment?.host;
  if (canary.phase === 'running' && at === drill.host) {
    const text = `the canary ${canary.name} runs on ${at}; the host counts as lost for it`;
    return enter(view, 'evicting', {}, { event: 'drill.evicting', text });
  }
  if (!isEndedElsewhere(view, canary, 'create') && !isLate(view, timing.startWithinMs)) return stay(view);
  return giveUp(view, `the canary did not start on ${drill.host}: ${canary.reason}; give it room there`);
}

function evicting(view: DrillView): DrillStep {
  const { drill, canary, timing } = view;
  const given = interrupted(view);
  if (given) return given;
  if (!canary || !isOwn(canary) || canary.desired !== 'running') {
    return giveUp(view, 'somebody has taken the canary away; leave it alone and begin again');
  }
  const { evicted } = canary;
  const effect = asked(view, 'evict');
  const hasTime = !isLate(view, timing.evictWithinMs);
  if (!evicted) {
    const refusal = refusalOf(view, effect);
    if (refusal) return giveUp(view, textOf(refusal));
    return hasTime ? stay(view, [effect]) : giveUp(view, 'no scheduler has evicted the canary; see that one runs');
  }
  if (evicted.shutOutAtMs !== null && drill.checks.revocation.result === 'running') {
    const tookMs = Math.max(0, evicted.shutOutAtMs - evicted.atMs);
    const revocation = resultOf(view, 'passed', 'storage proved that its copy can write no more', tookMs);
    return move(view, { checks: { ...drill.checks, revocation } }, checked('revocation', revocation));
  }
  const at = canary.assignment?.host;
  const isElsewhere = canary.phase === 'running' && at !== drill.host;
  if (isElsewhere && canary.leftovers.length === 0) {
    const tookMs = Math.max(0, canary.phaseSinceMs - evicted.atMs);
    const failover = resultOf(view, 'passed', `the canary runs on ${at}, its old copy is gone`, tookMs);
    return enter(view, 'clearing', { checks: { ...drill.checks, failover } }, checked('failover', failover));
  }
  if (hasTime && (isElsewhere || !isEndedElsewhere(view, canary, 'evict'))) return stay(view);
  if (isElsewhere) return giveUp(view, `its old copy is still on ${drill.host}; see to the agent there`);
  if (evicted.shutOutAtMs === null) return giveUp(view, `${canary.reason}; see to the storage nodes`);
  return giveUp(view, `${canary.reason}; failover needs another host with room`);
}

function clearing(view: DrillView): DrillStep {
  const { drill, canary, timing } = view;
  const left = leftOver(view);
  if (left.length > 0 && !isLate(view, timing.clearWithinMs)) return stay(view, left);
  if (left.length === 0) return end(view, drill.checks);
  const detail = `${canary?.name} is not gone: ${canary?.reason}; it is asked on to go`.slice(0, 1000);
  return end(view, { ...drill.checks, failover: resultOf(view, 'failed', detail, null) });
}

function done(view: DrillView): DrillStep {
  const { drill, env } = view;
  const left = leftOver(view);
  if (left.length > 0) return stay(view, left);
  const expiresAtMs = drill.expiresAtMs ?? env.nowMs;
  if (env.nowMs < expiresAtMs) {
    return { state: drill, effects: [], wakeAtMs: Math.min(expiresAtMs, env.nowMs + expiryLookMs) };
  }
  const text = `the results for ${drill.host} are too old to rest on; drill it again`;
  return enter(view, 'expired', { canary: null }, { event: 'drill.expired', text });
}

function expired(view: DrillView): DrillStep {
  const left = leftOver(view);
  return left.length > 0 ? stay(view, left) : { state: view.drill, effects: [], wakeAtMs: null };
}

/** Nothing but its own canary, in whatever way that came to be there. */
function leftOver(view: DrillView): DrillEffect[] {
  const { canary } = view;
  if (!canary || !isOwn(canary) || canary.phase === 'deleted') return [];
  // A late request to create it may be obeyed once it is gone: then its end is asked for anew, not as the first one.
  const operation = deriveId('drill', view.drill.uid, 'delete', String(canary.phaseSinceMs));
  return [{ ...asked(view, 'delete'), operation }];
}

function isOwn({ canary }: VmRecord): boolean {
  return canary === true;
}

/** What was asked of the canary is over, and it does not run as was asked. */
function isEndedElsewhere(view: DrillView, canary: VmRecord, kind: 'create' | 'evict'): boolean {
  return canary.operation?.id !== asked(view, kind).operation;
}

function asked({ drill }: DrillView, kind: 'create' | 'evict' | 'delete'): Extract<DrillEffect, { vm: string }> {
  const operation = deriveId('drill', drill.uid, kind);
  return { key: `${kind}/${drill.uid}`, kind, vm: canaryName(drill.host), operation, resendMs: 2000 };
}

const longestHost = 34;

/** The same in every drill of a host, so that none can leave a VM behind that the next does not find. */
export function canaryName(host: string): string {
  if (host.length <= longestHost) return `drill-${host}`;
  return `drill-${host.slice(0, longestHost - 7)}-${deriveId('canary', host).replace(/[^a-z0-9]/g, '').slice(-6)}`;
}

/** Whoever needs the host, or has disarmed the cluster, comes first. */
function interrupted(view: DrillView): DrillStep | null {
  const { drill, host, arming } = view;
  if (!arming.armed) return giveUp(view, `${arming.text}; begin again when it is armed`);
  if (host?.health === 'online') return null;
  return giveUp(view, `${drill.host} is ${host?.health ?? 'unknown'}; begin again when it is online`);
}

/** What has not been shown has failed. */
function giveUp(view: DrillView, why: string): DrillStep {
  const { drill } = view;
  const checks = { ...drill.checks };
  for (const name of drillCheckNames) {
    if (checks[name].result === 'running') checks[name] = resultOf(view, 'failed', why.slice(0, 1000), null);
  }
  return enter(view, 'clearing', { checks }, { event: 'drill.stopped', text: why.slice(0, 2000) });
}

function end(view: DrillView, checks: DrillRecord['checks']): DrillStep {
  const { drill, env, timing } = view;
  const failed = drillCheckNames.filter((name) => checks[name].result === 'failed');
  const patch = { checks, canary: null, endedAtMs: env.nowMs, expiresAtMs: env.nowMs + timing.validForMs };
  const about = failed.map((name) => `${name}: ${checks[name].detail}`).join('; ');
  return enter(view, 'done', patch, {
    event: failed.length === 0 ? 'drill.passed' : 'drill.failed',
    text: (failed.length === 0 ? `${drill.host} would fail over` : about).slice(0, 2000),
    data: { host: drill.host, failed: failed.join(',') },
  });
}

function resultOf(
  { env }: DrillView,
  result: DrillResult['result'],
  detail: string,
  tookMs: number | null,
): DrillResult {
  return { result, detail: detail.slice(0, 1000), atMs: env.nowMs, tookMs };
}

function checked(check: DrillCheck, { result, detail, tookMs }: DrillResult): NewTransition {
  return { event: 'drill.checked', text: `${check} ${result}: ${detail}`, data: { check, result, tookMs } };
}

/** Of a clock that was set back in the meantime nothing is expected but that the stage ends. */
function isLate({ drill, env }: DrillView, withinMs: number): boolean {
  const waitedMs = env.nowMs - drill.stageSinceMs;
  return waitedMs >= withinMs || waitedMs < -withinMs;
}

/** A refusal that will not be otherwise in a moment. */
function refusalOf(view: DrillView, { key }: DrillEffect): Refusal | null {
  const reply = view.answer(key)?.reply;
  return !reply || reply.ok || reply.refusal.code === 'unavailable' ? null : reply.refusal;
}

function textOf({ message, remedy }: Refusal): string {
  return remedy === undefined ? message : `${message}; ${remedy}`;
}

function stay({ drill, env }: DrillView, effects: DrillEffect[] = []): DrillStep {
  return { state: drill, effects, wakeAtMs: env.nowMs + lookAgainMs };
}

function enter(view: DrillView, stage: DrillStage, patch: Partial<DrillRecord>, told: NewTransition): DrillStep {
  return move(view, { ...patch, stage, stageSinceMs: view.env.nowMs }, told);
}

function move({ drill, env }: DrillView, patch: Partial<DrillRecord>, transition: NewTransition): DrillStep {
  const state = withTransition({ ...inIncarnation(drill, env.incarnation), ...patch }, env.nowMs, transition);
  return { state, effects: [], wakeAtMs: null };
}

/**
 * An empty host that is switched off to save power, and on again.
 *
 *   closing ──► switching-off ──► off ──► waking ──► (joining)
 *      │              │                      ▲
 *      ▼              └──────────────────────┘      (called off: a VM turned up, or it cannot be switched off)
 *   (online)
 *
 * Invariants
 *  1. What is done to it was stored before: whichever replica acts next goes on from there.
 *  2. It is switched off only when every storage node has shut it out in the epoch that ended, none had it hold
 *     anything, and its agent has accepted the next epoch with no copy left: a VM that was placed there meanwhile
 *     cannot have started there, and none can.
 *  3. It takes VMs again only by joining, as after a fence.
 */
import type { HostRecord, HostSleep, Observed } from '@holdfast/contracts';
import {
  checkPower,
  heardSince,
  inBoot,
  powerOnKey,
  revokeKey,
  sleepOffKey,
  type HostEffect,
  type HostStep,
  type HostView,
} from './host-view.js';
import { move } from './ledger.js';
import { powerOutcome } from './power-word.js';

/** For so long a replica of the scheduler may not know yet that the host takes no VM. */
export const closingMs = 5000;
/** What cannot be switched off by then is wanted back. */
const switchOffWithinMs = 60_000;
const askAgainMs = 2000;
const switchOnAgainMs = 10_000;

/** Why the host is not to be switched off; null when it may be. */
export function againstSleep(view: HostView): string | null {
  const { host, arming, observed, held } = view;
  if (!arming.armed) return arming.text;
  if (host.admin !== 'active') return 'it is in maintenance';
  if (host.condition) return `it is ${host.condition.kind}`;
  if (host.power.state !== 'verified') return 'no power switch is known to be its own';
  if (held !== null) return `${held} is on it, or on its way there`;
  return copyLeft(observed);
}

function copyLeft(observed: Observed | null): string | null {
  if (!observed) return 'it has not reported';
  const live = Object.entries(observed.vms).find(([, { state }]) => state !== 'stopped' && state !== 'failed');
  if (live) return `its agent reports a copy of ${live[0]}`;
  return observed.staleCopies.length > 0 ? 'it has a stale copy left' : null;
}

/** It is heard, and takes no VM any more. */
export function closing(view: HostView, sleep: HostSleep): HostStep {
  const { host, env } = view;
  const against = againstSleep(view);
  if (against !== null) return move(view, { sleep: null }, calledOff(against));
  // Since we saw it ourselves; by a clock that may have been set back meanwhile.
  const passedMs = env.nowMs - view.seenAtMs;
  const leftMs = passedMs < 0 ? 0 : closingMs - passedMs;
  if (leftMs > 0) return { state: host, effects: [], wakeAtMs: env.nowMs + leftMs };
  const patch = { health: 'asleep' as const, epoch: host.epoch + 1, sleep: at(sleep, 'switching-off', env.nowMs) };
  return move(view, patch, { event: 'host.falling-asleep', text: `nothing is on it: switched off (${sleep.reason})` });
}

export function asleep(view: HostView): HostStep {
  const { sleep } = view.host;
  if (!sleep) return { state: view.host, effects: [], wakeAtMs: null };
  if (sleep.stage === 'waking') return waking(view, sleep);
  return sleep.stage === 'off' ? off(view, sleep) : switchingOff(view, sleep);
}

function switchingOff(view: HostView, sleep: HostSleep): HostStep {
  const { host, env, storageNodes, arming } = view;
  const callOff = (why: string): HostStep =>
    move(view, { sleep: { ...at(sleep, 'waking', env.nowMs), reason: why.slice(0, 500) } }, calledOff(why));
  const wait = (effects: HostEffect[]): HostStep => ({ state: host, effects, wakeAtMs: env.nowMs + 500 });
  const heartbeat = heardSince(view, sleep.sinceMs);
  if (heartbeat && heartbeat.bootId !== host.bootId) return callOff('it has booted again');
  if (!arming.armed) return callOff(arming.text);
  if (host.admin !== 'active') return callOff('it is in maintenance');
  if (Math.abs(env.nowMs - sleep.sinceMs) >= switchOffWithinMs) return callOff('it cannot be switched off');
  const words = storageNodes.map((node) => ({ node, reply: view.answer(revokeKey(host.epoch, node))?.reply }));
  const holding = words.find(({ reply }) => reply?.ok && attachmentsIn(reply.value) > 0);
  if (holding) return callOff(`it held a volume on ${holding.node}`);
  const open = words.filter(({ reply }) => reply?.ok !== true);
  if (open.length > 0) {
    const ask = ({ node }: { node: string }): HostEffect =>
      ({ key: revokeKey(host.epoch, node), kind: 'revoke', node, epochFloor: host.epoch, resendMs: 300 });
    return wait(open.map(ask));
  }
  if (!hasLetGo(view)) return wait([]);
  const reply = view.answer(sleepOffKey(host.epoch))?.reply;
  const proven = reply ? powerOutcome(reply).proven : null;
  if (!proven) return wait([{ key: sleepOffKey(host.epoch), kind: 'power-off', resendMs: askAgainMs }]);
  return move(view, { sleep: at(sleep, 'off', env.nowMs) }, {
    event: 'host.asleep',
    text: `${proven.from} ${proven.detail}; asleep: ${sleep.reason}`,
  });
}

/** Its agent starts nothing of an older epoch any more, and has nothing left. */
function hasLetGo({ host, env, observed }: HostView): boolean {
  const isOfNow = observed?.bootId === host.bootId && observed.incarnation === env.incarnation;
  return isOfNow && observed.epoch >= host.epoch && copyLeft(observed) === null;
}

function off(view: HostView, sleep: HostSleep): HostStep {
  const { host, timing } = view;
  const heartbeat = heardSince(view, sleep.sinceMs);
  const isHeard = heartbeat && isHeardNow(view);
  if (isHeard && heartbeat.bootId !== host.bootId) return back(view, heartbeat.bootId, 'somebody has switched it on');
  if (isHeard && heardSince(view, sleep.sinceMs + timing.voidAfterMs)) {
    const detail = 'the host was heard, in the same boot, after its power switch had said off';
    return back(view, host.bootId, detail, { state: 'mismatch', detail });
  }
  return { state: host, effects: [], wakeAtMs: null };
}

function waking(view: HostView, sleep: HostSleep): HostStep {
  const { host, env } = view;
  const heartbeat = heardSince(view, sleep.sinceMs);
  if (heartbeat && isHeardNow(view)) return back(view, heartbeat.bootId, 'heard again');
  if (sleep.failedAtMs === undefined && env.nowMs - sleep.sinceMs >= sleep.wakeWithinMs) {
    return move(view, { sleep: { ...sleep, failedAtMs: env.nowMs } }, {
      event: 'host.wake-failed',
      text: `not back ${Math.round(sleep.wakeWithinMs / 1000)} s after it was to be switched on; look at it`,
    });
  }
  // Somebody may have their hands in a host that is in maintenance. A switch that is not its own wakes another.
  const mayAsk = host.admin === 'active' && host.power.state === 'verified';
  const on: HostEffect = { key: powerOnKey(host.epoch), kind: 'power-on', resendMs: switchOnAgainMs };
  const effects = mayAsk ? [on] : checkPower(host);
  return { state: host, effects, wakeAtMs: env.nowMs + 1000 };
}

/** A last word came late: it is not back after all. */
export function wentSilentAgain(view: HostView, sleep: HostSleep): HostStep {
  const { power } = view.host;
  // Distrusted for what was the last word of a boot that is over: it is looked at again.
  const looked = power.state === 'mismatch' ? { state: 'unchecked' as const, detail: '' } : power;
  return move(view, { health: 'asleep', power: looked, sleep: at(sleep, 'waking', view.env.nowMs) }, {
    event: 'host.waking',
    text: 'went silent again before it was online; to be switched on',
  });
}

function back(view: HostView, bootId: string, why: string, distrusted?: HostRecord['power']): HostStep {
  const { host, env } = view;
  const known = host.power.state === 'none' ? host.power : { state: 'unchecked' as const, detail: '' };
  const patch = {
    health: 'joining' as const,
    epoch: host.epoch + 1,
    ...inBoot(host, bootId),
    power: distrusted ?? known,
    sleep: host.sleep ? at(host.sleep, 'waking', env.nowMs) : null,
  };
  return move(view, patch, { event: 'host.joining', text: `${why}; joins as after a fence` });
}

function isHeardNow({ heard, env, timing }: HostView): boolean {
  return heard !== null && env.nowMs - heard.atMs < timing.suspectAfterMs;
}

export const at = ({ failedAtMs: _, ...sleep }: HostSleep, stage: HostSleep['stage'], sinceMs: number): HostSleep =>
  ({ ...sleep, stage, sinceMs });

export const calledOff = (why: string): { event: string; text: string } =>
  ({ event: 'host.sleep-called-off', text: `stays awake: ${why}` });

function attachmentsIn(value: unknown): number {
  return (value as { attachments?: unknown[] }).attachments?.length ?? 0;
}

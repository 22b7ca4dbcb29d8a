/** What the scheduler, or a person, may ask of a host that sleeps or is to sleep. */
import { accepted, refused, type HostRecord, type Reply } from '@holdfast/contracts';
import { heardSince, type HostView } from './host-view.js';
import { move } from './ledger.js';
import { isForeign } from './restored.js';
import { againstSleep, at, calledOff } from './sleep.js';

type Admitted = { change: HostRecord | null; reply: Reply<{ host: string }> };

/** Only the intent: the host closes, and is looked at once more before anything is done. */
export function admitSleep(
  view: HostView,
  request: { host: string; after: number; reason: string; wakeWithinMs: number },
): Admitted {
  const { host, env, timing } = view;
  const { after, reason, wakeWithinMs } = request;
  if (host.transitionCount !== after || isForeign(view)) return no('stale', `${host.host} was changed since`);
  if (host.health !== 'online' || host.sleep) return no('conflict', `${host.host} is ${host.health}`);
  if (host.incident && host.incident.state !== 'closed') return no('conflict', `${host.host} has an incident`);
  if (host.flapping?.heldOffUntilMs != null) return no('conflict', `${host.host} is held off`);
  if (!heardSince(view, env.nowMs - timing.suspectAfterMs)) return no('conflict', `${host.host} is not heard`);
  const against = againstSleep(view);
  if (against !== null) return no('conflict', `${host.host} is not switched off: ${against}`);
  const sleep = { stage: 'closing' as const, sinceMs: env.nowMs, reason, wakeWithinMs };
  const { state } = move(view, { sleep }, { event: 'host.closing', text: `takes no VM any more: ${reason}` });
  return { change: state, reply: accepted({ host: host.host }) };
}

export function admitWake(
  view: HostView,
  request: { host: string; after?: number | undefined; reason: string },
): Admitted {
  const { host, env } = view;
  const { after, reason } = request;
  if (after !== undefined && host.transitionCount !== after) return no('stale', `${host.host} was changed since`);
  if (isForeign(view)) {
    const remedy = 'switch it on by hand; it joins then';
    return no('conflict', `the record of ${host.host} comes from a backup`, { field: 'host', remedy });
  }
  const { sleep } = host;
  if (!sleep) {
    const remedy = 'only a host that sleeps can be woken; see `host list`';
    return no('conflict', `${host.host} is ${host.health}, not asleep`, { field: 'host', remedy });
  }
  const reply = accepted({ host: host.host });
  if (sleep.stage === 'closing') return { change: move(view, { sleep: null }, calledOff(reason)).state, reply };
  if (sleep.stage === 'waking' && sleep.failedAtMs === undefined) return { change: null, reply };
  const woken = { ...at(sleep, 'waking', env.nowMs), reason };
  const { state } = move(view, { sleep: woken }, { event: 'host.waking', text: `to be switched on: ${reason}` });
  return { change: state, reply };
}

function no(...args: Parameters<typeof refused>): Admitted {
  return { change: null, reply: refused(...args) };
}

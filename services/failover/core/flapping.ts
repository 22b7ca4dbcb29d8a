/**
 * A host that fails again and again: after each return beyond a few it is held off, for longer every time. It stays
 * online for its own VMs' sake; others are placed there only if no other host can take them.
 */
import { accepted, withTransition, type HostFlapping, type HostRecord, type Reply } from '@holdfast/contracts';
import type { Env } from '@holdfast/kernel';
import type { Timing } from './timing.js';

const maxReturns = 16;
/** Suspicions that say more about us, or about many, than about the host. */
const notItsOwn = new Set(['bus-path', 'network-ours']);

/** What its coming back counts as: from a fence, or from a mere suspicion. Null: it does not count against it. */
export function returnOf(before: HostRecord): HostFlapping['returns'][number]['from'] | null {
  const { incident, health, admin } = before;
  if (incident === null || incident.state === 'closed' || admin === 'maintenance') return null;
  if (health === 'joining') return incident.state === 'fenced' && incident.verdict !== 'by-person' ? 'fence' : null;
  return health === 'suspect' && !notItsOwn.has(incident.verdict) ? 'suspicion' : null;
}

/** The record of a host that is back, with one more return, and held off if these are too many. */
export function withReturn(
  host: HostRecord,
  from: ReturnType<typeof returnOf>,
  nowMs: number,
  timing: Timing,
): HostRecord {
  if (from === null) return host;
  const before = host.flapping ?? { returns: [], holdOffCount: 0, heldOffUntilMs: null };
  const lately = before.returns.filter(({ atMs }) => Math.abs(nowMs - atMs) < timing.flapWithinMs);
  const returns = [...lately, { atMs: nowMs, from }].slice(-maxReturns);
  // Nothing within that time is a quiet period: it begins anew.
  const holdOffCount = lately.length === 0 ? 0 : before.holdOffCount;
  const fences = returns.filter((each) => each.from === 'fence').length;
  const suspicions = returns.length - fences;
  if (fences < timing.flapFences && suspicions < timing.flapSuspicions) {
    return { ...host, flapping: { ...before, returns, holdOffCount } };
  }
  const forMs = timing.holdOffMs[Math.min(holdOffCount, timing.holdOffMs.length - 1)] ?? 0;
  const heldOffUntilMs = nowMs + forMs;
  const flapping = { returns, holdOffCount: holdOffCount + 1, heldOffUntilMs };
  const often = `${fences} fences and ${suspicions} suspicions in ${minutes(timing.flapWithinMs)}`;
  return withTransition({ ...host, flapping }, nowMs, {
    event: 'host.held-off',
    text: `${often}: held off for ${minutes(forMs)}; takes VMs only if no other host can`,
    data: { untilMs: heldOffUntilMs, fences, suspicions },
  });
}

/** The same record while the hold-off lasts. One that ends beyond the longest comes from a clock that was set back. */
export function withoutHoldOff(host: HostRecord, nowMs: number, timing: Timing): HostRecord {
  const { flapping } = host;
  if (!flapping || flapping.heldOffUntilMs === null) return host;
  const leftMs = flapping.heldOffUntilMs - nowMs;
  if (leftMs > 0 && leftMs <= Math.max(...timing.holdOffMs)) return host;
  return withTransition({ ...host, flapping: { ...flapping, heldOffUntilMs: null } }, nowMs, {
    event: 'host.let-in',
    text: 'its hold-off is over: takes VMs again',
  });
}

/** `host clear`: a person has seen to it, and it begins anew. */
export function admitClear(
  host: HostRecord,
  { by }: { host: string; by: string },
  env: Env,
): { change: HostRecord | null; reply: Reply<{ host: string }> } {
  const reply = accepted({ host: host.host });
  if (!host.flapping) return { change: null, reply };
  const text = `${by} clears it: what it did before no longer counts`;
  return { change: withTransition({ ...host, flapping: null }, env.nowMs, { event: 'host.let-in', text }), reply };
}

function minutes(ms: number): string {
  return ms < 60_000 ? `${Math.round(ms / 1000)} s` : `${Math.round(ms / 60_000)} min`;
}

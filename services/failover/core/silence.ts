/** The common-cause brake: how many hosts are silent at once, and were a moment ago. */
import type { HostRecord } from '@holdfast/contracts';
import { mayBeSilentMs, type HeardHost } from './host-view.js';
import type { Timing } from './timing.js';

export interface Silence {
  /** Hosts that count: those that are neither fenced nor joining nor asleep. */
  hostCount: number;
  silentCount: number;
  /** When too many were last seen silent at once, by our own clock: those that come back do so one after another. */
  manySilentAtMs: number;
  /** What all of them shared then, and others did not: `rack=r2`. */
  sharedLabel: string | null;
}

/** What a replica knows before it has counted. */
export const noSilence: Silence = {
  hostCount: 0,
  silentCount: 0,
  manySilentAtMs: Number.NEGATIVE_INFINITY,
  sharedLabel: null,
};

export interface Listener {
  nowMs: number;
  listeningSinceMs: number;
  timing: Timing;
}

/** Counted by each replica for itself, by what it has heard of each; `before` is what it counted last. */
export function countSilence(
  hosts: Iterable<HostRecord>,
  heardOf: (host: string) => HeardHost | null,
  before: Pick<Silence, 'manySilentAtMs' | 'sharedLabel'>,
  listener: Listener,
): Silence {
  const { nowMs, timing } = listener;
  const silent: HostRecord[] = [];
  const others: HostRecord[] = [];
  for (const host of hosts) {
    if (host.health === 'fenced' || host.health === 'joining' || host.health === 'asleep') continue;
    (isSilent(heardOf(host.host), listener) ? silent : others).push(host);
  }
  const silentCount = silent.length;
  const hostCount = silentCount + others.length;
  const sharedLabel = silentCount < 2 ? null : labelSharedBy(silent, others);
  const isMany = silentCount >= Math.max(2, Math.floor(hostCount * timing.brakeShare) + 1);
  if (isMany || sharedLabel !== null) return { hostCount, silentCount, manySilentAtMs: nowMs, sharedLabel };
  return { hostCount, silentCount, manySilentAtMs: before.manySilentAtMs, sharedLabel: before.sharedLabel };
}

/** Borne by all of these. One that every other bears as well tells nothing. The most telling first, then by name. */
function labelSharedBy([first, ...rest]: HostRecord[], others: HostRecord[]): string | null {
  const bears = ({ labels }: HostRecord, [key, value]: [string, string]): boolean => labels[key] === value;
  const [label] = Object.entries(first?.labels ?? {})
    .filter((each) => rest.every((host) => bears(host, each)))
    .map((each) => ({ text: each.join('='), otherCount: others.filter((host) => bears(host, each)).length }))
    .filter(({ otherCount }) => otherCount < others.length)
    .sort((a, b) => a.otherCount - b.otherCount || (a.text < b.text ? -1 : 1));
  return label?.text ?? null;
}

/**
 * Whether the brake is on: many are silent, or some that share a label, or so few are only because the others have just
 * come back.
 */
export function isBraked({ manySilentAtMs }: Silence, nowMs: number, timing: Timing): boolean {
  return nowMs - manySilentAtMs < timing.suspectAfterMs;
}

/** Silent for most of what its rhythm allows: of several that are cut off together the first is not alone. */
function isSilent(heard: HeardHost | null, { nowMs, listeningSinceMs, timing }: Listener): boolean {
  const silentMs = nowMs - Math.max(heard?.atMs ?? 0, listeningSinceMs);
  return silentMs >= 0.8 * mayBeSilentMs({ heard, timing });
}

/** What the brake says of itself, and the verdict that goes with it. */
export function brakeText({ silentCount, hostCount, sharedLabel }: Silence): { verdict: string; text: string } {
  const shared = sharedLabel === null ? '' : ` and all are in ${sharedLabel}`;
  const text = `${silentCount} of ${hostCount} hosts are silent at once${shared}; a common cause is likelier`;
  return { verdict: sharedLabel ?? 'common-cause', text: `${text} until the storage path agrees` };
}

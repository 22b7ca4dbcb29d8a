/** The common-cause brake: how many hosts are silent at once, and were a moment ago. */
import type { HostRecord } from '@holdfast/contracts';
import { mayBeSilentMs, type HeardHost } from './host-view.js';
import type { Timing } from './timing.js';

export interface Silence {
  /** Hosts that count: those that are neither fenced nor joining. */
  hostCount: number;
  silentCount: number;
  /** When many were last seen silent at once, by our own clock: those that come back do so one after another. */
  manySilentAtMs: number;
}

/** What a replica knows before it has counted. */
export const noSilence: Silence = { hostCount: 0, silentCount: 0, manySilentAtMs: Number.NEGATIVE_INFINITY };

export interface Listener {
  nowMs: number;
  listeningSinceMs: number;
  timing: Timing;
}

/** Counted by each replica for itself, by what it has heard of each; `before` is what it counted last. */
export function countSilence(
  hosts: Iterable<HostRecord>,
  heardOf: (host: string) => HeardHost | null,
  before: Pick<Silence, 'manySilentAtMs'>,
  listener: Listener,
): Silence {
  const { nowMs, timing } = listener;
  let hostCount = 0;
  let silentCount = 0;
  for (const host of hosts) {
    if (host.health === 'fenced' || host.health === 'joining') continue;
    hostCount += 1;
    if (isSilent(heardOf(host.host), listener)) silentCount += 1;
  }
  const isMany = silentCount >= Math.max(2, Math.floor(hostCount * timing.brakeShare) + 1);
  return { hostCount, silentCount, manySilentAtMs: isMany ? nowMs : before.manySilentAtMs };
}

/** Whether the brake is on: many are silent, or so few are only because the others have just come back. */
export function isBraked({ manySilentAtMs }: Silence, nowMs: number, timing: Timing): boolean {
  return nowMs - manySilentAtMs < timing.suspectAfterMs;
}

/** Silent for most of what its rhythm allows: of several that are cut off together the first is not alone. */
function isSilent(heard: HeardHost | null, { nowMs, listeningSinceMs, timing }: Listener): boolean {
  const silentMs = nowMs - Math.max(heard?.atMs ?? 0, listeningSinceMs);
  return silentMs >= 0.8 * mayBeSilentMs({ heard, timing });
}

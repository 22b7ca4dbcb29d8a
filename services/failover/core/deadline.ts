/**
 * How long a host may be silent before it is suspected, from its own history: mean and deviation of the time between
 * its heartbeats, estimated as TCP does for its retransmissions (Jacobson; RFC 6298, section 2) and as the failure
 * detector of Bertier, Marin and Sens does ("Implementation and performance evaluation of an adaptable failure
 * detector", DSN 2002). Unlike there the deviation falls slowly: a host that hesitated once may do so again soon.
 */
import type { Timing } from './timing.js';

/** The time between a host's heartbeats. Milliseconds. */
export interface Rhythm {
  count: number;
  meanMs: number;
  deviationMs: number;
}

/** Fewer say nothing yet. */
const leastCount = 8;
const meanGain = 1 / 8;
const risingGain = 1 / 4;
const fallingGain = 1 / 32;

/** One more heartbeat, so long after the one before. A gap longer than any deadline is an outage, not a rhythm. */
export function beaten(rhythm: Rhythm | null, intervalMs: number, timing: Timing): Rhythm | null {
  if (intervalMs < 0 || intervalMs > timing.suspectAtMostMs) return rhythm;
  if (rhythm === null) return { count: 1, meanMs: intervalMs, deviationMs: intervalMs / 2 };
  const error = intervalMs - rhythm.meanMs;
  const surprise = Math.abs(error) - rhythm.deviationMs;
  return {
    count: Math.min(rhythm.count + 1, leastCount),
    meanMs: rhythm.meanMs + error * meanGain,
    deviationMs: rhythm.deviationMs + surprise * (surprise > 0 ? risingGain : fallingGain),
  };
}

/** One lost heartbeat is nothing, so two intervals at least; then what deviates from the usual. */
export function deadlineMs(rhythm: Rhythm | null, timing: Timing): number {
  if (rhythm === null || rhythm.count < leastCount) return timing.suspectAfterMs;
  const usualMs = 2 * rhythm.meanMs + 4 * rhythm.deviationMs;
  return Math.min(timing.suspectAtMostMs, Math.max(timing.suspectAtLeastMs, usualMs));
}

/** Whether the times by which a host that is cut off acts fit together; looked at when its agent starts. */
import { heartbeatIntervalMs } from '@holdfast/contracts';
import type { IsolationTiming } from './isolation.js';

/** So many heartbeats in a row may go unanswered before a host is taken for cut off. */
const lostHeartbeats = 4;

/** The first inequality that does not hold, with its numbers and what to do; null when all hold. */
export function timingRefusal(timing: IsolationTiming): string | null {
  const { isolatedAfterMs, leaseMs, killTakesMs, wakeGraceMs } = timing;
  const silentMs = lostHeartbeats * heartbeatIntervalMs;
  if (isolatedAfterMs < silentMs) {
    const sum = `${lostHeartbeats} x heartbeatIntervalMs ${heartbeatIntervalMs} = ${silentMs}`;
    return `${sum} > isolatedAfterMs ${isolatedAfterMs}: raise isolatedAfterMs, or a few lost datagrams cut guests off`;
  }
  const neededMs = isolatedAfterMs + wakeGraceMs + killTakesMs;
  if (neededMs >= leaseMs) {
    const sum = `isolatedAfterMs ${isolatedAfterMs} + wakeGraceMs ${wakeGraceMs} + killTakesMs ${killTakesMs}`;
    return `${sum} = ${neededMs} >= leaseMs ${leaseMs}: raise leaseMs, or VMs are not ended before it is over`;
  }
  return null;
}

/** What failover saw of a host that was silent, put into the log of a run as it is written into the hosts' records. */
import type { HostRecord } from '@holdfast/contracts';
import { maxLog } from '../check/checker.js';
import type { World } from '../world/world.js';

/** Only for reports: what is logged here is no part of the trace, so the trace stays the same. */
export function logViews(world: World): void {
  const bucket = world.bus.bucket<HostRecord>('hosts');
  const { checker, loop } = world;
  const told = bucket.onWrite;
  const seen = new Map<string, number>();
  bucket.onWrite = (before, after) => {
    told(before, after);
    const incident = after.value?.incident;
    if (!incident) return;
    const { id, host, views } = incident;
    const known = seen.get(id) ?? 0;
    seen.set(id, views.length);
    for (const { view, says } of views.slice(known)) {
      if (checker.log.length >= maxLog) return;
      checker.log.push({ atMs: loop.nowMs, event: 'view', text: `${view} says ${says}`, data: { host } });
    }
  };
}

import type { DrillView, StatusView } from '@holdfast/client';
import { drillCheckNames, type DrillRecord } from '@holdfast/contracts';

/** A drill as people see it. */
export function drillView(drill: DrillRecord): DrillView {
  const { host, uid, stage, by, canary, checks, begunAtMs, endedAtMs, expiresAtMs } = drill;
  return { host, uid, stage, by, canary, checks, begunAtMs, endedAtMs, expiresAtMs };
}

/** The hosts whose newest drill somebody has to look at: it failed, or is too old to rest on. */
export function drillsToLookAt(drills: readonly DrillRecord[]): StatusView['drills'] {
  return drills.flatMap(({ host, stage, checks, endedAtMs }) => {
    if (endedAtMs === null) return [];
    const failed = drillCheckNames.filter((name) => checks[name].result === 'failed');
    const expired = stage === 'expired';
    return expired || failed.length > 0 ? [{ host, endedAtMs, expired, failed }] : [];
  });
}

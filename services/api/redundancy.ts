/** What there is several times: who of them lives, and who acts first. */
import type { ServerOfBus } from '@holdfast/bus';
import type { ServerView, ServiceView } from '@holdfast/client';
import { rankOf, replicaSilenceMs } from '@holdfast/runtime';

/** A replica that was not heard for this long is not counted as running. */
const replicaLostMs = 5000;
const replicatedServices = ['failover', 'scheduler'] as const;

export interface HeardReplica {
  service: string;
  replica: string;
  startedAtMs: number;
  heardAtMs: number;
}

/** Each replica that was heard, and each that is to run on one of these nodes, by service and name. */
export function replicaViews(
  heard: readonly HeardReplica[],
  controlNodes: readonly string[],
  nowMs: number,
): ServiceView[] {
  const missed = replicatedServices.flatMap((service) =>
    controlNodes
      .filter((node) => !heard.some((one) => one.service === service && one.replica === node))
      .map((replica) => ({ service, replica, startedAtMs: null, heardAgoMs: null, alive: false, rank: null })),
  );
  const views = heard.map(({ service, replica, startedAtMs, heardAtMs }): ServiceView => {
    const heardAgoMs = Math.max(0, nowMs - heardAtMs);
    const isRanked = heardAgoMs <= replicaSilenceMs;
    const peers = new Map(
      heard.filter((one) => one.service === service).map((one) => [one.replica, one.heardAtMs]),
    );
    return {
      service,
      replica,
      startedAtMs,
      heardAgoMs,
      alive: heardAgoMs <= replicaLostMs,
      rank: isRanked ? rankOf(replica, peers, nowMs) : null,
    };
  });
  return [...views, ...missed].sort((a, b) =>
    `${a.service}/${a.replica}`.localeCompare(`${b.service}/${b.replica}`, 'en'),
  );
}

/** The servers that said something, and those of the configuration (`tls://NAME:PORT`) that are missing. */
export function serverViews(seen: readonly ServerOfBus[], configured: readonly string[]): ServerView[] {
  const known = new Set(seen.map(({ name }) => name));
  // A server may be reached by another name than its own: as many are missing as are fewer.
  const missing = configured
    .map((url) => (URL.canParse(url) ? new URL(url).hostname : url))
    .filter((name) => !known.has(name))
    .slice(0, Math.max(0, configured.length - seen.length));
  return [
    ...seen.map(({ name, alive, leads }) => ({ server: name, alive, leads })),
    ...missing.map((server) => ({ server, alive: false, leads: [] })),
  ].sort((a, b) => a.server.localeCompare(b.server, 'en'));
}

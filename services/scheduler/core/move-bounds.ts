/** How many VMs may move at once without anybody having asked for each: of one host, coming or going, and of all. */
import type { Cluster } from './cluster.js';
import { snapshotOf } from './placement/feed.js';
import type { Snapshot } from './placement/snapshot.js';

/** A VM stays this long where it is, so that a move that fails is not tried again at once. */
export const mustLeaveAfterMs = 2000;

/** Moves count from the choice of the target until the guest goes on there: those that people asked for as well. */
export function hasTurn(cluster: Cluster, from: string, to: string): boolean {
  const snapshot = snapshotOf(cluster);
  const { migrationsPerHost, migrationsPerCluster } = cluster.settings();
  return (
    movesOf(snapshot, from) < migrationsPerHost &&
    movesOf(snapshot, to) < migrationsPerHost &&
    movesOfAll(snapshot) < migrationsPerCluster
  );
}

export function isMoving(snapshot: Snapshot, host: string): boolean {
  return movesOf(snapshot, host) > 0;
}

function movesOf(snapshot: Snapshot, host: string): number {
  const slot = snapshot.hosts.slot(host);
  if (slot === undefined) return 0;
  let moves = 0;
  for (const vm of snapshot.vmsOn(slot)) if ((snapshot.vms.to[vm] ?? -1) >= 0) moves += 1;
  return moves;
}

function movesOfAll({ vms }: Snapshot): number {
  let moves = 0;
  for (let vm = 0; vm < vms.names.length; vm += 1) if ((vms.to[vm] as number) >= 0) moves += 1;
  return moves;
}

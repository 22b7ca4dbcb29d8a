/**
 * How many VMs may move at once without anybody having asked for each: of one host, coming or going, of the hosts that
 * share a network, and of all.
 */
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
    countMoves(snapshot, () => true) < migrationsPerCluster &&
    haveNetworksRoom(cluster, snapshot, [from, to])
  );
}

/** A host without the label shares its network with nobody. */
function haveNetworksRoom(cluster: Cluster, snapshot: Snapshot, ends: readonly string[]): boolean {
  const { migrationsPerNetwork, migrationNetworkLabel: label } = cluster.settings();
  if (label === null) return true;
  const networkOf = (slot: number): string | undefined => snapshot.hosts.facts[slot]?.labels[label];
  const { vms } = snapshot;
  return ends.every((host) => {
    const network = networkOf(snapshot.hosts.slot(host) ?? -1);
    const isOnIt = (vm: number): boolean =>
      networkOf(vms.at[vm] as number) === network || networkOf(vms.to[vm] as number) === network;
    return network === undefined || countMoves(snapshot, isOnIt) < migrationsPerNetwork;
  });
}

/** As long as nothing else moves. */
export function atOnceFrom(cluster: Cluster, host: string): number {
  const { migrationsPerHost, migrationsPerNetwork, migrationsPerCluster, migrationNetworkLabel } = cluster.settings();
  const isShared = migrationNetworkLabel !== null && cluster.host(host)?.labels[migrationNetworkLabel] !== undefined;
  return Math.min(migrationsPerHost, migrationsPerCluster, isShared ? migrationsPerNetwork : Infinity);
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

function countMoves({ vms }: Snapshot, counts: (vm: number) => boolean): number {
  let moves = 0;
  for (let vm = 0; vm < vms.names.length; vm += 1) if ((vms.to[vm] as number) >= 0 && counts(vm)) moves += 1;
  return moves;
}

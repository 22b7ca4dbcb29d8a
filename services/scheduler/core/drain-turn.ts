/**
 * How a host is emptied: the largest VM that can move goes first. On few slots that ends soonest (longest processing
 * time first: Graham, 1969), and it finds room before the small ones have filled it. Who cannot move is dealt with as
 * chosen, once all others are gone.
 */
import type { StuckChoice, VmRecord } from '@holdfast/contracts';
import type { Cluster } from './cluster.js';
import { isWantedEmpty } from './holding.js';
import { hasTurn, isMoving, mustLeaveAfterMs } from './move-bounds.js';
import type { OwnMove } from './own-move.js';
import { place } from './place.js';
import { snapshotOf } from './placement/feed.js';
import { move, type VmStep, type VmView } from './vm-record.js';

/** A VM whose move came to nothing so often since the drain began counts as one that cannot move. */
const failedMoves = 3;

export function largestFirst(a: VmSize, b: VmSize): number {
  return b.memoryMiB - a.memoryMiB || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
}
interface VmSize {
  name: string;
  memoryMiB: number;
}
const sizeOf = ({ name, spec }: VmRecord): VmSize => ({ name, memoryMiB: spec.memoryMiB });

/** Whether another VM could leave this host at this moment, and is to go before this one. */
export function isAnotherFirst({ vm, cluster, env }: VmView, host: string): boolean {
  if (!isWantedEmpty(cluster, host)) return false;
  return runningOn(cluster, host).some(
    (other) => largestFirst(sizeOf(other), sizeOf(vm)) < 0 && couldGo(cluster, other, host, env.nowMs),
  );
}

/** What was chosen for VMs that cannot move off a host that is to be empty; null while there is nothing to be done. */
export function leaveStuck(view: VmView, own: OwnMove | { stuck?: boolean } | null): VmStep | null {
  const { vm, cluster, env } = view;
  const host = vm.assignment?.host;
  const drain = host === undefined ? null : cluster.drain(host);
  if (host === undefined || drain?.state !== 'draining' || own === null) return null;
  const choice: StuckChoice = drain.stuck ?? 'leave';
  const to = 'to' in own ? own.to : null;
  const failed = vm.transitions.filter(
    ({ event, atMs }) => event === 'vm.migration-failed' && atMs >= drain.startedAtMs,
  ).length;
  if (to === null ? !('stuck' in own) : failed < failedMoves) return null;
  if (choice === 'leave' || (choice === 'restart' && (to === null || !cluster.arming().armed))) return null;
  // Who leaves before may make room for it where a rule or a group is in the way.
  const couldOther = (other: VmRecord): boolean =>
    other.name !== vm.name && couldGo(cluster, other, host, env.nowMs);
  const isLast = !isMoving(snapshotOf(cluster), host) && !runningOn(cluster, host).some(couldOther);
  if (to === null && !isLast) return null;
  const why = to === null ? 'no other host can take it' : `its move failed ${failed} times`;
  const patch = { phase: 'stopping' as const, generation: vm.generation + 1, reboot: null };
  if (choice === 'shutdown') {
    const text = `${host} is being drained and ${why}: shut down, as chosen for such VMs`;
    return move(view, { ...patch, desired: 'stopped' }, { event: 'vm.stopping', text });
  }
  const home = 'home' in own ? own.home : vm.home;
  const text = `${host} is being drained and ${why}: stopped to be started elsewhere, as chosen for such VMs`;
  return move(view, { ...patch, home }, { event: 'vm.stopping', text });
}

function runningOn(cluster: Cluster, host: string): VmRecord[] {
  const snapshot = snapshotOf(cluster);
  const slot = snapshot.hosts.slot(host);
  if (slot === undefined) return [];
  const vms = [...snapshot.vmsOn(slot)].flatMap((vm) => cluster.vm(snapshot.vms.nameOf(vm)) ?? []);
  return vms.filter(({ phase, assignment }) => phase === 'running' && assignment?.host === host);
}

/** It would begin to move if it were looked at now. */
function couldGo(cluster: Cluster, vm: VmRecord, host: string, nowMs: number): boolean {
  const isFree = vm.desired === 'running' && vm.operation === null && vm.reboot === null;
  const copy = cluster.observed(host)?.vms[vm.name];
  const isWell = copy === undefined || (copy.state === 'running' && !copy.storageLost);
  if (!isFree || !isWell || nowMs - vm.phaseSinceMs < mustLeaveAfterMs) return false;
  const choice = place(cluster, vm, { avoid: new Map([[host, 'runs it now']]), wish: null });
  return choice.host !== null && hasTurn(cluster, host, choice.host.host);
}

/**
 * What an agent makes of what its hypervisor runs: which copies are its own, which are stale and must go, and what it
 * says of them. It knows a copy by the identity in the domain's metadata, never by name (safety rule 8).
 */
import type { ObservedVm } from '@holdfast/contracts';
import { isLive, type LocalState, type LocalVm } from './vm.js';

/**
 * A half that nobody has connected to for so long gives its room back. Its QEMU is there from the first moment of the
 * move on, so this covers only what lies before: the word to the source, and an election of the bus on the way.
 */
export const receiveWithinMs = 120_000;

/** A domain found on this host. */
export interface FoundDomain {
  vm: string;
  uid: string;
  generation: number;
  hostEpoch: number;
  incarnation: string;
  state: 'running' | 'paused' | 'ended';
  /** The receiving half of a migration: on its way, or paused as one is that has arrived and was not let go on. */
  incoming: 'receiving' | 'arrived' | null;
}

export interface Reconciliation {
  local: LocalState;
  /** Copies to be destroyed, by exactly this identity. */
  stale: FoundDomain[];
}

/**
 * Compares memory with what is there. `epoch` is the one the cluster gives this host: copies of an older one are stale.
 * `busy` names VMs with an action in hand, whose copies may come and go right now; `endings` why a copy that is gone
 * had ended, as the hypervisor told.
 */
export function reconcile(
  local: LocalState,
  found: FoundDomain[],
  options: {
    epoch: number;
    busy: ReadonlySet<string>;
    endings: ReadonlyMap<string, string>;
    nowMs: number;
  },
): Reconciliation {
  const stale = found.filter((domain) => isStale(domain, local, options.epoch));
  const live = found.filter((domain) => domain.state !== 'ended');
  const vms: Record<string, LocalVm> = { ...local.vms };
  for (const [name, vm] of Object.entries(local.vms)) {
    if (options.busy.has(name) || !isLive(vm.copy)) continue;
    // A move or a reboot without an action in hand: the hypervisor could not be asked how it ended.
    const copy = settled(vm.copy, 'nobody follows it any more', options.nowMs);
    const domain = live.find((each) => each.vm === name && isOf(each, vm.uid, copy));
    // Its QEMU still lives: it counts as stopped when it was destroyed, not when that was decided.
    if (domain && (stale.includes(domain) || copy.state === 'stopping')) continue;
    if (!domain && !options.endings.has(name) && isAwaited(copy, options)) continue;
    const seen = domain ? stateOf(domain, copy.state) : 'stopped';
    if (seen === copy.state && copy === vm.copy) continue;
    const ending = domain ? undefined : options.endings.get(name);
    const reason = seen === 'stopped' ? (ending ?? 'its QEMU is gone') : '';
    vms[name] = { ...vm, copy: { ...movedBy(ending, copy), state: seen, reason, sinceMs: options.nowMs } };
  }
  for (const domain of live) {
    if (stale.includes(domain) || options.busy.has(domain.vm)) continue;
    const known = vms[domain.vm];
    if (known?.copy && known.copy.generation >= domain.generation) continue;
    vms[domain.vm] = { ...adopted(domain, options.nowMs), revision: known?.revision };
  }
  // The same memory, if nothing is new: then nothing is written to disk.
  const isNew = Object.keys(vms).some((name) => vms[name] !== local.vms[name]);
  return { local: isNew ? { ...local, vms } : local, stale };
}

/** Waiting to be connected to by the source: no domain exists yet. In a later epoch, or for ever, nobody may come. */
function isAwaited(copy: ObservedVm, now: { epoch: number; nowMs: number }): boolean {
  const isInTime = now.nowMs - copy.sinceMs < receiveWithinMs;
  return copy.state === 'receiving' && copy.hostEpoch >= now.epoch && isInTime;
}

function isStale(domain: FoundDomain, local: LocalState, epoch: number): boolean {
  if (domain.incarnation !== local.incarnation || domain.hostEpoch < epoch) return true;
  const known = local.vms[domain.vm];
  if (!known) return false;
  if (known.uid !== domain.uid) return true;
  // A copy older than the one remembered, or one that was ordered gone and is not on its way out.
  const isOlder = known.copy !== null && domain.generation < known.copy.generation;
  const isOnItsWay = known.copy?.state === 'stopping' && isOf(domain, known.uid, known.copy);
  const isOrderedGone = domain.generation < known.floor && !isOnItsWay;
  return isOlder || isOrderedGone || isBackFromTheDead(domain, known);
}

/** We have said that it ended, and others rely on it; a start that was taken for failed may come to life late. */
function isBackFromTheDead(domain: FoundDomain, { uid, copy }: LocalVm): boolean {
  return copy !== null && !isLive(copy) && isOf(domain, uid, copy) && domain.state !== 'ended';
}

function isOf(domain: FoundDomain, uid: string, copy: ObservedVm): boolean {
  return domain.uid === uid && domain.generation === copy.generation;
}

/** A hypervisor ends a copy as migrated only when it knows that the other half has arrived, and then it did not run. */
function movedBy(ending: string | undefined, copy: ObservedVm): ObservedVm {
  if (ending !== 'migrated' || copy.migration === null) return copy;
  return { ...copy, migration: { ...copy.migration, result: 'moved', reason: '' } };
}

/** Whoever has run here before did not arrive now: it was paused by somebody. */
function stateOf(domain: FoundDomain, before: ObservedVm['state'] | null): ObservedVm['state'] {
  if (domain.incoming === 'receiving') return 'receiving';
  const isNew = before === null || before === 'receiving' || before === 'arrived';
  if (domain.incoming === 'arrived' && isNew) return 'arrived';
  return domain.state === 'paused' ? 'paused' : 'running';
}

/** A copy of ours that memory does not know: the memory was lost, the copy was not. */
function adopted(domain: FoundDomain, nowMs: number): LocalVm {
  return {
    uid: domain.uid,
    floor: domain.generation,
    copy: {
      uid: domain.uid,
      generation: domain.generation,
      hostEpoch: domain.hostEpoch,
      state: stateOf(domain, null),
      reason: '',
      sinceMs: nowMs,
      reboot: null,
      migration: null,
    },
  };
}

const maxFormer = 1024;

/**
 * What counts, for an agent of this incarnation, of what it finds on its disk. Of another incarnation no copy and no
 * accepted epoch does, but the numbers are kept: the cluster must go on above them.
 */
export function recalled(known: LocalState | null, incarnation: string, nowMs: number): LocalState {
  if (known === null) return { incarnation, epoch: 0, vms: {} };
  if (known.incarnation === incarnation) return afterRestart(known, nowMs);
  const generations = new Map(Object.entries(known.former?.generations ?? {}));
  for (const { uid, floor, copy } of Object.values(known.vms)) {
    generations.set(uid, Math.max(generations.get(uid) ?? 0, floor, copy?.generation ?? 0));
  }
  const former = {
    incarnation: known.incarnation,
    epoch: Math.max(known.epoch, known.former?.epoch ?? 0),
    generations: Object.fromEntries([...generations].slice(-maxFormer)),
  };
  return { incarnation, epoch: 0, vms: {}, former };
}

/**
 * Copies to be destroyed now. Those of another incarnation may be all that is left of VMs that a restored cluster does
 * not know: they go once it has taken up this host, which it does on a person's word.
 */
export function doomed(stale: FoundDomain[], incarnation: string, isTakenUp: boolean): FoundDomain[] {
  return isTakenUp ? stale : stale.filter((domain) => domain.incarnation === incarnation);
}

/** After a restart of the agent no action is in hand: what was half done has failed, or is found by `reconcile`. */
export function afterRestart(local: LocalState, nowMs: number): LocalState {
  const after = (vm: LocalVm): LocalVm => ({
    ...vm,
    copy: vm.copy && settled(vm.copy, 'the agent restarted', nowMs),
  });
  const vms = Object.fromEntries(Object.entries(local.vms).map(([name, vm]) => [name, after(vm)]));
  return { ...local, vms };
}

function settled(copy: ObservedVm, reason: string, nowMs: number): ObservedVm {
  const failed = { result: 'failed' as const, reason };
  let after = copy;
  if (after.migration?.result === 'moving') {
    after = { ...after, migration: { ...after.migration, ...failed }, sinceMs: nowMs };
  }
  if (after.reboot?.result === 'asked') {
    after = { ...after, reboot: { ...after.reboot, ...failed }, sinceMs: nowMs };
  }
  return after;
}

/** The whole memory is bounded: the oldest of those that no longer run are forgotten. */
export function pruned(local: LocalState, maxEnded: number): LocalState {
  const ended = Object.entries(local.vms).filter(([, vm]) => !isLive(vm.copy));
  if (ended.length <= maxEnded) return local;
  const oldest = ended
    .sort(([, a], [, b]) => (a.copy?.sinceMs ?? 0) - (b.copy?.sinceMs ?? 0))
    .slice(0, ended.length - maxEnded)
    .map(([name]) => name);
  const kept = Object.entries(local.vms).filter(([name]) => !oldest.includes(name));
  return { ...local, vms: Object.fromEntries(kept) };
}

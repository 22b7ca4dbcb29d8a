/**
 * A VM whose record comes from a backup. Where it ran since, and at which number, the record does not know. It is taken
 * up once nobody who ran it can write any more, above every number that storage and the agents remember; then it is
 * started anew, if it should run. A VM that is stopped by its record stays so.
 */
import type { HostRecord, VmRecord } from '@holdfast/contracts';
import { isProvenByStorage } from './proof.js';
import { effects } from './vm-effect.js';
import { finish, move, stay, type VmStep, type VmView } from './vm-record.js';
import { namedOtherwise } from './vm-rename.js';

const lookAgainMs = 1000;
/** What was asked of a copy is lost with it. */
const lostWithCopy: readonly (string | undefined)[] = [
  'migrate', 'reboot', 'pause', 'resume', 'resize', 'suspend', 'disk-add', 'disk-remove', 'relocate', 'evict',
];

export function isForeign({ vm, env }: VmView): boolean {
  return vm.incarnation !== env.incarnation;
}

export function restored(view: VmView): VmStep {
  const { vm, cluster } = view;
  const isReady = cluster.arming().reconciles && areVolumesTakenUp(view) && (isEvicted(view) || isRuledOut(view));
  if (!isReady || vm.phase === 'deleted') return stay(view, [], lookAgainMs);
  const generation = usedGeneration(view) + 1;
  const unnamed = vm.phase === 'renaming' ? [] : namedOtherwise(vm, cluster);
  // A backup is not of one instant: it may know the volumes of before or after a renaming.
  if (unnamed.length > 0) return stay(view, effects.nameVolumes(unnamed, generation), lookAgainMs);
  const isKept = vm.phase === 'provisioning' || vm.phase === 'failed' || vm.phase === 'renaming';
  const phase = isKept ? vm.phase : vm.desired === 'running' ? 'waiting' : 'detaching';
  const patch: Partial<VmRecord> = {
    phase,
    generation,
    assignment: null,
    migration: null,
    leftovers: [],
    incident: null,
    reboot: null,
    wish: null,
    failures: { starts: 0, hosts: [] },
    ...afterBackup(vm),
  };
  const transition = {
    event: 'vm.restored',
    text: `restored from a backup; goes on above generation ${generation}`,
    data: { generation },
  };
  return lostWithCopy.includes(vm.operation?.kind)
    ? finish(view, 'failed', patch, transition)
    : move(view, patch, transition);
}

/** It may have gone on from its stored memory since, and its disks have moved on: nothing goes on from there again. */
function afterBackup({ savedMemory: saved }: VmRecord): Pick<VmRecord, 'savedMemory'> {
  return saved ? { savedMemory: { volume: saved.volume, state: 'spent', generation: 0 } } : {};
}

/** Storage has taken up its volumes: their old holders leave, and attaching it anew waits until they are gone. */
function areVolumesTakenUp({ vm, cluster, env }: VmView): boolean {
  // Only one that was never made, or is to be removed, may be without its record; any other is just not seen yet.
  const mayLack = vm.phase === 'provisioning' || vm.phase === 'deleted' || vm.desired === 'deleted';
  return vm.volumes.every(({ volume }) => {
    const record = cluster.volume(volume);
    const isChanging = volume === vm.diskChange?.volume;
    if (record === null ? !mayLack && !isChanging : record.incarnation !== env.incarnation) return false;
    const attachment = cluster.attachment(volume);
    return attachment === null || attachment.incarnation === env.incarnation;
  });
}

/** Attaching it shuts out every copy there may be, if that is enough for it. */
function isEvicted({ vm, cluster }: VmView): boolean {
  return isProvenByStorage(vm, cluster);
}

/**
 * No host can run a copy of before: each has destroyed its own, or is proven out by more than storage. A watch that
 * lags may not show every host; those that the VM's own record names are not taken for gone because of that.
 */
function isRuledOut(view: VmView): boolean {
  const { vm, cluster, env } = view;
  const known = [...cluster.hosts(), ...cluster.foreignHosts()];
  const names = new Set(known.map(({ host }) => host));
  const named = [vm.assignment, vm.migration?.to].flatMap((copy) => copy?.host ?? []);
  return (
    known.length > 0 &&
    named.every((host) => names.has(host)) &&
    known.every((host) => host.incarnation === env.incarnation && (hasCleanedUp(view, host) || isProvenOut(host)))
  );
}

/** It accepts an epoch of this incarnation only when no copy of another is left. */
function hasCleanedUp({ cluster, env }: VmView, { host }: HostRecord): boolean {
  const observed = cluster.observed(host);
  return observed?.incarnation === env.incarnation && observed.epoch > 0;
}

function isProvenOut({ evidence }: HostRecord): boolean {
  return evidence.some(({ kind, voidedAtMs }) => kind !== 'storage-revoked' && voidedAtMs === null);
}

/** The largest number that anybody remembers for it. */
function usedGeneration({ vm, cluster }: VmView): number {
  const known = [vm.generation];
  for (const { volume } of vm.volumes) {
    known.push(cluster.attachment(volume)?.newest ?? 0, cluster.volume(volume)?.namedAt ?? 0);
  }
  for (const { host } of [...cluster.hosts(), ...cluster.foreignHosts()]) {
    const observed = cluster.observed(host);
    known.push(observed?.former?.generations[vm.uid] ?? 0);
    for (const { uid, generation } of observed?.staleCopies ?? []) if (uid === vm.uid) known.push(generation);
  }
  return Math.max(...known);
}

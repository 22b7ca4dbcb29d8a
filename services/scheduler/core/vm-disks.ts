/**
 * A VM gets another disk, or loses one with its data, while it is stopped or runs. The volume is in its list from the
 * moment it is asked for until it is gone, so whatever is done with all of its volumes is done with this one as well: a
 * crash, or a deletion of the VM, in the middle of it leaves none behind.
 *
 *   another one: made, opened to the copy that runs, plugged in
 *   one less:    unplugged, which its guest has to consent to, detached, deleted
 *
 * It counts as one that copies have from before it is opened, so that a fence takes it as well, until its host has seen
 * QEMU without it. If the copy that is to be given it, or to give it back, ends meanwhile, the next one has it.
 */
import { isPaused, type agentPlug, type NewTransition, type VmRecord } from '@holdfast/contracts';
import { deriveId, type Env } from '@holdfast/kernel';
import type { Cluster } from './cluster.js';
import { wrongPolicy } from './policy.js';
import { attachKey, effects } from './vm-effect.js';
import {
  copyOf, finish, isAttached, isDetached, move, refusalOf, stay, type VmStep, type VmView,
} from './vm-record.js';
import { admit, no, type Admission, type VmRequest } from './vm-request.js';
import { takenUp } from './vm-size.js';
import { forgotten, isOfMemory, refuseIfSuspended } from './vm-suspend.js';
import { assigned } from './vm-turn.js';
import { accessTo } from './vm-volumes.js';

const disksAtMost = 16;
const lookAgainMs = 2000;

export function admitDiskAdd(
  vm: VmRecord | null, request: VmRequest & { sizeMiB: number }, cluster: Cluster, env: Env,
): Admission {
  return admit(vm, request, 'disk-add', env, (known) => {
    const { sizeMiB, operation } = request;
    const busy = refuseIfSuspended(known) ?? notNow(known);
    if (busy) return busy;
    if (known.volumes.length === 0 && known.phase === 'running') return stopFirst(known, 'gets its first disk');
    if (known.volumes.length >= disksAtMost) {
      return no('conflict', `${known.name} has ${disksAtMost} disks, and no VM has more`, {
        remedy: `remove one first (holdfast vm disk remove ${known.name} VOLUME --delete)`,
      });
    }
    const pool = cluster.pools()[0];
    if (!pool) return no('unavailable', 'no storage node has reported yet', { remedy: 'try again shortly' });
    // Names of volumes are never used again: late orders of one that was removed must not reach another.
    const volume = `${known.name}-disk-${deriveId(known.uid, 'disk', operation)}`;
    const volumes = [...known.volumes, { volume, pool: pool.pool, node: pool.node, sizeMiB }];
    const wrong = policyAgainst(known, volumes, cluster);
    if (wrong) return wrong;
    const spec = { ...known.spec, disks: [...known.spec.disks, { sizeMiB }] };
    const patch = { spec, volumes, diskChange: { volume, to: 'there' as const } };
    return { patch, text: `asked for another disk of ${sizeMiB} MiB` };
  });
}

export function admitDiskRemove(
  vm: VmRecord | null, request: VmRequest & { volume: string }, cluster: Cluster, env: Env,
): Admission {
  return admit(vm, request, 'disk-remove', env, (known) => {
    const { volume } = request;
    const busy = refuseIfSuspended(known) ?? notNow(known);
    if (busy) return busy;
    const names = known.volumes.map((each) => each.volume);
    if (!names.includes(volume)) {
      const remedy = names.length === 0 ? 'it has none' : `choose one of ${names.join(', ')}`;
      return no('not-found', `${known.name} has no volume ${volume}`, { field: 'volume', remedy });
    }
    if (names.length === 1 && known.phase === 'running') return stopFirst(known, 'loses its last disk');
    if (known.bootsFromDisk === true && volume === names[0]) {
      const remedy = `delete the VM to be rid of it (holdfast vm delete ${known.name})`;
      return no('conflict', `${known.name} boots from ${volume}`, { field: 'volume', remedy });
    }
    const wrong = policyAgainst(known, known.volumes.filter((each) => each.volume !== volume), cluster);
    if (wrong) return wrong;
    const plug = known.phase === 'running' ? { plug: request.operation } : {};
    return { patch: { diskChange: { volume, to: 'gone', ...plug } }, text: `asked to delete its disk ${volume}` };
  });
}

function notNow({ name, phase, diskChange, ...vm }: VmRecord): Admission | null {
  if (diskChange !== undefined) {
    return no('conflict', `${name}: ${diskChange.volume} is still being deleted`, { remedy: 'try again shortly' });
  }
  if (phase !== 'stopped' && phase !== 'running') {
    const remedy = `wait until it runs, or stop it (holdfast vm stop ${name})`;
    return no('conflict', `${name} is ${phase}: its disks are changed while it runs or is stopped`, { remedy });
  }
  const remedy = `let it go on first (holdfast vm resume ${name})`;
  return isPaused(vm) ? no('conflict', `${name} is paused: its guest cannot see to its disks`, { remedy }) : null;
}

/** Storage speaks for a copy only while that has a disk: so it has one all along, or never. */
function stopFirst({ name }: VmRecord, what: string): Admission {
  return no('conflict', `${name} runs, and ${what} only while it is stopped`, {
    remedy: `stop it first (holdfast vm stop ${name})`,
  });
}

/** What its policy asks of its disks must go on to be possible. */
function policyAgainst(vm: VmRecord, volumes: VmRecord['volumes'], cluster: Cluster): Admission | null {
  const pools = volumes.map(({ pool }) => pool);
  const wrong = wrongPolicy(vm.name, vm.spec.policy, { pools, cluster });
  return wrong && no('invalid', wrong.text, { field: `policy.${wrong.field}`, remedy: wrong.remedy });
}

/** What is done with a volume that no copy has; null when there is nothing to do. */
export function changingDisk(view: VmView): VmStep | null {
  const { vm } = view;
  const change = vm.diskChange;
  if (change === undefined || change.plug !== undefined) return null;
  return change.to === 'there' ? adding(view, changed(vm)) : removing(view, changed(vm));
}

/** What a VM does whose copy is given a disk, or gives one back; null when it does not. */
export function plugging(view: VmView): VmStep | null {
  const { vm } = view;
  const { to, plug } = vm.diskChange ?? {};
  if (to === undefined || plug === undefined) return null;
  const seen = copyOf(view, assigned(vm))?.plug;
  const told = seen?.id === plug && seen.result !== 'asked' ? seen : null;
  return to === 'there' ? givingIt(view, plug, told) : takingIt(view, plug, told);
}

type Told = { result: string; reason: string } | null;

function givingIt(view: VmView, plug: string, told: Told): VmStep {
  const { vm } = view;
  const at = assigned(vm);
  const only = changed(vm);
  const volume = volumeOf(only);
  if (told?.result === 'done') {
    const text = `runs on ${at.host} with another disk, ${volume}`;
    return end(view, 'done', { diskChange: undefined }, { event: 'vm.disk-plugged', text });
  }
  if (told) return notGiven(view, volume, told.reason);
  const order = effects.plug(at, plug);
  const unknown = refusalOf(view, order.key);
  // An agent of before refuses what it knows nothing of.
  if (isOfMemory(vm, volume) && unknown?.code === 'invalid') return notGiven(view, volume, unknown.message);
  if (isAttached({ ...view, vm: only }, at, 'single')) return stay(view, [order], lookAgainMs);
  const refusal = refusalOf(view, attachKey(volume, at.generation));
  if (refusal === null || refusal.code === 'stale') return stay(view, effects.attach(only, at, 'single'), lookAgainMs);
  if (isOfMemory(vm, volume)) return notGiven(view, volume, `storage refused: ${refusal.message}`);
  // Its host may have plugged it in and not said so yet: so it is asked to take it out.
  const undo = { volume, to: 'gone' as const, plug: deriveId(plug, 'undo') };
  const text = `no disk was added: storage refused: ${refusal.message}`;
  return end(view, 'failed', { diskChange: undo }, { event: 'vm.disk-failed', text });
}

/** It is deleted; one for its memory never was a disk of its guest. */
function notGiven(view: VmView, volume: string, why: string): VmStep {
  if (isOfMemory(view.vm, volume)) {
    return end(view, 'failed', forgotten(volume), { event: 'vm.suspend-failed', text: `not suspended: ${why}` });
  }
  const text = `no disk was added: ${why}`;
  return end(view, 'failed', { diskChange: { volume, to: 'gone' } }, { event: 'vm.disk-failed', text });
}

function takingIt(view: VmView, plug: string, told: Told): VmStep {
  const at = assigned(view.vm);
  const volume = volumeOf(changed(view.vm));
  if (told?.result === 'done') {
    const text = `${volume} is unplugged on ${at.host}; deleting it`;
    return move(view, { diskChange: { volume, to: 'gone' } }, { event: 'vm.disk-unplugged', text });
  }
  if (told) {
    const text = `${volume} was not removed: ${told.reason}`;
    return end(view, 'failed', { diskChange: undefined }, { event: 'vm.disk-failed', text });
  }
  return stay(view, [effects.plug(at, plug)], lookAgainMs);
}

/** What its host is asked to do with the disk; null while that is not open to this copy. */
export function plugOrder(
  vm: VmRecord, generation: number, cluster: Pick<Cluster, 'attachment'>,
): Pick<typeof agentPlug.request._output, 'plug' | 'change'> | null {
  const { volume, to, plug } = vm.diskChange ?? {};
  if (volume === undefined || plug === undefined) return null;
  if (to === 'gone') return { plug, change: { to, volume } };
  const disk = accessTo(changed(vm).volumes, generation, cluster)?.[0];
  if (isOfMemory(vm, volume)) {
    const disks = accessTo(vm.volumes.filter((each) => each.volume !== volume), generation, cluster);
    return disk && disks ? { plug, change: { to: 'memory', disk, disks } } : null;
  }
  const { diskMBs } = vm.spec;
  return disk ? { plug, change: { to: 'there', disk, ...(diskMBs === undefined ? {} : { diskMBs }) } } : null;
}

/** As if it had this one volume alone. */
function changed({ diskChange, ...vm }: VmRecord): VmRecord {
  return { ...vm, volumes: vm.volumes.filter(({ volume }) => volume === diskChange?.volume) };
}

const volumeOf = ({ volumes }: VmRecord): string => volumes[0]?.volume ?? '';

/** The operation in hand may be another one by then. */
function end(view: VmView, outcome: 'done' | 'failed', patch: Partial<VmRecord>, told: NewTransition): VmStep {
  const kind = view.vm.operation?.kind;
  const isOfDisks = kind === 'disk-add' || kind === 'disk-remove' || kind === 'suspend';
  return isOfDisks ? finish(view, outcome, patch, told) : move(view, patch, told);
}

function adding(view: VmView, only: VmRecord): VmStep {
  const { vm, cluster } = view;
  const [disk] = only.volumes;
  const volume = volumeOf(only);
  const isForMemory = isOfMemory(vm, volume);
  if (vm.operation?.kind !== (isForMemory ? 'suspend' : 'disk-add') || (isForMemory && vm.phase !== 'running')) {
    if (isForMemory) return notGiven(view, volume, 'that came to nothing before its memory was stored');
    const text = 'no disk was added: that came to nothing before it was made';
    return move(view, { diskChange: { volume, to: 'gone' } }, { event: 'vm.disk-undone', text });
  }
  const record = cluster.volume(volume);
  const refusal = refusalOf(view, `create-volume/${volume}`);
  if (record?.state === 'failed' || refusal) {
    return notGiven(view, volume, (record?.state === 'failed' ? record.reason : refusal?.message) ?? '');
  }
  if (record?.state !== 'ready') return stay(view, effects.createVolumes(only), 500);
  const text = isForMemory
    ? `there is room for its memory, ${volume}`
    : `has another disk of ${disk?.sizeMiB} MiB, ${volume}`;
  const told = { event: 'vm.resized', text, data: takenUp(vm) };
  if (vm.phase === 'stopped') return finish(view, 'done', { diskChange: undefined }, told);
  return move(view, { diskChange: { volume, to: 'there', plug: vm.operation.id } }, told);
}

function removing(view: VmView, only: VmRecord): VmStep {
  const { vm, cluster } = view;
  const volume = volumeOf(only);
  const floor = vm.generation + 1;
  const record = cluster.volume(volume);
  const isGone = record === null || record.state === 'deleted';
  // Of a VM that is stopped nobody has any access.
  const mayBeOpen = !isGone && vm.assignment !== null && !isDetached({ ...view, vm: only }, floor);
  if (mayBeOpen) return stay(view, effects.detach(only, floor, null), 500);
  if (!isGone || view.answer(`delete-volume/${volume}`)?.reply.ok !== true) {
    return stay(view, effects.deleteVolumes(only), 1000);
  }
  const at = vm.volumes.findIndex((each) => each.volume === volume);
  const volumes = vm.volumes.filter((each) => each.volume !== volume);
  const spec = { ...vm.spec, disks: vm.spec.disks.filter((_, index) => index !== at) };
  const patch = { volumes, spec, diskChange: undefined };
  const text = `its ${at < vm.spec.disks.length ? 'disk' : 'memory'} ${volume} is deleted`;
  return end(view, 'done', patch, { event: 'vm.resized', text, data: takenUp({ ...vm, ...patch }) });
}

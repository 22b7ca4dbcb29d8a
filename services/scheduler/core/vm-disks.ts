/**
 * A VM that is stopped gets another disk, or loses one with its data. The volume is in its list from the moment it is
 * asked for until it is gone, so whatever is done with all of its volumes is done with this one as well: a crash, or a
 * deletion of the VM, in the middle of it leaves none behind.
 */
import type { VmRecord } from '@holdfast/contracts';
import { deriveId, type Env } from '@holdfast/kernel';
import type { Cluster } from './cluster.js';
import { wrongPolicy } from './policy.js';
import { effects } from './vm-effect.js';
import { finish, refusalOf, stay, type VmStep, type VmView } from './vm-record.js';
import { admit, no, type Admission, type VmRequest } from './vm-request.js';
import { takenUp } from './vm-size.js';

const disksAtMost = 16;

export function admitDiskAdd(
  vm: VmRecord | null, request: VmRequest & { sizeMiB: number }, cluster: Cluster, env: Env,
): Admission {
  return admit(vm, request, 'disk-add', env, (known) => {
    const { sizeMiB, operation } = request;
    if (known.phase !== 'stopped') return notStopped(known);
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
    if (known.phase !== 'stopped') return notStopped(known);
    const names = known.volumes.map((each) => each.volume);
    if (!names.includes(volume)) {
      const remedy = names.length === 0 ? 'it has none' : `choose one of ${names.join(', ')}`;
      return no('not-found', `${known.name} has no volume ${volume}`, { field: 'volume', remedy });
    }
    const wrong = policyAgainst(known, known.volumes.filter((each) => each.volume !== volume), cluster);
    if (wrong) return wrong;
    return { patch: { diskChange: { volume, to: 'gone' } }, text: `asked to delete its disk ${volume}` };
  });
}

function notStopped({ name, phase }: VmRecord): Admission {
  return no('conflict', `${name} is ${phase}: its disks are changed while it is stopped`, {
    remedy: `stop it first (holdfast vm stop ${name})`,
  });
}

/** What its policy asks of its disks must go on to be possible. */
function policyAgainst(vm: VmRecord, volumes: VmRecord['volumes'], cluster: Cluster): Admission | null {
  const pools = volumes.map(({ pool }) => pool);
  const wrong = wrongPolicy(vm.name, vm.spec.policy, { pools, cluster });
  return wrong && no('invalid', wrong.text, { field: `policy.${wrong.field}`, remedy: wrong.remedy });
}

/** What a stopped VM does whose disks are being changed; null when they are not. */
export function changingDisk(view: VmView): VmStep | null {
  const { vm } = view;
  const change = vm.diskChange;
  if (change === undefined) return null;
  const only = { ...vm, volumes: vm.volumes.filter(({ volume }) => volume === change.volume) };
  return change.to === 'there' ? adding(view, only) : removing(view, only);
}

function adding(view: VmView, only: VmRecord): VmStep {
  const { vm, cluster } = view;
  const [disk] = only.volumes;
  const volume = disk?.volume ?? '';
  const record = cluster.volume(volume);
  const refusal = refusalOf(view, `create-volume/${volume}`);
  if (record?.state === 'failed' || refusal) {
    const text = `no disk was added: ${record?.state === 'failed' ? record.reason : refusal?.message}`;
    return finish(view, 'failed', { diskChange: { volume, to: 'gone' } }, { event: 'vm.disk-failed', text });
  }
  if (record?.state !== 'ready') return stay(view, effects.createVolumes(only), 500);
  const text = `has another disk of ${disk?.sizeMiB} MiB, ${volume}`;
  return finish(view, 'done', { diskChange: undefined }, { event: 'vm.resized', text, data: takenUp(vm) });
}

function removing(view: VmView, only: VmRecord): VmStep {
  const { vm, cluster } = view;
  const volume = only.volumes[0]?.volume ?? '';
  const record = cluster.volume(volume);
  const isGone = record === null || record.state === 'deleted';
  if (!isGone || view.answer(`delete-volume/${volume}`)?.reply.ok !== true) {
    return stay(view, effects.deleteVolumes(only), 1000);
  }
  const at = vm.volumes.findIndex((each) => each.volume === volume);
  const volumes = vm.volumes.filter((each) => each.volume !== volume);
  const spec = { ...vm.spec, disks: vm.spec.disks.filter((_, index) => index !== at) };
  const patch = { volumes, spec, diskChange: undefined };
  const text = `its disk ${volume} is deleted`;
  return finish(view, 'done', patch, { event: 'vm.resized', text, data: takenUp({ ...vm, ...patch }) });
}

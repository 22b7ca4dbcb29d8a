/**
 * A VM is suspended: its memory is written to a volume of its own, its copy ends, and it is a stopped VM whose next
 * start goes on where it stood, on any host.
 *
 *   storing   the volume is made, opened to the copy that runs, and its host writes the memory there
 *   kept      it is there whole; the next assignment, and no other ever, may go on from it
 *   spent     that assignment was made: whatever comes of it, the disks may have moved on, so the volume is deleted
 *
 * The volume is in the VM's list, so a fence takes it with the others, and whatever removes a VM removes it.
 */
import { isPaused, suspendedReason, type DiskAccess, type VmRecord } from '@holdfast/contracts';
import { deriveId, type Env } from '@holdfast/kernel';
import type { Cluster } from './cluster.js';
import { move, type VmStep, type VmView } from './vm-record.js';
import { admit, no, type Admission, type VmRequest } from './vm-request.js';
import { assigned } from './vm-turn.js';
import { accessTo, givenVolumes } from './vm-volumes.js';

/** For its devices and their states, besides its memory: far more than QEMU writes for those of ours. */
const devicesMiB = 128;

export function admitSuspend(vm: VmRecord | null, request: VmRequest, env: Env): Admission {
  return admit(vm, request, 'suspend', env, (known) => {
    const { name, phase, volumes, operation: _, ...rest } = known;
    if (phase !== 'running') return cannot(name, `is ${phase}`, 'wait until it runs');
    if (isPaused(rest)) return cannot(name, 'is paused', `let it go on first (holdfast vm resume ${name})`);
    if (known.reboot) return cannot(name, 'is being reset', 'try again shortly');
    if (known.nextSize) return cannot(name, 'takes on another size when it stops', 'stop and start it first');
    if (known.diskChange !== undefined || known.nicChange !== undefined || known.savedMemory !== undefined) {
      return cannot(name, 'still has a disk or NIC added or removed', 'try again shortly');
    }
    const [beside] = volumes;
    if (!beside) return cannot(name, 'has no disk', 'stop it, or pause it');
    const { pool, node } = beside;
    const { memoryMiB } = known.spec;
    const volume = `${name}-memory-${deriveId(known.uid, 'memory', request.operation)}`;
    const patch = {
      volumes: [...volumes, { volume, pool, node, sizeMiB: memoryMiB + devicesMiB }],
      diskChange: { volume, to: 'there' as const },
      savedMemory: { volume, state: 'storing' as const },
    };
    return { patch, text: 'asked to store its memory and stop' };
  });
}

function cannot(name: string, why: string, remedy: string): Admission {
  return no('conflict', `${name} ${why}, so it cannot be suspended`, { remedy });
}

/** Its memory goes to that volume, or did. */
export function isOfMemory({ savedMemory }: VmRecord, volume: string): boolean {
  return savedMemory?.volume === volume;
}

/** Its host has written its memory, and ended the copy; null when that is not why the copy has ended. */
export function suspended(view: VmView, reason: string): VmStep | null {
  const { vm } = view;
  const { savedMemory: saved, diskChange } = vm;
  const isMeant = saved?.state === 'storing' && diskChange?.volume === saved.volume && diskChange.plug !== undefined;
  if (reason !== suspendedReason || !isMeant || vm.desired !== 'running') return null;
  const patch = {
    phase: 'detaching' as const,
    desired: 'stopped' as const,
    generation: vm.generation + 1,
    savedMemory: { volume: saved.volume, state: 'kept' as const },
    reboot: null,
  };
  const text = `its memory is stored in ${saved.volume}; taking its access back`;
  return move(view, patch, { event: 'vm.halted', text });
}

/** The next assignment goes on from it, if it is there whole and nothing was started since. */
export function spentBy(vm: VmRecord, generation: number): Pick<VmRecord, 'savedMemory'> {
  const saved = vm.savedMemory;
  // Nothing was started at that generation yet.
  const isOfLast = saved?.state === 'spent' && saved.generation === vm.assignment?.generation;
  const isUnused = isOfLast && (vm.phase === 'attaching' || vm.phase === 'waiting');
  if (!saved || (saved.state !== 'kept' && !isUnused)) return {};
  return { savedMemory: { volume: saved.volume, state: 'spent', generation } };
}

/** What a start at this generation goes on from; undefined for a boot, null while that is not open to it. */
export function memoryFor(
  vm: VmRecord, generation: number, cluster: Pick<Cluster, 'attachment'>,
): DiskAccess | undefined | null {
  const saved = vm.savedMemory;
  if (saved?.state !== 'spent' || saved.generation !== generation) return undefined;
  const access = accessTo(vm.volumes.filter(({ volume }) => volume === saved.volume), generation, cluster);
  return access === null ? null : access[0];
}

/** Those of a copy's volumes that its guest has as disks. */
export function guestDisks(vm: VmRecord): VmRecord['volumes'] {
  return givenVolumes(vm).filter(({ volume }) => !isOfMemory(vm, volume));
}

/** Memory that serves no start any more is deleted; null where there is none, or it is kept. */
export function forgettingMemory(view: VmView): VmStep | null {
  const { vm } = view;
  const { savedMemory: saved, diskChange, phase } = vm;
  if (!saved || diskChange !== undefined || (saved.state === 'kept' && phase === 'stopped')) return null;
  const patch = forgotten(saved.volume);
  const at = phase === 'running' ? assigned(vm) : null;
  if (at && saved.state === 'spent' && saved.generation === at.generation) {
    const text = `goes on from its stored memory on ${at.host}`;
    return move(view, patch, { event: 'vm.memory-used', text, data: { host: at.host } });
  }
  const why = saved.state === 'storing' ? 'it ended before its memory was stored' : 'it did not go on from there';
  return move(view, patch, { event: 'vm.memory-lost', text: `its stored memory is deleted: ${why}` });
}

/** The volume goes, and nothing starts from it. */
export const forgotten = (volume: string): Pick<VmRecord, 'savedMemory' | 'diskChange'> =>
  ({ savedMemory: undefined, diskChange: { volume, to: 'gone' } });

/** What changes its devices or their sizes waits: its stored memory would not fit them. Null when nothing is stored. */
export function refuseIfSuspended({ name, savedMemory }: VmRecord): Admission | null {
  if (savedMemory?.state !== 'kept') return null;
  const remedy = `start it first, or forget its memory (holdfast vm start ${name} --discard-memory)`;
  return no('conflict', `${name} is suspended: its memory is stored for the devices that it has`, { remedy });
}

/** A copy is made larger while it runs. Its memory is promised to it, on disk, before the hypervisor is asked. */
import { accepted, type ObservedVm } from '@holdfast/contracts';
import {
  freeFor,
  refuseAbsent,
  refuseStale,
  work,
  type LocalState,
  type LocalVm,
  type Room,
  type VmAdmission,
  type VmCommand,
} from './vm.js';

export interface ResizeCommand extends VmCommand {
  operation: string;
  cpus: number;
  memoryMiB: number;
  memoryOvercommit?: number | undefined;
}

export type Resize = NonNullable<ObservedVm['resize']>;

/** Once for each operation; one that nobody has seen the end of is asked of the hypervisor again. */
export function admitResize(local: LocalState, name: string, command: ResizeCommand, room: Room): VmAdmission {
  const known = local.vms[name] ?? null;
  const stale = refuseStale(local, known, command);
  if (stale) return stale;
  const { operation, memoryMiB } = command;
  const copy = known?.uid === command.uid ? known.copy : null;
  const before = copy?.generation === command.stamp.generation ? copy.resize : undefined;
  if (before?.operation === operation && before.result !== 'asked') {
    return { vm: null, action: null, reply: accepted({ state: 'already-done' }) };
  }
  const isPaused = copy?.generation === command.stamp.generation && copy.state === 'paused';
  const absent = isPaused ? null : refuseAbsent(known, command, name);
  if (absent) return absent;
  const vm = known as LocalVm & { copy: ObservedVm };
  if (before?.operation === operation) {
    return { vm: null, action: { kind: 'resize' }, reply: accepted({ state: 'started-work' }) };
  }
  const { freeMiB, mayPromiseMiB } = freeFor(vm, command, room);
  const told = (result: Resize['result'], reason: string): LocalVm => ({
    ...vm, copy: { ...vm.copy, resize: { operation, result, reason } },
  });
  if (memoryMiB > freeMiB) {
    // Remembered, so that it does not come about later, when nobody waits for it any more.
    const reason = `${memoryMiB} MiB are asked for, ${freeMiB} of ${mayPromiseMiB} MiB are free`;
    return { vm: told('failed', reason), action: null, reply: accepted({ state: 'already-done' }) };
  }
  return work({ ...told('asked', ''), memoryMiB: Math.max(memoryMiB, vm.memoryMiB ?? 0) }, { kind: 'resize' });
}

/** What became of it; `has` is what its QEMU has now. */
export function afterResize(vm: LocalVm, result: Omit<Resize, 'operation'>, operation: string): LocalVm {
  const { copy } = vm;
  if (copy?.resize?.operation !== operation) return vm;
  const memoryMiB = result.has?.memoryMiB ?? vm.memoryMiB;
  return { ...vm, memoryMiB, copy: { ...copy, resize: { operation, ...result } } };
}

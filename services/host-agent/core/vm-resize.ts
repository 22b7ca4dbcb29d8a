/**
 * A copy is made larger while it runs. Its memory is promised to it, on disk, before the hypervisor is asked. What the
 * hypervisor was asked and did not answer it may do at any time, also after it has refused the same: that much stays
 * promised as long as the copy lives.
 */
import { accepted, type ObservedVm, type VmSize } from '@holdfast/contracts';
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
    return work({ ...vm, mayHave: larger(vm.mayHave, command) }, { kind: 'resize' });
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
  const { has, reason } = result;
  if (has === undefined) return { ...vm, copy: { ...copy, resize: { operation, ...result } } };
  const counted = larger(vm.mayHave, has);
  const isLess = has.cpus < counted.cpus || has.memoryMiB < counted.memoryMiB;
  const told = { ...result, has: counted, reason: isLess ? `${reason} ${whyMore}` : reason };
  return { ...vm, memoryMiB: counted.memoryMiB, copy: { ...copy, resize: { operation, ...told } } };
}

const whyMore = '(asked before, it was not answered and may yet be heeded, so the larger size counts)';

function larger(known: VmSize | undefined, { cpus, memoryMiB }: VmSize): VmSize {
  return { cpus: Math.max(cpus, known?.cpus ?? 0), memoryMiB: Math.max(memoryMiB, known?.memoryMiB ?? 0) };
}

/** A copy is given another disk or NIC while it runs, or gives one back. */
import { accepted, type ObservedVm } from '@holdfast/contracts';
import {
  refuseAbsent, refuseOlder, refuseStale, work, type LocalState, type LocalVm, type VmAdmission, type VmCommand,
} from './vm.js';

export interface PlugCommand extends VmCommand {
  plug: string;
}

export type Plug = NonNullable<ObservedVm['plug']>;

/**
 * Once for each `plug`; one that nobody has seen the end of is asked of the hypervisor again. One that comes after a
 * later one is refused: it could take what the copy is to keep.
 */
export function admitPlug(local: LocalState, name: string, command: PlugCommand): VmAdmission {
  const known = local.vms[name] ?? null;
  const stale = refuseStale(local, known, command) ?? refuseAbsent(known, command, name);
  if (stale) return stale;
  const vm = known as LocalVm & { copy: ObservedVm };
  const { plug: id, stamp } = command;
  const before = vm.copy.plug?.id === id ? vm.copy.plug : null;
  if (before?.result === 'asked') {
    return { vm: null, action: { kind: 'plug' }, reply: accepted({ state: 'started-work' }) };
  }
  if (before) return { vm: null, action: null, reply: accepted({ state: 'already-done' }) };
  const older = refuseOlder(vm, command);
  if (older) return older;
  const copy: ObservedVm = { ...vm.copy, plug: { id, result: 'asked', reason: '' } };
  return work({ ...vm, copy, revision: stamp.revision }, { kind: 'plug' });
}

/** What became of it. */
export function afterPlug(vm: LocalVm, told: Plug): LocalVm {
  const { copy } = vm;
  return copy?.plug?.id === told.id ? { ...vm, copy: { ...copy, plug: told } } : vm;
}

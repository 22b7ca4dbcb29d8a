/** Turns that a VM can take from several phases. */
import type { Assignment, VmRecord } from '@holdfast/contracts';
import { assert } from '@holdfast/kernel';
import { finish, move, stay, type VmStep, type VmView } from './vm-record.js';

const lookAgainMs = 5000;

/** A change of power state is a new generation: whatever was sent to start it before is void from here on. */
export function beginStopping(view: VmView, text: string, more: Partial<VmRecord> = {}): VmStep {
  const generation = view.vm.generation + 1;
  return move(view, { phase: 'stopping', generation, reboot: null, ...more }, { event: 'vm.stopping', text });
}

export function beginRecovering(view: VmView): VmStep {
  const { vm, cluster } = view;
  const at = assigned(vm);
  const incident = cluster.host(at.host)?.incident?.id ?? null;
  const patch = { phase: 'recovering' as const, incident, reboot: null };
  const transition = {
    event: 'vm.recovering',
    text: `${at.host} is out; waiting for ${wantedProof(vm)}`,
    data: { host: at.host },
    incident,
  };
  // A move or a reboot of the lost copy is lost with it; a start goes on, elsewhere.
  const isLost = isLostWithCopy(vm) || ['migrate', 'reboot', 'resume'].includes(vm.operation?.kind ?? '');
  return isLost ? finish(view, 'failed', patch, transition) : move(view, patch, transition);
}

/** What was asked of the copy itself. A disk or NIC that it was being given the next one has. */
function isLostWithCopy({ operation, diskChange }: VmRecord): boolean {
  if (operation?.kind === 'disk-add') return diskChange?.plug === undefined;
  return ['pause', 'resize', 'disk-remove', 'nic-remove', 'suspend'].includes(operation?.kind ?? '');
}

/** What has to be proven of its old copies. */
export function wantedProof({ spec }: VmRecord): string {
  if (spec.policy.proof === 'storage') return 'proof that its copy cannot write';
  const more = spec.policy.proof === 'both' ? ', and that it cannot write' : '';
  return `proof that its copy does not run any more${more} (policy: proof ${spec.policy.proof})`;
}

export function assigned(vm: VmRecord): Assignment {
  assert(vm.assignment, `VM ${vm.name} is ${vm.phase} without an assignment`);
  return vm.assignment;
}

/** Its host goes down in an orderly way and has stopped it: it runs elsewhere until that is back. */
export function leaveHost(view: VmView): VmStep {
  const { vm } = view;
  const { host } = assigned(vm);
  const home = vm.spec.policy.failback ? (vm.home ?? host) : null;
  const end = isLostWithCopy(vm) ? finish.bind(null, view, 'failed') : move.bind(null, view);
  return end({ phase: 'recovering', home, reboot: null }, {
    event: 'vm.recovering',
    text: `${host} is going down and has stopped it`,
    data: { host },
  });
}

/** Its host was cut off and has ended it, and now reports again: it starts anew where it was, which is no crash. */
export function startAfterSelfFence(view: VmView): VmStep {
  const { vm, cluster } = view;
  const { host: name } = assigned(vm);
  const host = cluster.host(name);
  if (host?.health !== 'online') return stay(view, [], lookAgainMs);
  const generation = vm.generation + 1;
  const assignment = { host: name, hostEpoch: host.epoch, generation };
  const patch = { phase: 'attaching' as const, generation, assignment, reboot: null };
  const transition = {
    event: 'vm.self-fenced',
    text: `${name} was cut off from everybody and has ended it; starting it there again`,
    data: { host: name },
  };
  // What was asked of the copy that was ended has ended with it; a start goes on.
  return vm.phase === 'starting' ? move(view, patch, transition) : finish(view, 'failed', patch, transition);
}

/** Its policy is that nobody starts it unasked, and nobody is asking. */
export function isLeftDown({ spec, operation }: VmRecord): boolean {
  return spec.policy.restart === 'never' && operation === null;
}

export function leaveDown(view: VmView, why: string): VmStep {
  const patch = { phase: 'failed', desired: 'stopped', migration: null, reboot: null, home: null } as const;
  const text = `${why}; not started again (policy: restart never)`;
  return finish(view, 'failed', patch, { event: 'vm.failed', text });
}

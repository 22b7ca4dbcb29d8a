/**
 * A VM that a person has paused stands still where it is, its memory kept, until a person lets it go on. The wish is of
 * one generation: whatever starts the VM anew (its host was lost, its QEMU has crashed, a person stops and starts it)
 * starts it running. While it stands still nothing else is done with it: its silence is wanted.
 */
import { isPaused, refused, type ObservedVm, type VmRecord } from '@holdfast/contracts';
import type { Env } from '@holdfast/kernel';
import { leaveStuck } from './drain-turn.js';
import { whyLeave } from './own-move.js';
import { effects } from './vm-effect.js';
import { copyOf, finish, stay, type VmStep, type VmView } from './vm-record.js';
import { admit, type Admission, type VmRequest } from './vm-request.js';
import { assigned } from './vm-turn.js';

const lookAgainMs = 2000;
/** So long its host may take; what is wanted then still comes about, only nobody waits for it. */
const withinMs = 30_000;

export function admitPause(vm: VmRecord | null, request: VmRequest, env: Env): Admission {
  return admit(vm, request, 'pause', env, (known) => {
    if (known.phase !== 'running') return cannot(known, `is ${known.phase}`, 'paused', 'wait until it runs');
    if (known.reboot) return cannot(known, 'is being reset', 'paused', 'try again shortly');
    if (isPaused(known)) return cannot(known, 'is paused', 'paused', 'there is nothing to do');
    return { patch: { pausedGeneration: assigned(known).generation }, text: 'asked to stand still' };
  });
}

export function admitResume(vm: VmRecord | null, request: VmRequest, env: Env): Admission {
  return admit(vm, request, 'resume', env, (known) => {
    if (known.phase !== 'running' || !isPaused(known)) {
      return cannot(known, 'is not paused', 'resumed', 'holdfast vm show tells what it does');
    }
    return { patch: { pausedGeneration: undefined }, text: 'asked to go on' };
  });
}

function cannot({ name }: VmRecord, is: string, become: string, remedy: string): Admission {
  return { change: null, reply: refused('conflict', `${name} ${is}, so it cannot be ${become}`, { remedy }) };
}

/** What a running VM does that is to stand still, or that stands still and is not to; null when neither is so. */
export function pausing(view: VmView): VmStep | null {
  const { vm } = view;
  const copy = copyOf(view, assigned(vm));
  const isHeld = copy?.state === 'paused' && copy.held === true;
  return isPaused(vm) ? standStill(view, isHeld) : goOn(view, copy);
}

function standStill(view: VmView, isHeld: boolean): VmStep {
  const { vm, cluster } = view;
  const at = assigned(vm);
  if (isHeld && vm.operation?.kind === 'pause') {
    const text = `stands still on ${at.host}, as asked`;
    return finish(view, 'done', {}, { event: 'vm.paused', text, data: { host: at.host } });
  }
  if (isHeld) {
    // It cannot move; its host may have to be emptied nevertheless, as chosen for such VMs.
    const mustLeave = whyLeave(cluster, vm) !== null;
    return (mustLeave ? leaveStuck(view, { stuck: true }) : null) ?? stay(view, [], mustLeave ? lookAgainMs : null);
  }
  if (isOverdue(view, 'pause')) {
    const text = `not paused: ${at.host} did not do it within ${withinMs / 1000} s`;
    return finish(view, 'failed', { pausedGeneration: undefined }, { event: 'vm.pause-failed', text });
  }
  return stay(view, [effects.pause(at)], lookAgainMs);
}

function goOn(view: VmView, copy: ObservedVm | null): VmStep | null {
  const { vm } = view;
  // An agent that has forgotten it finds one that was paused as one that has arrived.
  const standsStill = copy !== null && (copy.held === true || copy.state === 'arrived' || isLeftPaused(view, copy));
  const at = assigned(vm);
  const isResuming = vm.operation?.kind === 'resume';
  if (isResuming && copy?.state === 'running' && !standsStill) {
    const text = `goes on on ${at.host}`;
    return finish(view, 'done', {}, { event: 'vm.resumed', text, data: { host: at.host } });
  }
  if (isOverdue(view, 'resume')) {
    const text = `did not go on: ${at.host} did not do it within ${withinMs / 1000} s`;
    return finish(view, 'failed', {}, { event: 'vm.resume-failed', text });
  }
  return standsStill || isResuming ? stay(view, [effects.resume(at)], lookAgainMs) : null;
}

/** A hypervisor that hangs may carry a pause out when it has been given up, and after it was taken back. */
function isLeftPaused({ env }: VmView, { state, storageLost, sinceMs }: ObservedVm): boolean {
  return state === 'paused' && !storageLost && Math.abs(env.nowMs - sinceMs) >= withinMs;
}

function isOverdue({ vm, env }: VmView, kind: 'pause' | 'resume'): boolean {
  if (vm.operation?.kind !== kind) return false;
  const asked = vm.transitions.findLast(({ event }) => event === `vm.${kind}-requested`);
  return Math.abs(env.nowMs - (asked?.atMs ?? vm.changedAtMs)) >= withinMs;
}

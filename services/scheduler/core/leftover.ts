/**
 * Copies that storage has shut out while their host could not be asked. They can write nowhere, and are ordered gone
 * until their host says so, beside whatever else becomes of the VM.
 */
import type { Assignment, VmRecord } from '@holdfast/contracts';
import { proofOf } from './proof.js';
import { effects, type VmEffect } from './vm-effect.js';
import { move, nothingLeft, stay, type VmStep, type VmView } from './vm-record.js';

const lookAgainMs = 2000;

/** The step, and what is left of earlier moves is stopped with it. */
export function withLeftovers(view: VmView, step: VmStep): VmStep {
  const { vm } = view;
  const left = vm.leftovers.find((each) => !isRecoveredFrom(vm, each) || !isGone(view, each));
  if (!left) return step;
  const isLast = step.state.phase === 'deleted';
  if (step.state !== vm && !isLast) return step;
  if (!isRecoveredFrom(vm, left) && isGone(view, left)) {
    return move(view, { leftovers: vm.leftovers.filter((each) => each !== left), reason: vm.reason }, {
      event: 'vm.cleared',
      text: `nothing of generation ${left.generation} is left on ${left.host}`,
      data: { host: left.host, generation: left.generation },
    });
  }
  const stop = stopOf(left);
  // The record is the only one that knows of them: it stays as long.
  if (isLast) return stay(view, [stop], lookAgainMs);
  const lookAtMs = view.env.nowMs + lookAgainMs;
  const others = step.effects.filter(({ key }) => key !== stop.key);
  return { ...step, effects: [...others, stop], wakeAtMs: Math.min(step.wakeAtMs ?? lookAtMs, lookAtMs) };
}

/**
 * It stays remembered until the VM has its next place: a replica that has yet to see that it is gone would remember it
 * anew, as fast as another clears it.
 */
function isRecoveredFrom({ phase, assignment }: VmRecord, { host, generation }: Assignment): boolean {
  return phase === 'recovering' && assignment?.host === host && assignment.generation === generation;
}

function isGone(view: VmView, left: Assignment): boolean {
  return proofOf(view.vm, left, view.cluster) !== null || nothingLeft(view, stopOf(left));
}

const stopOf = ({ host, hostEpoch, generation }: Assignment): VmEffect =>
  effects.stop(host, hostEpoch, generation + 1, 0);

/**
 * Copies that storage has shut out while their host could not be asked. They can write nowhere, and are ordered gone
 * until their host says so, beside whatever else becomes of the VM.
 */
import { proofOf } from './proof.js';
import { effects } from './vm-effect.js';
import { move, nothingLeft, stay, type VmStep, type VmView } from './vm-record.js';

const lookAgainMs = 2000;

/** The step, and what is left of earlier moves is stopped with it. */
export function withLeftovers(view: VmView, step: VmStep): VmStep {
  const { vm, cluster } = view;
  const [left] = vm.leftovers;
  if (!left) return step;
  const isLast = step.state.phase === 'deleted';
  if (step.state !== vm && !isLast) return step;
  const stop = effects.stop(left.host, left.hostEpoch, left.generation + 1, 0);
  if (proofOf(vm, left, cluster) !== null || nothingLeft(view, stop)) {
    return move(view, { leftovers: vm.leftovers.slice(1), reason: vm.reason }, {
      event: 'vm.cleared',
      text: `nothing of generation ${left.generation} is left on ${left.host}`,
      data: { host: left.host, generation: left.generation },
    });
  }
  // The record is the only one that knows of them: it stays as long.
  if (isLast) return stay(view, [stop], lookAgainMs);
  const lookAtMs = view.env.nowMs + lookAgainMs;
  const others = step.effects.filter(({ key }) => key !== stop.key);
  return { ...step, effects: [...others, stop], wakeAtMs: Math.min(step.wakeAtMs ?? lookAtMs, lookAtMs) };
}

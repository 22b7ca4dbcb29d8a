/** Disarmed, no VM gets a new place unless a person asked for it, be it by a drain; what is under way goes on. */
import type { VmRecord } from '@holdfast/contracts';
import { move, reasonStands, reasonStandsMs, stay, type VmStep, type VmView } from './vm-record.js';

const lookAgainMs = 5000;

/** The step, or what becomes of the VM instead while the cluster is disarmed. */
export function unlessDisarmed(view: VmView, step: VmStep): VmStep {
  const { vm, cluster, env } = view;
  const arming = cluster.arming();
  // An operation in hand is a person's command.
  if (arming.armed || vm.operation !== null) return step;
  const hostIsDrained = vm.assignment !== null && cluster.drain(vm.assignment.host) !== null;
  const isOwnMove = vm.phase === 'running' && step.state.phase === 'migrating' && !hostIsDrained;
  if (isOwnMove) return stay(view, [], lookAgainMs);
  if (!isPlaced(vm, step.state)) return step;
  if (vm.phase === 'running' || vm.phase === 'starting') {
    // Its copy has ended: what the step says of that is kept, the new place is not.
    const state: VmRecord = { ...step.state, phase: 'waiting', assignment: null, phaseSinceMs: env.nowMs };
    return { ...step, state };
  }
  if (vm.reason === arming.text) return stay(view, [], lookAgainMs);
  if (reasonStands(view)) return stay(view, [], reasonStandsMs);
  return move(view, {}, { event: 'vm.held', text: arming.text });
}

/** A new assignment; the same host at the next number is the start that was under way. */
function isPlaced(before: VmRecord, after: VmRecord): boolean {
  if (after.phase !== 'attaching' || after.assignment === null) return false;
  const isSame = before.phase === 'attaching' && before.assignment?.host === after.assignment.host;
  return before.assignment?.generation !== after.assignment.generation && !isSame;
}

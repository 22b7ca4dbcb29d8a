import type { OperationRecord, Transition, VmRecord } from '@holdfast/contracts';

/**
 * The record of the operation that a transition names, as it is to be after it; null when there is nothing to write:
 * the transition says nothing of one, or the record says as much already. What has ended stays ended.
 */
export function operationAfter(
  known: OperationRecord | null,
  vm: VmRecord,
  { event, operation, data, text, atMs }: Transition,
): OperationRecord | null {
  const state = data['operationState'];
  if (operation === null || (state !== 'running' && state !== 'done' && state !== 'failed')) return null;
  if (known && (known.state !== 'running' || state === 'running')) return null;
  const kind = event === 'vm.policy-set'
    ? 'set'
    : event.endsWith('-requested')
    ? (event.slice('vm.'.length, -'-requested'.length) as OperationRecord['kind'])
    : 'create';
  return {
    id: operation,
    kind: known?.kind ?? kind,
    vm: vm.name,
    state,
    reason: text,
    startedAtMs: known?.startedAtMs ?? atMs,
    endedAtMs: state === 'running' ? null : atMs,
  };
}

import type { OperationRecord, Transition, VmRecord } from '@holdfast/contracts';
import type { Env } from '@holdfast/kernel';

/** Events of changes that nobody waits for. */
const doneAtOnce: Record<string, OperationRecord['kind']> = {
  'vm.policy-set': 'set',
  'vm.described': 'describe',
  'vm.nic-added': 'nic-add',
  'vm.nic-removed': 'nic-remove',
  'vm.boot-changed': 'boot',
  'vm.cdrom-changed': 'cdrom',
  'vm.resized': 'resize',
  'vm.resize-planned': 'resize',
};

/**
 * The record of the operation that a transition names, as it is to be after it; null when there is nothing to write:
 * the transition says nothing of one, or the record says as much already. What has ended stays ended.
 */
export function operationAfter(
  known: OperationRecord | null,
  vm: VmRecord,
  { event, operation, data, text, atMs, traceparent = known?.traceparent }: Transition,
): OperationRecord | null {
  const state = data['operationState'];
  if (operation === null || (state !== 'running' && state !== 'done' && state !== 'failed')) return null;
  if (known && (known.state !== 'running' || state === 'running')) return null;
  const kind = event.endsWith('-requested')
    ? (event.slice('vm.'.length, -'-requested'.length) as OperationRecord['kind'])
    : (doneAtOnce[event] ?? 'create');
  return {
    id: operation,
    incarnation: vm.incarnation,
    kind: known?.kind ?? kind,
    vm: vm.name,
    ...(vm.project !== undefined && { project: vm.project }),
    state,
    reason: text,
    startedAtMs: known?.startedAtMs ?? atMs,
    endedAtMs: state === 'running' ? null : atMs,
    ...(traceparent !== undefined && { traceparent }),
  };
}

/**
 * A backup is not of one instant: it may hold an operation as running whose VM it holds as of before or after it. Once
 * the VM is taken up and does not work on it, nothing else would end it any more. Null while it may still end.
 */
export function lostInRestore(
  operation: OperationRecord,
  vm: VmRecord | null,
  { incarnation, nowMs }: Pick<Env, 'incarnation' | 'nowMs'>,
): OperationRecord | null {
  if (operation.state !== 'running' || operation.incarnation === incarnation) return null;
  if (vm && (vm.incarnation !== incarnation || vm.operation?.id === operation.id)) return null;
  const named = vm?.transitions.filter((transition) => transition.operation === operation.id) ?? [];
  for (const transition of named) {
    const ended = vm && operationAfter(operation, vm, transition);
    if (ended) return ended;
  }
  const reason = 'lost when the cluster was restored from a backup';
  return { ...operation, incarnation, state: 'failed', reason, endedAtMs: nowMs };
}

/** The VM that an operation is about; a renaming goes on under the other name. */
export function workedOnBy(
  { id, kind, vm }: OperationRecord, vms: { value(name: string): VmRecord | null; values(): VmRecord[] },
): VmRecord | null {
  const renamed = kind === 'rename' ? vms.values().find(({ operation }) => operation?.id === id) : undefined;
  return renamed ?? vms.value(vm);
}

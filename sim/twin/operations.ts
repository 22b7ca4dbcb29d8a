/** The twin of how the scheduler's shell keeps a record of each operation. */
import type { OperationRecord, Transition, VmRecord } from '@holdfast/contracts';
import type { Process } from '../engine/process.js';
import type { SimBucket } from '../world/bucket.js';

/** Calls back with false when the bus failed: it is to be tried again. */
export function recordOperation(
  bucket: SimBucket<OperationRecord>,
  process: Process,
  { vm, transition }: { vm: VmRecord; transition: Transition },
  done: (isWell: boolean) => void,
): void {
  const { operation, data, text, atMs } = transition;
  const state = data['operationState'];
  if (operation === null || (state !== 'running' && state !== 'done' && state !== 'failed')) {
    done(true);
    return;
  }
  bucket.get(process, operation, (found) => {
    if (!found.ok) {
      done(false);
      return;
    }
    const known = found.value?.value ?? null;
    if (known && known.state !== 'running') {
      done(true);
      return;
    }
    const record: OperationRecord = {
      id: operation,
      kind: known?.kind ?? 'create',
      vm: vm.name,
      state,
      reason: text,
      startedAtMs: known?.startedAtMs ?? atMs,
      endedAtMs: state === 'running' ? null : atMs,
    };
    const stored = ({ ok }: { ok: boolean }): void => done(ok);
    if (known) bucket.update(process, operation, record, found.value?.revision ?? 0, stored);
    else bucket.create(process, operation, record, stored);
  });
}

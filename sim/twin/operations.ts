/** The twin of how the scheduler's shell keeps a record of each operation: it follows from what names it. */
import type { OperationRecord, Transition, VmRecord } from '@holdfast/contracts';
import { operationAfter } from '@holdfast/scheduler/core';
import type { Process } from '../engine/process.js';
import type { SimBucket } from '../world/bucket.js';

const maxAttempts = 8;

/** Whether there is a record of it, by this copy or by asking; calls back with null when the bus does not answer. */
export function hasBegun(
  bucket: SimBucket<OperationRecord>,
  process: Process,
  { id, known }: { id: string; known: { get(id: string): unknown } },
  done: (begun: boolean | null) => void,
): void {
  if (known.get(id) !== null) done(true);
  else bucket.get(process, id, (found) => done(found.ok ? found.value !== null : null));
}

/** Calls back with false when the bus failed, or others always came first: it is to be tried again. */
export function recordOperation(
  bucket: SimBucket<OperationRecord>,
  process: Process,
  { vm, transition }: { vm: VmRecord; transition: Transition },
  done: (isWell: boolean) => void,
  attempt = 0,
): void {
  const { operation } = transition;
  if (operation === null || operationAfter(null, vm, transition) === null) {
    done(true);
    return;
  }
  if (attempt >= maxAttempts) {
    done(false);
    return;
  }
  bucket.get(process, operation, (found) => {
    if (!found.ok) {
      done(false);
      return;
    }
    const known = found.value;
    const record = operationAfter(known?.value ?? null, vm, transition);
    if (record === null) {
      done(true);
      return;
    }
    const stored = (outcome: { ok: true; value: number | null } | { ok: false }): void => {
      if (!outcome.ok) done(false);
      else if (outcome.value !== null) done(true);
      else recordOperation(bucket, process, { vm, transition }, done, attempt + 1);
    };
    if (known) bucket.update(process, operation, record, known.revision, stored);
    else bucket.create(process, operation, record, stored);
  });
}

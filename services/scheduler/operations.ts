import { BusError, type Bus } from '@holdfast/bus';
import { operations, type OperationRecord, type Transition, type VmRecord } from '@holdfast/contracts';
import type { Env } from '@holdfast/kernel';
import type { Projection } from '@holdfast/runtime';
import { lostInRestore, operationAfter } from './core/index.js';

const maxAttempts = 8;

const dayMs = 86_400_000;
export const keepOperations = {
  endedAtMs: ({ endedAtMs }: OperationRecord) => endedAtMs,
  keepMs: 7 * dayMs,
  keepCount: 10_000,
};

/** An operation's record follows from the transitions that name it. A race that was lost is run again. */
export async function recordOperation(bus: Bus, vm: VmRecord, transition: Transition): Promise<void> {
  const { operation } = transition;
  if (operation === null || operationAfter(null, vm, transition) === null) return;
  const bucket = bus.bucket(operations);
  for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
    const known = await bucket.get(operation);
    const record = operationAfter(known?.value ?? null, vm, transition);
    if (!record) return;
    const revision = known
      ? await bucket.update(operation, record, known.revision)
      : await bucket.create(operation, record);
    if (revision !== null) return;
  }
  throw new BusError('timeout', `the record of operation ${operation} keeps changing`);
}

/** Ends those that a restore has left running without a VM that works on them. What fails is found at the next look. */
export async function endLostOperations(
  bus: Bus,
  known: Projection<OperationRecord>,
  vmNamed: (name: string) => VmRecord | null,
  env: Env,
): Promise<void> {
  const bucket = bus.bucket(operations);
  try {
    for (const { key, value, revision } of known.entries()) {
      const ended = lostInRestore(value, vmNamed(value.vm), env);
      if (ended) await bucket.update(key, ended, revision);
    }
  } catch (error) {
    if (!(error instanceof BusError)) throw error;
  }
}

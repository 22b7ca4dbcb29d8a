import { BusError, type Bus } from '@holdfast/bus';
import {
  asAsked,
  ofAskedProject,
  operations,
  refused,
  type OperationRecord,
  type Asked,
  type Reply,
  type Transition,
  type VmRecord,
} from '@holdfast/contracts';
import type { Env } from '@holdfast/kernel';
import type { MachineRunner, Projection } from '@holdfast/runtime';
import {
  lostInRestore,
  once,
  operationAfter,
  workedOnBy,
  type Admission,
  type VmEffect,
  type VmRequest,
} from './core/index.js';

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

/**
 * Whether there is a record of it. After a long sleep the copy at hand may be of before, and what was asked for then
 * has been done by others, and perhaps undone: so the bus is asked as well. Null when it does not answer.
 */
export async function hasBegun(bus: Bus, known: Projection<OperationRecord>, id: string): Promise<boolean | null> {
  if (known.get(id) !== null) return true;
  try {
    return (await bus.bucket(operations).get(id)) !== null;
  } catch (error) {
    if (!(error instanceof BusError)) throw error;
    return null;
  }
}

interface Admitting {
  bus: Bus;
  known: Projection<OperationRecord>;
  runner: MachineRunner<VmRecord, VmEffect>;
  nowMs: () => number;
}

/** Changes a VM as it was asked for, unless that has begun already. */
export async function changeOnce(
  { bus, known, runner, nowMs }: Admitting,
  request: VmRequest & Asked,
  admit: (vm: VmRecord | null) => Admission,
): Promise<Reply<unknown>> {
  const begun = await hasBegun(bus, known, request.operation);
  if (begun === null) return refused('unavailable', 'the bus does not answer', { remedy: 'try again' });
  const isKnown = (id: string): boolean => begun || known.get(id) !== null;
  return await runner.change(request.vm, (found) => {
    const vm = ofAskedProject(found, request);
    return once(request, isKnown, () => {
      if (request.untilMs === undefined || nowMs() <= request.untilMs) return asAsked(vm, request, () => admit(vm));
      return { change: null, reply: refused('stale', 'it came too late', { remedy: 'ask for it again' }) };
    });
  });
}

/** Ends those that a restore has left running without a VM that works on them. What fails is found at the next look. */
export async function endLostOperations(
  bus: Bus,
  known: Projection<OperationRecord>,
  vms: Projection<VmRecord>,
  env: Env,
): Promise<void> {
  const bucket = bus.bucket(operations);
  try {
    for (const { key, value, revision } of known.entries()) {
      const ended = lostInRestore(value, workedOnBy(value, vms), env);
      if (ended) await bucket.update(key, ended, revision);
    }
  } catch (error) {
    if (!(error instanceof BusError)) throw error;
  }
}

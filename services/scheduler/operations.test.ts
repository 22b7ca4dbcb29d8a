import { BusError, MemoryBroker, type Bus } from '@holdfast/bus';
import { operations, type OperationRecord } from '@holdfast/contracts';
import { Projection } from '@holdfast/runtime';
import { beforeEach, expect, test, vi } from 'vitest';
import { hasBegun } from './operations.js';

const record: OperationRecord = {
  id: 'op1',
  incarnation: 'inc1',
  kind: 'create',
  vm: 'web1',
  state: 'done',
  reason: '',
  startedAtMs: 1,
  endedAtMs: 2,
};

let bus: Bus;
/** That of a replica that has slept since before: nothing of it has arrived here. */
let old: Projection<OperationRecord>;

beforeEach(async () => {
  bus = new MemoryBroker().connect({ service: 'scheduler', node: 'control1' });
  old = new Projection(bus, operations);
  await bus.bucket(operations).create('op1', record);
});

test('an operation that others have carried out meanwhile has begun, though this copy does not know it', async () => {
  expect(await hasBegun(bus, old, 'op1')).toBe(true);
  expect(await hasBegun(bus, old, 'op2')).toBe(false);
});

test('a known one needs no answer of the bus, any other waits for it', async () => {
  const known = new Projection(bus, operations);
  await known.start();
  const handle = bus.bucket(operations);
  vi.spyOn(bus, 'bucket').mockReturnValue(handle as ReturnType<Bus['bucket']>);
  vi.spyOn(handle, 'get').mockRejectedValue(new BusError('timeout', 'no answer'));
  expect(await hasBegun(bus, known, 'op1')).toBe(true);
  expect(await hasBegun(bus, old, 'op1')).toBeNull();
  await known.close();
});

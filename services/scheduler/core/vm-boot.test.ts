import type { BootOrder, VmRecord } from '@holdfast/contracts';
import { expect, test } from 'vitest';
import { guestSpecOf } from './guest-spec.js';
import { admitBoot, operationAfter } from './index.js';
import { env, vmRecord } from './testing/records.js';

const boot = (order: BootOrder | null, vm = vmRecord()): VmRecord | null | undefined =>
  admitBoot(vm, { operation: 'op1', vm: 'web1', order }, env).change;

test('the order of boot counts from the next start on, and is forgotten by null', () => {
  const running = vmRecord({ assignment: { host: 'h1', hostEpoch: 1, generation: 3 } });
  const set = boot(['cdrom', 'disk'], running) as VmRecord;
  expect(guestSpecOf(set)).toMatchObject({ boot: ['cdrom', 'disk'] });
  const told = set.transitions.at(-1);
  expect(told?.text).toBe('it boots from cdrom, then disk from its next start on');
  expect(told && operationAfter(null, set, told)).toMatchObject({ id: 'op1', kind: 'boot', state: 'done' });
  const unset = boot(null, vmRecord({ ...set, transitions: [] })) as VmRecord;
  expect(guestSpecOf(unset)).not.toHaveProperty('boot');
});

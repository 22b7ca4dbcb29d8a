import type { VmRecord } from '@holdfast/contracts';
import { expect, test } from 'vitest';
import { admitCdrom, operationAfter } from './index.js';
import { env, vmRecord } from './testing/records.js';

const put = (iso: string | null, vm: VmRecord | null = vmRecord()): ReturnType<typeof admitCdrom> =>
  admitCdrom(vm, { operation: 'op1', vm: 'web1', iso }, env);

test('a CD-ROM is put in and taken out while the VM does whatever it does, and counts from its next start on', () => {
  const busy = vmRecord({
    operation: { id: 'op0', kind: 'migrate' },
    assignment: { host: 'h1', hostEpoch: 1, generation: 3 },
  });
  const change = put('debian.iso', busy).change as VmRecord;
  const { generation } = busy;
  expect(change).toMatchObject({ spec: { cdrom: 'debian.iso' }, operation: { id: 'op0' }, generation });
  const told = change.transitions.at(-1);
  expect(told?.text).toBe('debian.iso is in its CD-ROM drive from its next start on');
  expect(told && operationAfter(null, change, told)).toMatchObject({ id: 'op1', kind: 'cdrom', state: 'done' });
  expect(put(null, vmRecord({ assignment: null })).change?.transitions.at(-1)?.text).toBe('its CD-ROM drive is empty');
});

test('a CD-ROM of a VM that is not there, or is being deleted, is refused', () => {
  expect(put('a.iso', null).reply).toMatchObject({ refusal: { code: 'not-found' } });
  expect(put('a.iso', vmRecord({ desired: 'deleted' })).reply).toMatchObject({ refusal: { code: 'conflict' } });
});

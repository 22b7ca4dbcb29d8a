import type { VmRecord } from '@holdfast/contracts';
import { deriveMacAddress } from '@holdfast/kernel';
import { expect, test } from 'vitest';
import { guestSpecOf } from './guest-spec.js';
import { admitNicAdd, admitNicRemove, operationAfter } from './index.js';
import { needsOf } from './placement/needs.js';
import { sharesOf } from './placement/shares.js';
import { clusterOf, env, vmRecord } from './testing/records.js';

const cluster = clusterOf();
const add = (vm: VmRecord, network: string): ReturnType<typeof admitNicAdd> =>
  admitNicAdd(vm, { operation: `add ${network}`, vm: vm.name, network }, cluster, env);
const remove = (vm: VmRecord, nic: number): ReturnType<typeof admitNicRemove> =>
  admitNicRemove(vm, { operation: `remove ${nic}`, vm: vm.name, nic }, env);
const changed = ({ change }: ReturnType<typeof admitNicAdd>): VmRecord => change as VmRecord;

test('a NIC takes the lowest free number, counts from the next start on, and its networks are asked of hosts', () => {
  const running = vmRecord({ assignment: { host: 'h1', hostEpoch: 1, generation: 3 } });
  const two = changed(add(changed(add(running, 'dmz')), 'lan'));
  expect(guestSpecOf(two)).toMatchObject({
    network: 'guest', nics: [{ nic: 1, network: 'dmz' }, { nic: 2, network: 'lan' }],
  });
  expect(needsOf(two.spec)).toEqual(['network:guest', 'network:dmz', 'network:lan']);
  expect(sharesOf({ ...two.spec, netMbits: 100 }, 64)?.[2]).toBe(300);
  const told = two.transitions.at(-1);
  expect(told?.text).toBe(`it has the NIC 2 (${deriveMacAddress(two.uid, 2)}) on lan from its next start on`);
  expect(told && operationAfter(null, two, told)).toMatchObject({ kind: 'nic-add', state: 'done' });
  const without = changed(remove(changed(remove(two, 1)), 0));
  expect(without.spec).toMatchObject({ network: null, nics: [{ nic: 2, network: 'lan' }] });
  expect(changed(add(without, 'guest')).spec.network).toBe('guest');
});

test('a NIC that is not there cannot be taken, and there are eight at most', () => {
  expect(remove(vmRecord(), 3).reply).toMatchObject({
    refusal: { code: 'not-found', field: 'nic', remedy: 'name one of its NICs: 0 on guest' },
  });
  let vm = vmRecord();
  for (let count = 1; count < 8; count += 1) vm = changed(add({ ...vm, transitions: [] }, `n${count}`));
  expect(add(vm, 'n8').reply).toMatchObject({ refusal: { code: 'conflict' } });
});

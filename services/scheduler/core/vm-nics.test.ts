import type { VmRecord } from '@holdfast/contracts';
import { deriveMacAddress } from '@holdfast/kernel';
import { expect, test } from 'vitest';
import { guestSpecOf } from './guest-spec.js';
import { admitNicAdd, admitNicRemove, operationAfter } from './index.js';
import { needsOf } from './placement/needs.js';
import { sharesOf } from './placement/shares.js';
import { clusterOf, env, vmRecord } from './testing/records.js';

const cluster = clusterOf();
const stopped = vmRecord({ phase: 'stopped', desired: 'stopped', assignment: null });
const add = (vm: VmRecord, network: string): ReturnType<typeof admitNicAdd> =>
  admitNicAdd(vm, { operation: `add ${network}`, vm: vm.name, network, ofCluster: true }, cluster, env);
const remove = (vm: VmRecord, nic: number): ReturnType<typeof admitNicRemove> =>
  admitNicRemove(vm, { operation: `remove ${nic}`, vm: vm.name, nic }, env);
const changed = ({ change }: ReturnType<typeof admitNicAdd>): VmRecord => change as VmRecord;

test('a NIC takes the lowest free number, and its network is asked of hosts', () => {
  const two = changed(add(changed(add(stopped, 'dmz')), 'lan'));
  expect(guestSpecOf(two)).toMatchObject({
    network: 'guest', nics: [{ nic: 1, network: 'dmz' }, { nic: 2, network: 'lan' }],
  });
  expect(needsOf(two.spec)).toEqual(['network:guest', 'network:dmz', 'network:lan']);
  expect(sharesOf({ ...two.spec, netMbits: 100 }, 64)?.[2]).toBe(300);
  const told = two.transitions.at(-1);
  expect(told?.text).toBe(`it has the NIC 2 (${deriveMacAddress(two.uid, 2)}) on lan`);
  expect(told && operationAfter(null, two, told)).toMatchObject({ kind: 'nic-add', state: 'done' });
  const without = changed(remove(changed(remove(two, 1)), 0));
  expect(without.spec).toMatchObject({ network: null, nics: [{ nic: 2, network: 'lan' }] });
  expect(changed(add(without, 'guest')).spec.network).toBe('guest');
});

test('a NIC that is not there cannot be taken, and there are eight at most', () => {
  expect(remove(stopped, 3).reply).toMatchObject({
    refusal: { code: 'not-found', field: 'nic', remedy: 'name one of its NICs: 0 on guest' },
  });
  let vm = stopped;
  for (let count = 1; count < 8; count += 1) vm = changed(add({ ...vm, transitions: [] }, `n${count}`));
  expect(add(vm, 'n8').reply).toMatchObject({ refusal: { code: 'conflict' } });
});

test('a VM that is not stopped keeps its NICs: its copy moves with those that it has', () => {
  const refusal = { code: 'conflict', remedy: 'stop it first (holdfast vm stop web1)' };
  expect(add(vmRecord(), 'dmz')).toMatchObject({ change: null, reply: { refusal } });
  expect(remove(vmRecord(), 0)).toMatchObject({ change: null, reply: { refusal } });
});

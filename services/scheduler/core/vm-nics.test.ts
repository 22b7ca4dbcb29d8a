import { refused, type VmRecord } from '@holdfast/contracts';
import { deriveMacAddress } from '@holdfast/kernel';
import { describe, expect, test } from 'vitest';
import { guestSpecOf } from './guest-spec.js';
import { admitNicAdd, admitNicRemove, nicPlugOrder, operationAfter, stepVm } from './index.js';
import { needsOf } from './placement/needs.js';
import { sharesOf } from './placement/shares.js';
import { clusterOf, copy, env, hostRecord, observed, viewOf, vmRecord, type Facts } from './testing/records.js';

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

describe('a VM that runs', () => {
  const live = vmRecord();
  const hosts = [hostRecord('h1'), hostRecord('h2')];
  const asked = changed(add(live, 'lan'));
  const seen = (patch: Parameters<typeof copy>[2] = {}): Partial<Facts> =>
    ({ hosts, observed: [observed('h1', { web1: copy(1, 'running', patch) })] });
  const told = (result: 'done' | 'failed', id: string, reason = '') => seen({ plug: { id, result, reason } });
  const stepped = (...args: Parameters<typeof viewOf>) => stepVm(viewOf(...args));

  test('is given another NIC by its host, and its operation ends when that has seen it', () => {
    const nicChange = { nic: 1, to: 'there', plug: 'add lan' };
    expect(asked).toMatchObject({ operation: { kind: 'nic-add' }, nicChange });
    expect(nicPlugOrder(asked)).toEqual({
      plug: 'add lan', change: { to: 'nic-there', network: 'lan', macAddress: deriveMacAddress(asked.uid, 1) },
    });
    expect(stepped(asked, seen()).effects).toMatchObject([{ kind: 'plug', host: 'h1' }]);
    const { state } = stepped(asked, told('done', 'add lan'));
    expect(state.nicChange).toBeUndefined();
    expect(state).toMatchObject({ operation: null, spec: { nics: [{ nic: 1, network: 'lan' }] } });
    expect(state.transitions.at(-1)).toMatchObject({ event: 'vm.nic-added', data: { operationState: 'done' } });
  });

  test('has it not when its host fails, or is an agent of before', () => {
    const ends = [
      stepped(asked, told('failed', 'add lan', 'no more slots')),
      stepped(asked, seen(), { 'plug/add lan': refused('invalid', 'change: unknown') }),
    ];
    for (const { state } of ends) {
      expect(state.spec.nics).toBeUndefined();
      expect(state).toMatchObject({ operation: null, spec: { network: 'guest' } });
      expect(state.transitions.at(-1)).toMatchObject({ event: 'vm.nic-failed', data: { operationState: 'failed' } });
    }
  });

  test('gives a NIC back, and keeps it when its guest does not let go', () => {
    const vm = changed(remove(live, 0));
    expect(vm.spec.network).toBe('guest');
    expect(nicPlugOrder(vm)?.change).toEqual({ to: 'nic-gone', macAddress: deriveMacAddress(vm.uid) });
    expect(stepped(vm, told('done', 'remove 0')).state).toMatchObject({ operation: null, spec: { network: null } });
    const kept = stepped(vm, told('failed', 'remove 0', 'it did not let go')).state;
    expect(kept).toMatchObject({ operation: null, spec: { network: 'guest' } });
    expect(kept.nicChange).toBeUndefined();
  });

  test('changes no NIC while it is paused, busy or starting, nor on a host that does not reach the network', () => {
    expect(add({ ...live, pausedGeneration: 1 }, 'lan').reply).toMatchObject({
      refusal: { code: 'conflict', remedy: 'let it go on first (holdfast vm resume web1)' },
    });
    expect(add({ ...live, phase: 'starting' }, 'lan').reply).toMatchObject({ refusal: { code: 'conflict' } });
    expect(add(asked, 'dmz').reply).toMatchObject({ refusal: { code: 'conflict' } });
    const report = observed('h1', { web1: copy(1, 'running') });
    const far = { ...report, capacity: { ...report.capacity, networks: { guest: 'up' } as const } };
    const request = { operation: 'op1', vm: 'web1', network: 'lan', ofCluster: true };
    expect(admitNicAdd(live, request, clusterOf({ observed: [far, observed('h2')] }), env).reply).toMatchObject({
      refusal: { code: 'conflict', field: 'network' },
    });
  });
});

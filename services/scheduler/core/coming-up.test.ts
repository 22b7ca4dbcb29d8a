import { vmSpecSchema, type HostRecord, type VmRecord } from '@holdfast/contracts';
import { describe, expect, test } from 'vitest';
import { ComingUp } from './index.js';
import { hostRecord, vmRecord } from './testing/records.js';

const onH1 = { host: 'h1', hostEpoch: 2, generation: 1 };

function kept(records: VmRecord[]) {
  const hosts = new Map<string, HostRecord>([['h1', hostRecord('h1')]]);
  const vms = new Map<string, VmRecord>();
  const feed = new ComingUp({ host: (name) => hosts.get(name) ?? null, vm: (name) => vms.get(name) ?? null });
  const put = (vm: VmRecord): void => {
    vms.set(vm.name, vm);
    feed.vmChanged(vm.name);
  };
  const remove = (vm: string): void => {
    vms.delete(vm);
    feed.vmChanged(vm);
  };
  const setHost = (host: HostRecord): void => {
    hosts.set(host.host, host);
    feed.hostChanged(host.host);
  };
  feed.hostChanged('h1');
  records.forEach(put);
  const names = (vms: readonly VmRecord[] = feed.current()): string[] => vms.map(({ name }) => name);
  return { put, remove, setHost, names, current: () => feed.current(), above: (least: number) => feed.above(least) };
}

const vmOf = (name: string, phase: VmRecord['phase']): VmRecord => vmRecord({ name, phase, assignment: onH1 });

describe('those that are coming up', () => {
  test('are those that start or recover, in the order in which they became known', () => {
    const { put, remove, names } = kept([
      vmOf('c', 'running'), vmOf('b', 'starting'), vmOf('d', 'attaching'), vmOf('a', 'waiting'),
    ]);
    expect(names()).toEqual(['b', 'd']);
    put(vmOf('c', 'recovering'));
    expect(names()).toEqual(['c', 'b', 'd']);
    put(vmOf('b', 'running'));
    remove('d');
    expect(names()).toEqual(['c']);
    put(vmOf('d', 'starting'));
    put(vmOf('a', 'starting'));
    expect(names()).toEqual(['c', 'a', 'd']);
  });

  test('are also those that run where their host was lost, until they have another', () => {
    const { put, setHost, names } = kept([vmOf('a', 'running'), vmOf('b', 'migrating'), vmOf('c', 'stopped')]);
    expect(names()).toEqual([]);
    setHost(hostRecord('h1', { epoch: 3 }));
    expect(names().slice(0, 2)).toEqual(['a', 'b']);
    put(vmRecord({ name: 'a', assignment: { ...onH1, hostEpoch: 3 } }));
    expect(names()).not.toContain('a');
  });

  test('are told by priority as well, also when one has changed', () => {
    const ofPriority = (name: string, priority: number): VmRecord =>
      ({ ...vmOf(name, 'starting'), spec: vmSpecSchema.parse({ cpus: 1, memoryMiB: 128, policy: { priority } }) });
    const { put, names, above } = kept([ofPriority('a', 50), ofPriority('b', 90), vmOf('c', 'running')]);
    expect(names(above(50))).toEqual(['b']);
    expect(names(above(49))).toEqual(['a', 'b']);
    put(ofPriority('c', 51));
    expect(names(above(50))).toEqual(['b', 'c']);
  });

  test('are the same array as long as nothing of it has changed', () => {
    const { put, setHost, current } = kept([vmOf('a', 'starting'), vmOf('b', 'running')]);
    const before = current();
    put(vmOf('b', 'stopped'));
    setHost(hostRecord('h1', { health: 'suspect' }));
    expect(current()).toBe(before);
    put({ ...vmOf('a', 'starting'), reason: 'another' });
    expect(current()).not.toBe(before);
  });
});

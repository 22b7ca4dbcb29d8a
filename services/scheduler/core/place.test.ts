import { defaultSettings, type Settings, type VmRecord } from '@holdfast/contracts';
import { describe, expect, test } from 'vitest';
import { place } from './place.js';
import { clusterOf, hostRecord, observed, vmRecord } from './testing/records.js';

const anywhere = { avoid: new Map<string, string>(), wish: null };

describe('placement', () => {
  test('the host with more room left is chosen, the first by name among equals', () => {
    expect(place(clusterOf(), vmRecord(), anywhere).host?.host).toBe('h1');
    const other = vmRecord({ name: 'other' });
    expect(place(clusterOf({ vms: [other] }), vmRecord(), anywhere).host?.host).toBe('h2');
  });

  test('a VM on the move takes room on both of its hosts', () => {
    const spec = { ...vmRecord().spec, memoryMiB: 4000 };
    const to = { host: 'h2', hostEpoch: 2, generation: 2 };
    const moving = vmRecord({ name: 'big', spec, migration: { to, stage: 'moving', startedAtMs: 0 } });
    const placement = place(clusterOf({ vms: [moving] }), vmRecord(), anywhere);
    expect(placement.host).toBeNull();
  });

  test('where nothing fits, every host is named with what is missing', () => {
    const hosts = [
      hostRecord('h1', { health: 'suspect' }),
      hostRecord('h2', { admin: 'maintenance' }),
      hostRecord('h3'),
      hostRecord('h4'),
    ];
    const cluster = clusterOf({
      hosts,
      observed: [observed('h1'), observed('h2'), { ...observed('h4'), hypervisor: 'disconnected' }],
    });
    const placement = place(cluster, vmRecord(), anywhere);
    expect(placement).toMatchObject({
      host: null,
      text:
        'no host can take it: h1 is suspect; h2 is in maintenance; h3 has not reported yet; ' +
        'h4 has no connection to its hypervisor',
    });
  });

  test('too little memory and too few CPUs are told in numbers', () => {
    const large = { ...vmRecord().spec, memoryMiB: 5000 };
    expect(place(clusterOf(), { ...vmRecord(), name: 'a', spec: large }, anywhere)).toMatchObject({
      text: expect.stringContaining('h1 has 4096 MiB free, 5000 are asked for'),
    });
    const wide = { ...vmRecord().spec, cpus: 5 };
    expect(place(clusterOf(), { ...vmRecord(), name: 'a', spec: wide }, anywhere)).toMatchObject({
      text: expect.stringContaining('h1 has 4 CPUs, 5 are asked for'),
    });
  });

  test('a host that does not reach the storage of a disk is left out', () => {
    const cluster = clusterOf({ observed: [observed('h1', {}, { lostPools: { san: 1 } }), observed('h2')] });
    expect(place(cluster, vmRecord(), anywhere).host?.host).toBe('h2');
    expect(place(cluster, vmRecord(), { ...anywhere, wish: 'h1' })).toMatchObject({
      text: 'no host can take it: h1 does not reach the storage of san',
    });
    expect(place(cluster, { ...vmRecord(), volumes: [] }, { ...anywhere, wish: 'h1' }).host?.host).toBe('h1');
  });

  test('storage that no host reaches says nothing of any of them', () => {
    const lostPools = { san: 1 };
    const cluster = clusterOf({ observed: [observed('h1', {}, { lostPools }), observed('h2', {}, { lostPools })] });
    expect(place(cluster, vmRecord(), anywhere)).toMatchObject({ host: { host: 'h1' }, lostPool: 'san' });
  });

  test('a host that is held off is taken only if there is no other', () => {
    const flapping = { returns: [], holdOffCount: 1, heldOffUntilMs: 60_000 };
    const heldOff = hostRecord('h1', { flapping });
    expect(place(clusterOf({ hosts: [heldOff, hostRecord('h2')] }), vmRecord(), anywhere).host?.host).toBe('h2');
    expect(place(clusterOf({ hosts: [heldOff] }), vmRecord(), anywhere).host?.host).toBe('h1');
  });

  test('a wish leaves one candidate only, and an avoided host is no candidate', () => {
    expect(place(clusterOf(), vmRecord(), { ...anywhere, wish: 'h2' }).host?.host).toBe('h2');
    const avoid = new Map([['h2', 'runs it now']]);
    expect(place(clusterOf(), vmRecord(), { avoid, wish: 'h2' })).toMatchObject({
      text: 'no host can take it: h2 runs it now',
    });
  });

  test('packed, and to save power, VMs go to the fullest host that takes them; balanced, to the emptiest', () => {
    const hosts = ['h1', 'h2', 'h3'];
    const sized = (name: string, host: string | null, memoryMiB: number): VmRecord => ({
      ...vmRecord({ name, uid: name }),
      assignment: host === null ? null : { host, hostEpoch: 2, generation: 1 },
      spec: { ...vmRecord().spec, memoryMiB },
    });
    const facts = {
      hosts: hosts.map((name) => hostRecord(name)),
      observed: hosts.map((name) => observed(name)),
      vms: [sized('a', 'h2', 3000), sized('b', 'h3', 2000)],
    };
    const taken = (policy: Settings['policy'], memoryMiB: number): string | undefined =>
      place(clusterOf({ ...facts, settings: { ...defaultSettings, policy } }), sized('c', null, memoryMiB), anywhere)
        .host?.host;
    expect(taken('balanced', 500)).toBe('h1');
    expect(taken('packed', 500)).toBe('h2');
    expect(taken('power-saving', 500)).toBe('h2');
    expect(taken('packed', 1500)).toBe('h3');
    expect(taken('packed', 2500)).toBe('h1');
  });
});

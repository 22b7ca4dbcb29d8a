import { defaultSettings, vmSpecSchema, type HostCapacity, type VmNeeds, type VmRecord } from '@holdfast/contracts';
import { describe, expect, test } from 'vitest';
import { prove } from '../capacity/prove.js';
import { place } from '../place.js';
import { clusterOf, env, hostRecord, observed, ruleRecord, vmRecord } from '../testing/records.js';
import { admitCreate } from '../vm-request.js';
import { snapshotOf } from './feed.js';
import { Snapshot } from './snapshot.js';
import { hostFactsOf } from './facts.js';

const room = { cpus: 4, memoryMiB: 4096 };
const report = (host: string, offers: Partial<HostCapacity>): ReturnType<typeof observed> =>
  observed(host, {}, { capacity: { ...room, ...offers } });
const asking = (name: string, needs: VmNeeds, patch: Partial<VmRecord> = {}): VmRecord =>
  vmRecord({ name, assignment: null, spec: vmSpecSchema.parse({ cpus: 1, memoryMiB: 128, ...needs }), ...patch });
const anywhere = { avoid: new Map<string, string>(), wish: null };
const modern = { cpuModels: 'Nehalem qemu64', cpuFeatures: 'aes sse4.2' };
const old = { cpuModels: 'qemu64', cpuFeatures: '' };

describe('what a VM asks of a host', () => {
  test('is a CPU model and features, and only hosts that offer all of them are taken', () => {
    const cluster = clusterOf({ observed: [report('h1', old), report('h2', modern)] });
    expect(place(cluster, asking('a', { cpuModel: 'Nehalem,+aes' }), anywhere).host?.host).toBe('h2');
    const nowhere = place(cluster, asking('a', { cpuModel: 'Nehalem,+avx' }), anywhere);
    expect(nowhere).toMatchObject({
      host: null,
      text: 'no host can take it: h1 offers no CPU model Nehalem, feature avx; h2 offers no CPU feature avx',
      nearest: 'h1 has to offer the CPU Nehalem,+avx, or the VM has to ask for another',
    });
  });

  test('is not relied on where the host does not say', () => {
    const cluster = clusterOf({ observed: [report('h1', {}), report('h2', {})] });
    expect(place(cluster, asking('a', { cpuModel: 'qemu64' }), anywhere)).toMatchObject({
      text: expect.stringContaining('h1 does not say which CPUs it offers') as string,
    });
    expect(place(cluster, asking('a', {}), anywhere).host?.host).toBe('h1');
  });

  test('is a guest network: a host that has lost it is refused, until it is back', () => {
    const cluster = clusterOf({
      observed: [report('h1', { networks: { guest: 'up', dmz: 'down' } }), report('h2', { networks: { guest: 'up' } })],
    });
    expect(place(cluster, asking('a', { network: 'dmz' }), anywhere)).toMatchObject({
      host: null,
      text: 'no host can take it: h1 has lost the network dmz; h2 is not on the network dmz',
      nearest: 'h1 has to reach the network dmz again',
    });
    const back = clusterOf({ observed: [report('h1', { networks: { dmz: 'up' } }), report('h2', {})] });
    expect(place(back, asking('a', { network: 'dmz' }), { ...anywhere, wish: 'h1' }).host?.host).toBe('h1');
  });

  test('is one NUMA node that is large enough, if it must be one', () => {
    const numaNodes = [{ cpus: 2, memoryMiB: 2048 }, { cpus: 2, memoryMiB: 2048 }];
    const cluster = clusterOf({ observed: [report('h1', {}), report('h2', { numaNodes })] });
    const sized = (cpus: number, memoryMiB: number): ReturnType<typeof place> =>
      place(cluster, asking('a', {}, { spec: vmSpecSchema.parse({ cpus, memoryMiB, numa: 'single' }) }), anywhere);
    expect(sized(2, 2048).host?.host).toBe('h2');
    expect(sized(3, 128)).toMatchObject({
      text: expect.stringContaining('h2 has no NUMA node with 3 CPUs and 128 MiB') as string,
    });
    expect(sized(1, 2049).host).toBeNull();
  });

  test('is found again as hosts change what they offer', () => {
    const snapshot = new Snapshot();
    const set = (host: string, offers: Partial<HostCapacity> | null): void => {
      const facts = offers && hostFactsOf(hostRecord(host), report(host, offers), false, defaultSettings);
      snapshot.setHost(host, facts);
    };
    const without = (): string[] => {
      const [lacking] = snapshot.lackingOf(['cpu-model:Nehalem']);
      return [...(lacking?.hosts ?? [])].map((slot) => snapshot.hosts.nameOf(slot));
    };
    set('h1', old);
    set('h2', modern);
    expect(without()).toEqual(['h1']);
    set('h1', modern);
    set('h2', old);
    set('h3', old);
    expect(without()).toEqual(['h2', 'h3']);
    set('h2', null);
    expect(without()).toEqual(['h3']);
  });

  test('counts in a proof of capacity: who has no other such host does not return', () => {
    const at = { assignment: { host: 'h1', hostEpoch: 2, generation: 1 } };
    const facts = { observed: [report('h1', modern), report('h2', old)] };
    const survives = (needs: VmNeeds): boolean => {
      const snapshot = snapshotOf(clusterOf({ ...facts, vms: [asking('a', needs, at)] }));
      return prove(snapshot, [snapshot.hosts.slot('h1') ?? -1]).witness !== null;
    };
    expect([survives({}), survives({ cpuModel: 'qemu64' }), survives({ cpuModel: 'Nehalem' })])
      .toEqual([true, true, false]);
  });

  test('of VMs that run together is asked of the one host for all of them', () => {
    const vms = [asking('a', {}), asking('b', { cpuModel: 'Nehalem' })];
    const rules = [ruleRecord('r1', { kind: 'vm-affinity', vms: ['a', 'b'], together: true })];
    const cluster = clusterOf({ observed: [report('h1', old), report('h2', modern)], vms, rules });
    expect(vms.map((vm) => place(cluster, vm, anywhere).host?.host)).toEqual(['h2', 'h2']);
  });
});

describe('a new VM', () => {
  const created = (needs: VmNeeds, offers: Partial<HostCapacity>[]): ReturnType<typeof admitCreate> => {
    const spec = vmSpecSchema.parse({ cpus: 1, memoryMiB: 128, disks: [], ...needs });
    const cluster = clusterOf({ observed: offers.map((each, i) => report(`h${i + 1}`, each)) });
    const request = { operation: 'op', vm: 'a', spec, ofCluster: true, start: true, host: null };
    return admitCreate(null, request, cluster, env);
  };

  test('is refused when no host may ever have what it asks for, naming the field', () => {
    expect(created({ cpuModel: 'EPYC' }, [old, modern]).reply).toMatchObject({
      refusal: { code: 'no-capacity', field: 'cpuModel', message: 'no host offers the CPU EPYC' },
    });
    const networks = { guest: 'up', lan: 'down' } as const;
    expect(created({ network: 'dmz' }, [{ networks }, { networks }]).reply).toMatchObject({
      refusal: { field: 'network', remedy: expect.stringContaining('holdfast network list') as string },
    });
    expect(created({ network: 'lan' }, [{ networks }, { networks }]).reply).toMatchObject({ ok: true });
  });

  test('is warned of when one host alone has it: it can go nowhere from there', () => {
    const { reply } = created({ cpuModel: 'Nehalem' }, [old, modern]);
    expect(reply).toMatchObject({ ok: true, value: { warning: expect.stringContaining('only h2 has') as string } });
    expect(created({ cpuModel: 'Nehalem' }, [modern, modern]).reply).not.toHaveProperty('value.warning');
  });
});

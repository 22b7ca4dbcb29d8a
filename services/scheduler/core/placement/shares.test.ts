import { vmSpecSchema, type HostCapacity, type VmNeeds, type VmRecord } from '@holdfast/contracts';
import { describe, expect, test } from 'vitest';
import { anyOneHost } from '../capacity/losses.js';
import { CapacityBook } from '../capacity/book.js';
import { prove } from '../capacity/prove.js';
import { place } from '../place.js';
import { clusterOf, env, observed, vmRecord } from '../testing/records.js';
import { admitCreate } from '../vm-request.js';
import { snapshotOf } from './feed.js';

const report = (host: string, has: Partial<HostCapacity>): ReturnType<typeof observed> =>
  observed(host, {}, { capacity: { cpus: 4, memoryMiB: 4096, ...has } });
const asking = (name: string, needs: VmNeeds, at: string | null = null, memoryMiB = 512): VmRecord =>
  vmRecord({
    name,
    uid: name,
    assignment: at === null ? null : { host: at, hostEpoch: 2, generation: 1 },
    spec: vmSpecSchema.parse({ cpus: 1, memoryMiB, ...needs }),
  });
const anywhere = { avoid: new Map<string, string>(), wish: null };
const pages = { hugePagesMiB: { '2M': 1024 } };

describe('huge pages', () => {
  test('are apart from other memory, both ways', () => {
    const observed = [report('h1', pages), report('h2', {})];
    const big = asking('big', { hugePages: '2M' }, 'h1', 1024);
    const cluster = clusterOf({ observed, vms: [big] });
    expect(place(cluster, asking('a', {}, null, 3072), { ...anywhere, wish: 'h1' }).host?.host).toBe('h1');
    expect(place(cluster, asking('a', {}, null, 3073), { ...anywhere, wish: 'h1' })).toMatchObject({
      text: 'no host can take it: h1 has 3072 MiB free, 3073 are asked for',
    });
    expect(place(cluster, asking('b', { hugePages: '2M' }), anywhere)).toMatchObject({
      text: 'no host can take it: h1 has 0 MiB of huge pages of 2M left, 512 are asked for; ' +
        'h2 has 0 MiB of huge pages of 2M left, 512 are asked for',
      nearest: 'free, or reserve, 512 MiB of huge pages of 2M on h1',
    });
  });

  test('are of the size that was asked for', () => {
    const cluster = clusterOf({ observed: [report('h1', pages), report('h2', { hugePagesMiB: { '1G': 2048 } })] });
    expect(place(cluster, asking('a', { hugePages: '1G' }, null, 1025), anywhere).host?.host).toBe('h2');
    expect(place(cluster, asking('a', { hugePages: '1G' }, null, 2049), anywhere).host).toBeNull();
  });
});

describe('shares of bandwidth', () => {
  const wide = { netMbits: 1000, diskMBs: 200 };

  test('are given out up to what the host has, and never beyond', () => {
    const vms = [asking('a', { netMbits: 600 }, 'h1')];
    const cluster = clusterOf({ observed: [report('h1', wide), report('h2', {})], vms });
    expect(place(cluster, asking('b', { netMbits: 400, diskMBs: 200 }), anywhere).host?.host).toBe('h1');
    expect(place(cluster, asking('b', { netMbits: 401 }), anywhere).host).toBeNull();
    expect(place(cluster, asking('b', { diskMBs: 201 }), anywhere).host).toBeNull();
  });

  test('count in proofs of capacity, for each VM that comes back', () => {
    const survives = (netMbits: number): boolean => {
      const vms = [asking('a', { netMbits }, 'h1'), asking('b', { netMbits }, 'h1')];
      const snapshot = snapshotOf(clusterOf({ observed: [report('h1', wide), report('h2', wide)], vms }));
      return prove(snapshot, [snapshot.hosts.slot('h1') ?? -1]).witness !== null;
    };
    expect([survives(500), survives(501)]).toEqual([true, false]);
  });

  test('that are taken elsewhere overturn a proof that counted on them', () => {
    const vms = [asking('a', { netMbits: 800 }, 'h1')];
    const snapshot = snapshotOf(clusterOf({ observed: [report('h1', wide), report('h2', wide)], vms }));
    const book = new CapacityBook(snapshot, anyOneHost);
    const failing = (): string[] =>
      book.failing().flatMap(({ hosts }) => hosts.map((slot) => snapshot.hosts.nameOf(slot)));
    expect(failing()).toEqual([]);
    const facts = { cpus: 1, memoryMiB: 64, at: 'h2', to: null, isWanted: true, isProtected: false };
    const rest = { priority: 50, failback: true, chosen: null, isAbandoning: false };
    snapshot.setVm('b', { name: 'b', ...facts, ...rest, shares: [0, 0, 300, 0] });
    expect(failing()).toEqual(['h1']);
  });

  test('that no host has at all are refused when the VM is made', () => {
    const spec = vmSpecSchema.parse({ cpus: 1, memoryMiB: 128, disks: [], netMbits: 1001 });
    const cluster = clusterOf({ observed: [report('h1', wide), report('h2', {})] });
    const { reply } = admitCreate(null, { operation: 'op', vm: 'a', spec, start: true, host: null }, cluster, env);
    expect(reply).toMatchObject({
      refusal: { code: 'no-capacity', field: 'netMbits', remedy: 'ask for at most 1000, or give a host more' },
    });
  });
});

import { cpuPartsOf, defaultSettings, type Explanation, type HostCapacity, type Settings } from '@holdfast/contracts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hostsHolding } from './holding.js';
import { explainPlacement, place } from './place.js';
import { anyCluster, anyVm } from './testing/random-cluster.js';
import { clusterOf, drainRecord, hostRecord, observed, ruleRecord, vmRecord, type Facts } from './testing/records.js';

const every = { cpus: null, memoryMiB: null, after: null, limit: 500 };

function explained(facts: Partial<Facts>, request: Partial<Parameters<typeof explainPlacement>[1]>): Explanation {
  const reply = explainPlacement(clusterOf(facts), { ...every, ...request });
  if (!reply.ok) throw new Error(reply.refusal.message);
  return reply.value;
}

type Some = Pick<Facts, 'hosts' | 'observed' | 'vms' | 'rules' | 'drains' | 'settings'>;

/** The facts after everything was changed that this explanation names for one host. */
function applied(facts: Some, { host, refusals }: Explanation['hosts'][number]): Some {
  const next = structuredClone(facts);
  const report = (patch: (capacity: HostCapacity) => void): void => {
    next.observed.filter((each) => each.host === host).forEach(({ capacity }) => patch(capacity));
  };
  for (const { change } of refusals) {
    const { kind, amount = 0, names = [] } = change;
    if (kind === 'open') {
      const patch = { health: 'online' as const, admin: 'active' as const };
      next.hosts = next.hosts.map((each) => (each.host === host ? { ...each, ...patch } : each));
      next.observed = next.observed.map((each) => (each.host === host ? { ...each, leaving: false } : each));
      next.drains = next.drains.filter((drain) => drain.host !== host);
    } else if (kind === 'storage') {
      next.observed = next.observed.map((each) => (each.host === host ? { ...each, lostPools: {} } : each));
    } else if (kind === 'network') {
      report((capacity) => (capacity.networks = Object.fromEntries(names.map((name) => [name, 'up']))));
    } else if (kind === 'cpuModel') {
      const { model, features } = cpuPartsOf(names[0] ?? '');
      report((capacity) => {
        capacity.cpuModels = model;
        capacity.cpuFeatures = features.join(' ');
      });
    } else if (kind === 'numa') {
      const [cpus = 0, memoryMiB = 0] = (names[0] ?? '').split('x').map(Number);
      report((capacity) => (capacity.numaNodes = [{ cpus, memoryMiB }]));
    } else if (kind === 'share') {
      report((capacity) => {
        if (names[0] === 'net-bandwidth') capacity.netMbits = (capacity.netMbits ?? 0) + amount;
        else if (names[0] === 'disk-bandwidth') capacity.diskMBs = (capacity.diskMBs ?? 0) + amount;
        else {
          const size = names[0] === 'huge-pages-2M' ? '2M' : '1G';
          capacity.hugePagesMiB = { ...capacity.hugePagesMiB, [size]: (capacity.hugePagesMiB?.[size] ?? 0) + amount };
          capacity.memoryMiB += amount;
        }
      });
    } else if (kind === 'memory') report((capacity) => (capacity.memoryMiB += amount));
    else if (kind === 'vcpus') {
      // As if a VM of so many vCPUs had left.
      const there = next.vms.filter((vm) => vm.name !== 'v1' && hostsHolding(vm).includes(host));
      let left = amount;
      for (const vm of there) {
        const less = Math.min(left, vm.spec.cpus);
        vm.spec.cpus -= less;
        left -= less;
      }
    } else if (kind === 'cpus') report((capacity) => (capacity.cpus = Math.max(capacity.cpus, amount)));
    else if (kind === 'apart') {
      next.vms = next.vms.map((vm) => (names.includes(vm.name) ? { ...vm, assignment: null, migration: null } : vm));
    } else if (kind === 'spread') {
      next.vms = next.vms.map((vm) => (names.includes(vm.name) ? { ...vm, assignment: null, migration: null } : vm));
      next.hosts = next.hosts.map((each) =>
        each.host === host && each.labels['rack'] === undefined ? { ...each, labels: { rack: 'r9' } } : each,
      );
    } else if (kind === 'exclusive') {
      for (const { id, spec } of next.rules) if (names.includes(id)) spec.vms.push('v1');
    } else if (kind === 'rules') {
      for (const { id, spec } of next.rules) {
        if (names.includes(id) && spec.kind === 'host-affinity') spec.hosts[host] = 0;
      }
    } else if (kind === 'labels') {
      const labels = Object.fromEntries(names.map((label) => label.split('=')));
      next.hosts = next.hosts.map((each) =>
        each.host === host ? { ...each, labels: { ...each.labels, ...labels } } : each,
      );
    } else throw new Error(`nothing here is refused for ${kind}`);
  }
  return next;
}

describe('an explanation', () => {
  test('is true: what it names for a host makes the VM fit there', () => {
    fc.assert(
      fc.property(anyCluster, anyVm('v1'), (facts, vm) => {
        const all = { ...facts, vms: [...facts.vms.filter(({ name }) => name !== 'v1'), vm] };
        for (const each of explained(all, { vm: 'v1' }).hosts) {
          const after = clusterOf(applied(all, each));
          const record = after.vm('v1') ?? vm;
          expect(place(after, record, { avoid: new Map(), wish: each.host }).host?.host).toBe(each.host);
        }
      }),
      { numRuns: 1000 },
    );
  });

  test('agrees with the placement about which host, and whether any', () => {
    fc.assert(
      fc.property(anyCluster, anyVm('v1'), (facts, vm) => {
        const all = { ...facts, vms: [...facts.vms.filter(({ name }) => name !== 'v1'), vm] };
        const { host, hosts, fittingCount, nearest } = explained(all, { vm: 'v1' });
        expect(host).toBe(place(clusterOf(all), vm, { avoid: new Map(), wish: null }).host?.host ?? null);
        expect(hosts.filter(({ score }) => score !== null)).toHaveLength(fittingCount);
        expect(host === null).toBe(fittingCount === 0);
        expect(nearest === null).toBe(host !== null || hosts.length === 0);
      }),
    );
  });

  test('names every filter that refuses a host, and what each would need', () => {
    const facts = {
      hosts: [hostRecord('h1', { health: 'suspect' }), hostRecord('h2')],
      observed: [observed('h1', {}, { capacity: { cpus: 1, memoryMiB: 100 } }), observed('h2')],
      vms: [vmRecord({ name: 'a', assignment: null }), vmRecord({ name: 'b' })],
      drains: [drainRecord('h1')],
      rules: [ruleRecord('r1', { kind: 'vm-affinity', vms: ['a', 'b'], together: false })],
    };
    const { hosts, host, fittingCount, hostCount } = explained(facts, { vm: 'a', cpus: 2 });
    expect({ host, fittingCount, hostCount }).toEqual({ host: 'h2', fittingCount: 1, hostCount: 2 });
    expect(hosts[0]).toMatchObject({ host: 'h1', isHolding: false, score: null });
    expect(hosts[0]?.refusals.map(({ filter, change }) => [filter, change.text])).toEqual([
      ['vm-rules', 'move b away'],
      ['available', 'h1 has to be online, put h1 back to work (holdfast host maintenance h1 --off)'],
      ['cpus', 'ask for at most 1 CPUs, or give h1 2'],
      ['memory', 'free 156 MiB of memory on h1'],
    ]);
    expect(hosts[1]?.score).toEqual({
      total: 0.875, memoryLeft: 1 - 128 / 4096, vcpusLeft: 0.875, weight: 0, isHeldOff: false,
      parts: { hostRules: 0, vmRules: 0, home: 0, room: 0 },
    });
  });

  test('tells the score by part, as the settings weigh them', () => {
    const rules = [
      ruleRecord('r1', { kind: 'host-affinity', vms: ['a'], hosts: { h1: 2 }, strict: false }),
      ruleRecord('r2', { kind: 'label-affinity', vms: ['a'], labels: { gpu: 'a100' }, strict: false }),
      ruleRecord('r3', { kind: 'vm-affinity', vms: ['a', 'b'], together: true, strict: false }),
    ];
    const hosts = [hostRecord('h1', { labels: { gpu: 'a100' } }), hostRecord('h2')];
    const vms = [vmRecord({ name: 'a', assignment: null, home: 'h1' }), vmRecord({ name: 'b' })];
    const told = (policy: Settings['policy'], weights: Settings['weights']): Explanation =>
      explained({ hosts, vms, rules, settings: { ...defaultSettings, policy, weights } }, { vm: 'a' });
    const { weights } = defaultSettings;
    expect(told('balanced', weights).hosts[0]?.score).toMatchObject({
      weight: 5.5, parts: { hostRules: 4, vmRules: 1, home: 0.5, room: 0 },
    });
    const packed = told('packed', { hostRules: 2, vmRules: 3, home: 0, room: 8 });
    expect(packed.policy).toBe('packed');
    const total = packed.hosts[0]?.score?.total ?? 0;
    expect(total).toBe(1 - Math.min(1 - 256 / 4096, 0.875));
    expect(packed.hosts[0]?.score).toMatchObject({
      weight: 8 + 3 + 8 * total, parts: { hostRules: 8, vmRules: 3, home: 0, room: 8 * total },
    });
  });

  test('of a VM that runs counts the room that it has, and says where that is', () => {
    const spec = { ...vmRecord().spec, memoryMiB: 4096 };
    const { hosts, fittingCount } = explained({ vms: [vmRecord({ spec })] }, { vm: 'web1' });
    expect(fittingCount).toBe(2);
    expect(hosts.map(({ host, isHolding }) => [host, isHolding])).toEqual([['h1', true], ['h2', false]]);
  });

  test('of a VM that failed to start on a host says so', () => {
    const failures = { starts: 0, hosts: ['h1'] };
    const { hosts } = explained({ vms: [vmRecord({ assignment: null, failures })] }, { vm: 'web1' });
    expect(hosts[0]?.refusals).toMatchObject([{ filter: 'avoid', text: 'failed to start it' }]);
  });

  test('comes in pages', () => {
    const first = explained({}, { cpus: 1, memoryMiB: 1, limit: 1 });
    expect(first).toMatchObject({ next: 'h1', hostCount: 2, hosts: [{ host: 'h1' }] });
    expect(explained({}, { cpus: 1, memoryMiB: 1, limit: 1, after: 'h1' })).toMatchObject({
      next: null, hosts: [{ host: 'h2' }],
    });
  });

  test('is refused for what is not named, and for what does not exist', () => {
    expect(explainPlacement(clusterOf(), { ...every, cpus: 1 })).toMatchObject({
      refusal: { code: 'invalid', field: 'memoryMiB' },
    });
    expect(explainPlacement(clusterOf(), { ...every, vm: 'web9' })).toMatchObject({ refusal: { code: 'not-found' } });
  });
});

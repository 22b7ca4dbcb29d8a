import type { VmRecord } from '@holdfast/contracts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hostsHolding } from './holding.js';
import { place, type Placement } from './place.js';
import { anyCluster, anyVm, hostNames } from './testing/random-cluster.js';
import { clusterOf, type Facts } from './testing/records.js';

type Some = Pick<Facts, 'hosts' | 'observed' | 'vms' | 'rules' | 'drains' | 'settings'>;

/** What the records themselves say against this host, without any snapshot: the rules and the room, spelled out. */
function against(facts: Some, vm: VmRecord, host: string): string[] {
  const record = facts.hosts.find((each) => each.host === host);
  const report = facts.observed.find((each) => each.host === host);
  if (!record || !report) return ['unknown'];
  const others = facts.vms.filter(({ name }) => name !== vm.name);
  const there = others.filter((other) => hostsHolding(other).includes(host));
  const reasons: string[] = [];
  if (record.health !== 'online' || record.admin !== 'active') reasons.push('closed');
  if (report.leaving || facts.drains.some((drain) => drain.host === host)) reasons.push('closed');
  const { cpus, memoryMiB } = report.capacity;
  const sum = (of: (vm: VmRecord) => number): number => [...there, vm].reduce((total, each) => total + of(each), 0);
  const nodes = report.capacity.numaNodes ?? [];
  const isWithin = nodes.some((node) => node.cpus >= vm.spec.cpus && node.memoryMiB >= vm.spec.memoryMiB);
  if (vm.spec.numa && !isWithin) reasons.push('numa');
  const pages = report.capacity.hugePagesMiB ?? {};
  const ordinaryMiB = Math.max(0, memoryMiB - (pages['2M'] ?? 0) - (pages['1G'] ?? 0));
  const inPages = (size: '2M' | '1G'): number =>
    sum(({ spec }) => (spec.hugePages === size ? (size === '1G' ? 1024 : spec.memoryMiB) : 0));
  if (vm.spec.hugePages) {
    if (inPages(vm.spec.hugePages) > (pages[vm.spec.hugePages] ?? 0)) reasons.push('huge pages');
  } else if (sum(({ spec }) => (spec.hugePages ? 0 : spec.memoryMiB)) > ordinaryMiB) reasons.push('memory');
  const { netMbits = 0, diskMBs = 0 } = report.capacity;
  if (vm.spec.netMbits && sum(({ spec }) => spec.netMbits ?? 0) > netMbits) reasons.push('net');
  if (vm.spec.diskMBs && sum(({ spec }) => spec.diskMBs ?? 0) > diskMBs) reasons.push('disk');
  if (sum(({ spec }) => spec.cpus) > cpus * 4 || vm.spec.cpus > cpus) reasons.push('cpus');
  const { networks = { guest: 'up', dmz: 'up' }, cpuModels = '', cpuFeatures = '' } = report.capacity;
  if (vm.spec.network !== null && networks[vm.spec.network] !== 'up') reasons.push('network');
  const [model, feature] = (vm.spec.cpuModel ?? '').split(',+');
  if (model && !cpuModels.split(' ').includes(model)) reasons.push('cpu model');
  if (feature && !cpuFeatures.split(' ').includes(feature)) reasons.push('cpu feature');
  for (const { spec } of facts.rules) {
    if (!spec.vms.includes(vm.name)) {
      if (spec.kind === 'host-affinity' && spec.exclusive && spec.hosts[host] !== undefined) reasons.push('exclusive');
      continue;
    }
    if (spec.kind === 'label-affinity') {
      const has = Object.entries(spec.labels).every(([key, value]) => record.labels[key] === value);
      if (spec.strict && !has) reasons.push('labels');
    } else if (spec.kind === 'vm-affinity') {
      if (spec.strict === false) continue;
      if (spec.over !== undefined) {
        const rackOf = (name: string): string | undefined =>
          facts.hosts.find((each) => each.host === name)?.labels['rack'];
        const racks = others.filter(({ name }) => spec.vms.includes(name)).flatMap(hostsHolding).map(rackOf);
        if (rackOf(host) === undefined || racks.includes(rackOf(host))) reasons.push('spread');
      } else if (there.some(({ name }) => spec.vms.includes(name))) reasons.push('apart');
    } else if (spec.strict && spec.hosts[host] === undefined) reasons.push('strict');
  }
  return reasons;
}

const anywhere = { avoid: new Map<string, string>(), wish: null };
const placed = (facts: Some, vm: VmRecord, wish: string | null = null): Placement =>
  place(clusterOf(facts), vm, { ...anywhere, wish });

describe('placement, whatever the cluster', () => {
  test('breaks no strict rule and no capacity', () => {
    fc.assert(
      fc.property(anyCluster, anyVm('v1'), (facts, vm) => {
        const { host } = placed(facts, vm);
        if (host) expect(against(facts, vm, host.host)).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  test('finds a host whenever there is one', () => {
    fc.assert(
      fc.property(anyCluster, anyVm('v1'), (facts, vm) => {
        const fitting = hostNames.filter((host) => against(facts, vm, host).length === 0);
        const withoutDisk = { ...vm, volumes: [] };
        expect(placed(facts, withoutDisk).host !== null).toBe(fitting.length > 0);
        for (const host of fitting) expect(placed(facts, withoutDisk, host).host?.host).toBe(host);
      }),
      { numRuns: 500 },
    );
  });

  test('takes the best: not held off, then by weight, then by score, then by name', () => {
    fc.assert(
      fc.property(anyCluster, anyVm('v1'), (facts, vm) => {
        const { host } = placed(facts, vm);
        const each = hostNames.flatMap((name) => {
          const alone = placed(facts, vm, name);
          return alone.host ? [alone] : [];
        });
        const rank = (found: (typeof each)[number]): [number, number, number] =>
          [found.host.flapping?.heldOffUntilMs == null ? 1 : 0, found.weight, found.score];
        each.sort((a, b) => {
          const [x, y] = [rank(a), rank(b)];
          const differing = x.findIndex((value, i) => value !== y[i]);
          if (differing >= 0) return (y[differing] ?? 0) - (x[differing] ?? 0);
          return a.host.host < b.host.host ? -1 : 1;
        });
        expect(host?.host).toBe(each[0]?.host.host);
      }),
      { numRuns: 500 },
    );
  });

  test('comes out the same for the same facts, in whatever order they are told', () => {
    fc.assert(
      fc.property(anyCluster, anyVm('v1'), (facts, vm) => {
        const turned = {
          ...facts,
          hosts: [...facts.hosts].reverse(),
          observed: [...facts.observed].reverse(),
          vms: [...facts.vms].reverse(),
        };
        expect(placed(turned, vm)).toEqual(placed(facts, vm));
      }),
    );
  });
});

/** A made-up cluster of any size for the scheduler's benchmarks: the same seed, the same cluster. */
import type { RuleRecord, RuleSpec } from '@holdfast/contracts';
import { randomStream, type RandomStream } from '@holdfast/kernel';
import { Snapshot, type HostFacts, type Seeker, type VmFacts } from '@holdfast/scheduler/core';

export const vmsPerHost = 10;
/** As many VMs as a rule of 2,000 may have to cover 100,000 of them. */
const vmsPerRule = 50;
const hostCpus = 32;
const cpuRatio = 4;
const hostMemoryMiB = 160 * 1024;
/** CPUs and GiB, the small ones more often. Ten of them fill about three quarters of a host. */
const sizes = [
  [1, 2], [1, 2], [2, 4], [2, 4], [2, 8], [4, 8], [4, 16], [4, 16], [8, 32], [8, 32],
] as const;
const pool = 'san';
export const anywhere = { avoid: new Map<string, string>(), wish: null };

export interface BenchCluster {
  snapshot: Snapshot;
  vms: Seeker[];
}

/**
 * `hosts` hosts of equal size and ten VMs for each: all VMs belong to rules that keep 50 apart, one in 20 may run on
 * half of the hosts only, one in 20 prefers some; a host in 100 is down, one in 50 does not reach the storage of half
 * of the VMs, one in 50 is held off. `place` puts each VM, in the order in which they come.
 */
export function benchCluster(hosts: number, place: (cluster: BenchCluster, vm: Seeker) => void): BenchCluster {
  const random = randomStream(`bench place ${hosts}`);
  const snapshot = new Snapshot();
  const names = Array.from({ length: hosts }, (_, i) => `h${i}`);
  for (const [i, name] of names.entries()) snapshot.setHost(name, hostFacts(name, i));
  const vms = Array.from({ length: hosts * vmsPerHost }, (_, i) => seeker(`vm${i}`, random));
  snapshot.setRules(rulesOf(vms, names, random));
  const cluster = { snapshot, vms };
  for (const vm of vms) place(cluster, vm);
  return cluster;
}

interface PlainHost {
  cpus: number;
  /** vCPUs for each CPU. */
  cpuRatio: number;
  memoryMiB: number;
}

/** `h0` and so on, all alike, and well. */
export function addPlainHosts(snapshot: Snapshot, count: number, host: PlainHost): void {
  for (let i = 0; i < count; i += 1) snapshot.setHost(`h${i}`, plainHost(`h${i}`, host));
}

function plainHost(name: string, { cpus, cpuRatio: ratio, memoryMiB }: PlainHost): HostFacts {
  const rest = { isOnline: true, isHeldOff: false, closed: null, keepsGroups: true, labels: {}, lostPools: [] };
  return { name, cpus, vcpus: cpus * ratio, memoryMiB, ...rest };
}

function hostFacts(name: string, i: number): HostFacts {
  const isDown = i % 100 === 7;
  return {
    ...plainHost(name, { cpus: hostCpus, cpuRatio, memoryMiB: hostMemoryMiB }),
    isOnline: !isDown,
    isHeldOff: i % 50 === 3,
    closed: isDown ? { text: 'is fenced', change: { kind: 'open', text: `${name} has to be online` } } : null,
    keepsGroups: !isDown,
    labels: { rack: `r${Math.floor(i / 40)}` },
    lostPools: i % 50 === 11 ? [pool] : [],
  };
}

function seeker(name: string, random: RandomStream): Seeker {
  const [cpus, gib] = sizes[random.integer(sizes.length)] ?? [1, 2];
  return { name, cpus, memoryMiB: gib * 1024, pools: random.integer(2) === 0 ? [pool] : [], home: null };
}

function rulesOf(vms: readonly Seeker[], hosts: readonly string[], random: RandomStream): RuleRecord[] {
  const rules: RuleRecord[] = [];
  const add = (spec: RuleSpec): void => {
    rules.push(ruleOf(`r${rules.length}`, spec));
  };
  const group = Math.min(vmsPerRule, Math.max(2, Math.floor(hosts.length / 2)));
  for (let first = 0; first < vms.length; first += group) {
    const together = vms.slice(first, first + group).map(({ name }) => name);
    if (together.length > 1) add({ kind: 'vm-affinity', vms: together, together: false });
  }
  const some = vms.filter((_, i) => i % 20 === 0).map(({ name }) => name);
  const others = vms.filter((_, i) => i % 20 === 10).map(({ name }) => name);
  for (let first = 0; first < some.length; first += 100) {
    const half = hosts.filter((_, i) => (i + first / 100) % 2 === 0).slice(0, 1000);
    add({ kind: 'host-affinity', vms: some.slice(first, first + 100), hosts: weights(half, 0), strict: true });
  }
  for (let first = 0; first < others.length; first += 100) {
    const preferred = Array.from({ length: 10 }, () => hosts[random.integer(hosts.length)] ?? 'h0');
    add({ kind: 'host-affinity', vms: others.slice(first, first + 100), hosts: weights(preferred, 1), strict: false });
  }
  return rules;
}

export function ruleOf(id: string, spec: RuleSpec): RuleRecord {
  const history = { transitions: [], transitionCount: 0, derivedThrough: 0, incarnation: 'bench', changedAtMs: 0 };
  return { ...history, id, uid: id, spec, state: 'active' };
}

const weights = (hosts: readonly string[], weight: number): Record<string, number> =>
  Object.fromEntries(hosts.map((host) => [host, weight]));

/** A VM as the snapshot holds it once it is placed; `host` null: nowhere. */
export function heldOn(vm: Seeker, host: string | null): VmFacts {
  const { name, cpus, memoryMiB } = vm;
  return {
    name,
    cpus,
    memoryMiB,
    at: host,
    to: null,
    isAbandoning: false,
    isWanted: true,
    isProtected: true,
    priority: 50,
    failback: true,
    chosen: null,
  };
}

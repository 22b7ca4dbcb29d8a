/** A made-up cluster that is used unevenly, as Holdfast and as ganeti-htools read it. */
import { randomStream } from '@holdfast/kernel';
import { placeOn, Snapshot } from '@holdfast/scheduler/core';
import { addPlainHosts, anywhere, heldOn } from './place-cluster.js';

export const vmsPerHost = 20;
const host = { cpus: 32, cpuRatio: 4, memoryMiB: 256 * 1024 };
/** vCPUs and GiB. Twenty of them fill about two thirds of a host. */
const sizes = [[1, 2], [1, 4], [2, 4], [2, 8], [4, 8], [4, 16], [2, 16], [8, 16]] as const;

export interface LoadedVm {
  name: string;
  cpus: number;
  memoryMiB: number;
  /** Number of its host. */
  host: number;
}

/** Hosts as chance fills them, as long as there is room. */
export function unevenCluster(hosts: number): { snapshot: Snapshot; vms: LoadedVm[] } {
  const random = randomStream(`bench rebalance ${hosts}`);
  const snapshot = new Snapshot();
  addPlainHosts(snapshot, hosts, host);
  const vms: LoadedVm[] = [];
  for (let i = 0; i < hosts * vmsPerHost; i += 1) {
    const [cpus, gib] = sizes[random.integer(sizes.length)] ?? [1, 2];
    const vm = { name: `vm${i}`, cpus, memoryMiB: gib * 1024, pools: [], home: null };
    const wish = `h${random.integer(hosts)}`;
    const { host: found } = placeOn(snapshot, vm, { ...anywhere, wish });
    const at = found ?? placeOn(snapshot, vm, anywhere).host;
    if (at === null) throw new Error('the cluster is full');
    snapshot.setVm(vm.name, heldOn(vm, at));
    vms.push({ name: vm.name, cpus, memoryMiB: vm.memoryMiB, host: Number(at.slice(1)) });
  }
  return { snapshot, vms };
}

const diskMiB = 1_000_000;

/** Groups, hosts, VMs, tags and policies of the text format that `hbal -t` reads; disks elsewhere, as ours are. */
export function htoolsText(hosts: number, vms: readonly LoadedVm[]): string {
  const used = new Float64Array(hosts);
  for (const vm of vms) used[vm.host] = (used[vm.host] ?? 0) + vm.memoryMiB;
  const total = host.memoryMiB;
  const nodes = Array.from(used, (memory, i) => {
    const room = `${total}|0|${total - memory}|${diskMiB}|${diskMiB}|${host.cpus}`;
    return `h${i}|${room}|${i === 0 ? 'M' : 'N'}|group|1||N|0|1|1.0`;
  });
  const instances = vms.map((vm) =>
    `${vm.name}|${vm.memoryMiB}|1024|${vm.cpus}|running|Y|h${vm.host}||ext||1|1|N`);
  const bounds = '1,1,1,1,1,1|1,1,1024,1,1,1;1000000,1000,1048576,16,8,12';
  const policy = `|${bounds}|ext|${host.cpuRatio}.0|1000.0`;
  const policies = [policy, `default${policy}`];
  const parts = [['default|group|preferred||'], nodes, instances, [], policies];
  return `${parts.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

/** Standard deviations of the shares of memory and of CPUs that VMs have reserved, added up: what `hbal` lowers. */
export function unevennessOf(hosts: number, vms: readonly LoadedVm[], moved: ReadonlyMap<string, number>): number {
  const memory = new Float64Array(hosts);
  const cpus = new Float64Array(hosts);
  for (const vm of vms) {
    const at = moved.get(vm.name) ?? vm.host;
    memory[at] = (memory[at] ?? 0) + vm.memoryMiB / host.memoryMiB;
    cpus[at] = (cpus[at] ?? 0) + vm.cpus / host.cpus;
  }
  return deviation(memory) + deviation(cpus);
}

function deviation(values: Float64Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
}

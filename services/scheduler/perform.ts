import type { Bus, Entry } from '@holdfast/bus';
import {
  agentMigrate,
  agentPause,
  agentPlug,
  agentReboot,
  agentReceive,
  agentResize,
  agentResume,
  agentStart,
  agentStop,
  agentWatch,
  accepted,
  attach,
  detach,
  refused,
  volumeCreate,
  volumeDelete,
  volumeName,
  vms,
  type Reply,
  type Stamp,
  type VmRecord,
} from '@holdfast/contracts';
import { unreachable } from '@holdfast/kernel';
import {
  accessTo, guestDisks, guestSpecOf, memoryFor, nicPlugOrder, overcommitOn, plugOrder, renamedRecord, watchOf,
  type Cluster, type VmEffect,
} from './core/index.js';

const agentTimeoutMs = 3000;
/** Storage answers when the thing is proven, so it may take longer. */
const storageTimeoutMs = 6000;

/** Turns one effect of the lifecycle into one request. */
export async function performVmEffect(
  effect: VmEffect,
  entry: Entry<VmRecord>,
  cluster: Cluster,
  bus: Bus,
  incarnation: string,
): Promise<Reply<unknown>> {
  switch (effect.kind) {
    case 'create-volume':
    case 'delete-volume':
    case 'name-volume':
    case 'attach':
    case 'detach':
      return await askStorage(effect, entry.value, bus, incarnation);
    case 'make-record': {
      const record = renamedRecord(entry.value);
      await bus.bucket(vms).create(record.name, record);
      return accepted({});
    }
    case 'start':
    case 'receive':
    case 'stop':
    case 'reboot':
    case 'migrate':
    case 'pause':
    case 'resume':
    case 'resize':
    case 'plug':
    case 'watch':
      return await askAgent(effect, entry, cluster, bus, incarnation);
    default:
      return unreachable(effect, 'the effect');
  }
}

type StorageEffect = Extract<
  VmEffect,
  { kind: 'create-volume' | 'delete-volume' | 'name-volume' | 'attach' | 'detach' }
>;

async function askStorage(
  effect: StorageEffect,
  vm: VmRecord,
  bus: Bus,
  incarnation: string,
): Promise<Reply<unknown>> {
  const options = { timeoutMs: storageTimeoutMs };
  const about = { incarnation, volume: effect.volume, operation: vm.operation?.id ?? null };
  const { node } = effect;
  if (effect.kind === 'delete-volume') return await bus.request(volumeDelete, node, about, options);
  if (effect.kind === 'name-volume') {
    const { generation } = effect;
    return await bus.request(volumeName, node, { ...about, vm: vm.name, generation }, options);
  }
  if (effect.kind === 'create-volume') {
    const disk = vm.volumes.find(({ volume }) => volume === effect.volume);
    if (!disk) return refused('not-found', `${vm.name} has no volume ${effect.volume}`);
    const { pool, sizeMiB, source } = disk;
    const request = { ...about, pool, sizeMiB, vm: vm.name, image: vm.spec.image, source };
    return await bus.request(volumeCreate, node, request, options);
  }
  const { incident } = vm;
  if (effect.kind === 'detach') {
    const { floor, only } = effect;
    return await bus.request(detach, node, { ...about, floor, only, incident }, options);
  }
  const { generation, host, hostEpoch, mode } = effect;
  const request = { ...about, vm: vm.name, generation, host, hostEpoch, mode, incident };
  return await bus.request(attach, node, request, options);
}

type AgentEffect = Exclude<VmEffect, StorageEffect | { kind: 'make-record' }>;

async function askAgent(
  effect: AgentEffect,
  entry: Entry<VmRecord>,
  cluster: Cluster,
  bus: Bus,
  incarnation: string,
): Promise<Reply<unknown>> {
  const vm = entry.value;
  const { host, hostEpoch, generation } = effect;
  const stamp: Stamp = { incarnation, hostEpoch, generation, revision: entry.revision };
  const about = { stamp, vm: vm.name, uid: vm.uid, operation: vm.operation?.id ?? null };
  const options = { timeoutMs: agentTimeoutMs };
  if (effect.kind === 'stop') {
    const { graceSeconds } = effect;
    return await bus.request(agentStop, host, { ...about, graceSeconds }, options);
  }
  if (effect.kind === 'reboot') {
    const { operation, force } = effect;
    return await bus.request(agentReboot, host, { ...about, operation, force }, options);
  }
  if (effect.kind === 'pause') return await bus.request(agentPause, host, about, options);
  if (effect.kind === 'resume') return await bus.request(agentResume, host, about, options);
  if (effect.kind === 'resize') {
    const { cpus, memoryMiB } = vm.spec;
    const { operation } = effect;
    const request = { ...about, operation, cpus, memoryMiB, ...overcommitOn(cluster, host) };
    return await bus.request(agentResize, host, request, options);
  }
  if (effect.kind === 'plug') {
    const order = nicPlugOrder(vm) ?? plugOrder(vm, generation, cluster);
    if (!order) return refused('unavailable', 'the disk is not open to it');
    return await bus.request(agentPlug, host, { ...about, ...order }, options);
  }
  const watch = watchOf(vm);
  if (effect.kind === 'watch') return await bus.request(agentWatch, host, { ...about, watch }, options);
  const spec = guestSpecOf(vm);
  if (effect.kind === 'migrate') {
    const to = vm.migration?.to;
    const address = to ? cluster.host(to.host)?.addresses.management : undefined;
    const disks = to ? accessTo(guestDisks(vm), to.generation, cluster) : null;
    if (!to || !address || !disks) return refused('unavailable', 'the target is not ready yet');
    const request = { ...about, spec, to: { ...to, address, disks } };
    return await bus.request(agentMigrate, host, request, options);
  }
  const disks = accessTo(guestDisks(vm), generation, cluster);
  const memory = memoryFor(vm, generation, cluster);
  if (!disks || memory === null) return refused('unavailable', 'its volumes are not open yet');
  const begin = { ...about, spec, disks, ...(watch ? { watch } : {}), ...overcommitOn(cluster, host) };
  if (effect.kind === 'receive') return await bus.request(agentReceive, host, begin, options);
  return await bus.request(agentStart, host, { ...begin, ...(memory ? { memory } : {}) }, options);
}

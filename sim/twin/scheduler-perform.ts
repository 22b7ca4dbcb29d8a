/** The twin of the scheduler's `perform.ts`: one effect of the lifecycle is one request. */
import { accepted, refused, type Reply, type VmRecord } from '@holdfast/contracts';
import {
  accessTo, guestDisks, guestSpecOf, memoryFor, nicPlugOrder, overcommitOn, plugOrder, renamedRecord, watchOf,
  type Cluster, type VmEffect,
} from '@holdfast/scheduler/core';
import type { Process } from '../engine/process.js';
import type { Bus } from '../world/bus.js';
import type { Entry } from './projection.js';

const agentTimeoutMs = 3000;
const storageTimeoutMs = 6000;

export interface PerformParts {
  process: Process;
  cluster: Cluster;
  bus: Bus;
  incarnation: string;
}

export function performVmEffect(
  effect: VmEffect,
  entry: Entry<VmRecord>,
  parts: PerformParts,
  done: (reply: Reply<unknown>) => void,
): void {
  const { kind } = effect;
  const isOfVolume = kind === 'create-volume' || kind === 'delete-volume' || kind === 'name-volume';
  if (kind === 'make-record') makeRecord(entry.value, parts, done);
  else if (isOfVolume || kind === 'attach' || kind === 'detach') askStorage(effect, entry.value, parts, done);
  else askAgent(effect, entry, parts, done);
}

type StorageKind = 'create-volume' | 'delete-volume' | 'name-volume' | 'attach' | 'detach';
type StorageEffect = Extract<VmEffect, { kind: StorageKind }>;

function makeRecord(vm: VmRecord, { process, bus }: PerformParts, done: (reply: Reply<unknown>) => void): void {
  const record = renamedRecord(vm);
  bus.bucket<VmRecord>('vms').create(process, record.name, record, ({ ok }) =>
    done(ok ? accepted({}) : refused('unavailable', 'the bus does not answer')));
}

function askStorage(
  effect: StorageEffect,
  vm: VmRecord,
  { process, bus, incarnation }: PerformParts,
  done: (reply: Reply<unknown>) => void,
): void {
  const about = { incarnation, volume: effect.volume, operation: vm.operation?.id ?? null };
  const ask = (name: string, request: object): void =>
    bus.request(process, { service: 'storage', node: effect.node, name }, request, storageTimeoutMs, done);
  if (effect.kind === 'delete-volume') ask('volume-delete', about);
  else if (effect.kind === 'name-volume') {
    ask('volume-name', { ...about, vm: vm.name, generation: effect.generation });
  } else if (effect.kind === 'create-volume') {
    const disk = vm.volumes.find(({ volume }) => volume === effect.volume);
    if (!disk) done(refused('not-found', `${vm.name} has no volume ${effect.volume}`));
    else {
      const { pool, sizeMiB, source } = disk;
      ask('volume-create', { ...about, pool, sizeMiB, vm: vm.name, image: vm.spec.image, source });
    }
  } else if (effect.kind === 'detach') {
    const { floor, only } = effect;
    ask('detach', { ...about, floor, only, incident: vm.incident });
  } else {
    const { generation, host, hostEpoch, mode } = effect;
    ask('attach', { ...about, vm: vm.name, generation, host, hostEpoch, mode, incident: vm.incident });
  }
}

function askAgent(
  effect: Exclude<VmEffect, StorageEffect | { kind: 'make-record' }>,
  entry: Entry<VmRecord>,
  { process, cluster, bus, incarnation }: PerformParts,
  done: (reply: Reply<unknown>) => void,
): void {
  const vm = entry.value;
  const { host, hostEpoch, generation } = effect;
  const stamp = { incarnation, hostEpoch, generation, revision: entry.revision };
  const about = { stamp, vm: vm.name, uid: vm.uid, operation: vm.operation?.id ?? null };
  const ask = (name: string, request: object): void =>
    bus.request(process, { service: 'host-agent', node: host, name }, request, agentTimeoutMs, done);
  if (effect.kind === 'stop') {
    ask('vm-stop', { ...about, graceSeconds: effect.graceSeconds });
    return;
  }
  if (effect.kind === 'reboot') {
    ask('vm-reboot', { ...about, operation: effect.operation, force: effect.force });
    return;
  }
  if (effect.kind === 'pause' || effect.kind === 'resume') {
    ask(`vm-${effect.kind}`, about);
    return;
  }
  if (effect.kind === 'resize') {
    const { cpus, memoryMiB } = vm.spec;
    const { operation } = effect;
    ask('vm-resize', { ...about, operation, cpus, memoryMiB, ...overcommitOn(cluster, host) });
    return;
  }
  if (effect.kind === 'plug') {
    const order = nicPlugOrder(vm) ?? plugOrder(vm, generation, cluster);
    if (order) ask('vm-plug', { ...about, ...order });
    else done(refused('unavailable', 'the disk is not open to it'));
    return;
  }
  const watch = watchOf(vm);
  if (effect.kind === 'watch') {
    ask('vm-watch', { ...about, watch });
    return;
  }
  const spec = guestSpecOf(vm);
  if (effect.kind === 'migrate') {
    const to = vm.migration?.to;
    const address = to ? cluster.host(to.host)?.addresses.management : undefined;
    const disks = to ? accessTo(guestDisks(vm), to.generation, cluster) : null;
    if (!to || !address || !disks) done(refused('unavailable', 'the target is not ready yet'));
    else ask('vm-migrate', { ...about, spec, to: { ...to, address, disks } });
    return;
  }
  const disks = accessTo(guestDisks(vm), generation, cluster);
  const memory = memoryFor(vm, generation, cluster);
  if (!disks || memory === null) return done(refused('unavailable', 'its volumes are not open yet'));
  const begin = { ...about, spec, disks, ...(watch ? { watch } : {}), ...overcommitOn(cluster, host) };
  if (effect.kind === 'receive') ask('vm-receive', begin);
  else ask('vm-start', { ...begin, ...(memory ? { memory } : {}) });
}

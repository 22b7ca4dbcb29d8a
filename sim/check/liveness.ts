/** What is not as it should be once everything has healed. */
import {
  isDrilling,
  isPaused,
  nicsOf,
  type AttachmentRecord,
  type DrainRecord,
  type DrillRecord,
  type HostRecord,
  type Observed,
  type VmRecord,
  type VolumeRecord,
} from '@holdfast/contracts';
import { deriveMacAddress } from '@holdfast/kernel';
import type { Domain } from '../world/hypervisor.js';
import type { World } from '../world/world.js';

/** Sentences; none when the records, the world and what was asked for agree. */
export function unsettled(world: World): string[] {
  const wrong: string[] = [];
  const domains = new Map<string, Domain[]>();
  for (const { domains: own } of world.hypervisors()) {
    for (const domain of own.values()) {
      const { uid } = domain.identity;
      domains.set(uid, [...(domains.get(uid) ?? []), domain]);
    }
  }
  hostsSettled(world, wrong);
  const vms = world.bus.bucket<VmRecord>('vms').values();
  for (const vm of vms) {
    vmSettled(world, vm, domains.get(vm.uid) ?? [], wrong);
    domains.delete(vm.uid);
  }
  for (const [uid, copies] of domains) {
    wrong.push(`${copies.map(({ identity, host }) => `${identity.vm} on ${host}`).join()} (${uid}) belongs to no VM`);
  }
  for (const [volume, store] of world.unknownVolumes) {
    if (!store.volumes.has(volume)) wrong.push(`the data of ${volume} is gone, and nobody asked for that`);
  }
  wrong.push(...(world.history?.wrong() ?? []));
  storageSettled(world, vms, wrong);
  drainsSettled(world, wrong);
  drillsSettled(world, wrong);
  return wrong;
}

function hostsSettled(world: World, wrong: string[]): void {
  for (const host of world.hosts.values()) {
    const record = world.bus.bucket<HostRecord>('hosts').value(host.name);
    if (!record && host.hasEverRun) wrong.push(`host ${host.name} has no record`);
    if (!record || !host.machine.powered) continue;
    if (record.health !== 'online') wrong.push(`host ${host.name} is ${record.health}: ${record.reason}`);
    const observed = world.bus.bucket<Observed>('observed').value(host.name);
    if (observed && observed.staleCopies.length > 0) wrong.push(`host ${host.name} reports stale copies`);
    for (const [vm, copy] of Object.entries(observed?.vms ?? {})) {
      const isLive = copy.state !== 'stopped' && copy.state !== 'failed';
      const domain = host.hypervisor.domains.get(vm);
      if (isLive !== (domain?.identity.generation === copy.generation)) {
        wrong.push(`host ${host.name} reports ${vm} g${copy.generation} ${copy.state}, and it is not so`);
      }
    }
  }
}

function vmSettled(world: World, vm: VmRecord, copies: Domain[], wrong: string[]): void {
  const here = copies.map(({ host, identity, state }) => `${host} g${identity.generation} ${state}`).join(', ');
  const about = `VM ${vm.name} is ${vm.phase} (${vm.reason})`;
  const isAtRest = vm.phase === 'running' || vm.phase === 'stopped' || (vm.phase === 'failed' && !vm.assignment);
  if (!isAtRest) wrong.push(about);
  if (vm.operation) wrong.push(`${about}; its ${vm.operation.kind} has not ended`);
  if (vm.desired === 'running' && vm.phase === 'stopped') wrong.push(`${about}; it should run`);
  if (vm.desired !== 'running' && vm.phase === 'running') wrong.push(`${about}; it should be ${vm.desired}`);
  if (vm.phase === 'running') {
    const [copy] = copies;
    const isRight =
      copies.length === 1 &&
      copy?.host === vm.assignment?.host &&
      copy?.identity.generation === vm.assignment?.generation &&
      copy?.state === (isPaused(vm) ? 'paused' : 'running');
    const there = `${vm.assignment?.host} g${vm.assignment?.generation}`;
    if (!isRight) wrong.push(`${about}; assigned to ${there}; found: ${here}`);
    const { cpus, memoryMiB } = vm.spec;
    const hasSize = copy?.memoryMiB === memoryMiB && (copy.cpus ?? cpus) === cpus && vm.resizing === undefined;
    const has = (copy?.volumes ?? []).map(({ volume }) => volume).sort().join();
    const isGiven = vm.diskChange === undefined && has === vm.volumes.map(({ volume }) => volume).sort().join();
    if (!isGiven) wrong.push(`${about}; its disks are ${JSON.stringify(vm.diskChange ?? '')}; it has ${has}`);
    const nics = nicsOf(vm.spec).map(({ nic }) => deriveMacAddress(vm.uid, nic)).sort().join();
    const seen = [...(copy?.nics ?? [])].sort().join();
    const isOn = vm.nicChange === undefined && nics === seen;
    if (!isOn) wrong.push(`${about}; its NICs are ${nics} ${JSON.stringify(vm.nicChange ?? '')}; it has ${seen}`);
    if (!hasSize) wrong.push(`${about}; its size is ${cpus}, ${memoryMiB}; it has ${copy?.cpus}, ${copy?.memoryMiB}`);
  } else if (isAtRest && copies.length > 0) wrong.push(`${about}; found: ${here}`);
  if (!isAtRest) return;
  for (const { volume } of vm.volumes) {
    const attachment = world.bus.bucket<AttachmentRecord>('attachments').value(volume);
    const holders = attachment?.holders ?? [];
    const found = holders.map(({ host, generation, phase }) => `${host} g${generation} ${phase}`).join(', ');
    const isRight =
      vm.phase === 'running'
        ? holders.length === 1 && holders[0]?.phase === 'open' && holders[0].generation === vm.assignment?.generation
        : holders.length === 0;
    if (!isRight) wrong.push(`${about}; holders of ${volume}: ${found}`);
  }
}

/** A host is in maintenance as long as somebody wants it to be, and no longer. */
function drainsSettled(world: World, wrong: string[]): void {
  for (const { host, admin } of world.bus.bucket<HostRecord>('hosts').values()) {
    const state = world.bus.bucket<DrainRecord>('drains').value(host)?.state ?? 'ended';
    if (state === 'ending') wrong.push(`${host} is to take VMs again, and does not`);
    if (state === 'ended' && admin === 'maintenance') wrong.push(`${host} is in maintenance and nobody wants that`);
  }
}

/** A drill ends, and leaves no canary behind. */
function drillsSettled(world: World, wrong: string[]): void {
  for (const drill of world.bus.bucket<DrillRecord>('drills').values()) {
    if (isDrilling(drill)) wrong.push(`the drill of ${drill.host} is still ${drill.stage}`);
  }
  for (const { name, canary } of world.bus.bucket<VmRecord>('vms').values()) {
    if (canary) wrong.push(`the canary ${name} is left over`);
  }
}

function storageSettled(world: World, vms: VmRecord[], wrong: string[]): void {
  const names = new Set(vms.map(({ name }) => name));
  const named = new Set(vms.flatMap(({ volumes }) => volumes.map(({ volume }) => volume)));
  const held = new Set<string>();
  for (const { volume, vm, holders } of world.bus.bucket<AttachmentRecord>('attachments').values()) {
    if (!names.has(vm)) wrong.push(`the attachment of ${volume} belongs to no VM`);
    for (const { generation } of holders) held.add(`${volume}/g${generation}`);
  }
  for (const { volume, vm } of world.bus.bucket<VolumeRecord>('volumes').values()) {
    if (!names.has(vm)) wrong.push(`volume ${volume} belongs to no VM`);
    else if (!named.has(volume)) wrong.push(`volume ${volume} is none of ${vm}'s`);
  }
  for (const { store } of world.storageNodes.values()) {
    for (const { key, sessions } of store.listed()) {
      if (!held.has(key)) wrong.push(`target ${key} has no holder`);
      for (const { host, volume, generation } of sessions) {
        const isUsed = [...world.host(host).hypervisor.domains.values()].some(
          ({ identity, volumes }) =>
            identity.generation === generation && volumes.some((each) => each.volume === volume),
        );
        if (!isUsed) wrong.push(`${host} is logged in to ${key} and runs no copy`);
      }
    }
  }
}

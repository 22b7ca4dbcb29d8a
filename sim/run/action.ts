/** What a timeline can do to the cluster, and how it is done to the simulated one. */
import type { VmSize } from '@holdfast/contracts';
import { z } from 'zod';
import { loseLun } from '../faults/storage-kinds.js';
import { links } from '../world/network.js';
import type { World } from '../world/world.js';
import { work, type People } from './people.js';
import { policyFields } from './scenario-policy.js';

const host = z.string();
const on = z.boolean();
const vm = z.string();
const at = { atS: z.number().min(0) };

export const plainActions = [
  z.strictObject({ ...at, do: z.literal('host.power'), host, on }),
  z.strictObject({ ...at, do: z.literal('host.network'), host, on }),
  z.strictObject({ ...at, do: z.literal('host.link'), host, link: z.enum(links).optional(), to: host.optional(), on }),
  z.strictObject({ ...at, do: z.literal('host.maintenance'), host, on }),
  z.strictObject({ ...at, do: z.literal('host.drill'), host }),
  z.strictObject({ ...at, do: z.literal('host.shutdown'), host }),
  z.strictObject({ ...at, do: z.literal('host.reboot'), host }),
  z.strictObject({ ...at, do: z.literal('host.agent'), host, on }),
  z.strictObject({ ...at, do: z.literal('host.hypervisor'), host, on }),
  z.strictObject({ ...at, do: z.literal('host.fence'), host }),
  z.strictObject({ ...at, do: z.literal('host.clear'), host }),
  z.strictObject({ ...at, do: z.literal('host.pause'), host, seconds: z.number().positive() }),
  z.strictObject({ ...at, do: z.literal('host.clock'), host, offsetMs: z.number() }),
  z.strictObject({ ...at, do: z.literal('bmc'), host, on }),
  z.strictObject({ ...at, do: z.literal('outlet'), host, on }),
  z.strictObject({ ...at, do: z.literal('bus'), server: z.union([z.string(), z.number()]).optional(), on }),
  z.strictObject({ ...at, do: z.literal('storage'), node: z.string().optional(), on }),
  z.strictObject({ ...at, do: z.literal('leader.kill'), service: z.enum(['scheduler', 'failover', 'storage']) }),
  z.strictObject({ ...at, do: z.literal('vm.start'), vm }),
  z.strictObject({ ...at, do: z.literal('vm.stop'), vm, force: on.default(false) }),
  z.strictObject({ ...at, do: z.literal('vm.migrate'), vm, host: host.optional() }),
  z.strictObject({ ...at, do: z.literal('vm.relocate'), vm, host }),
  z.strictObject({ ...at, do: z.literal('vm.delete'), vm }),
  z.strictObject({ ...at, do: z.literal('vm.crash'), vm }),
  z.strictObject({ ...at, do: z.literal('guest.hang'), vm, on }),
  z.strictObject({ ...at, do: z.literal('guest.panic'), vm }),
  z.strictObject({ ...at, do: z.literal('vm.disk'), vm, errors: on.optional(), adrift: on.optional(), on }),
  z.strictObject({ ...at, do: z.literal('ha.disarm') }),
  z.strictObject({ ...at, do: z.literal('ha.shadow') }),
  z.strictObject({ ...at, do: z.literal('ha.arm') }),
] as const;
export type PlainAction = z.infer<(typeof plainActions)[number]>;

/** Until a supervisor has started a killed service again. */
const restartMs = 5000;

function sizeText({ cpus, memoryMiB }: Partial<VmSize>): string {
  const cpuText = cpus === undefined ? [] : [`${cpus} CPUs`];
  return ['to', ...cpuText, ...(memoryMiB === undefined ? [] : [`${memoryMiB} MiB`])].join(' ');
}

/** As a person would say it: `host.power node1 off`. */
export function describeAction(action: { atS: number; do: string }): string {
  const { atS: _, do: verb, ...rest } = action;
  const words = Object.entries(rest).map(([field, value]) => {
    if (field === 'on') return value ? 'on' : 'off';
    // Which it hits is told when it begins.
    if (field === 'draw' || field in policyFields) return '';
    if (field === 'errors') return value ? 'with errors' : '';
    if (field === 'adrift') return value ? 'given up' : '';
    if (field === 'force') return value ? 'by force' : '';
    if (field === 'to' || field === 'host' && verb.startsWith('vm.')) return `to ${value}`;
    if (field === 'size') return sizeText(value as Partial<VmSize>);
    if (field === 'atNextStart') return value ? 'at its next start' : '';
    if (field === 'seconds') return `for ${value} s`;
    if (field === 'offsetMs') return `by ${value} ms`;
    return String(value);
  });
  return [verb, ...words.filter((word) => word !== '')].join(' ');
}

export function act(world: World, people: People, action: PlainAction): void {
  switch (action.do) {
    case 'host.power':
      if (action.on) world.powerOn(action.host);
      else world.powerOff(action.host);
      break;
    case 'host.network':
      for (const link of links) world.network.setLink(action.host, link, action.on);
      if (!action.on) world.checker.faultAtMs.set(action.host, world.loop.nowMs);
      break;
    case 'host.link':
      if (action.link) world.network.setLink(action.host, action.link, action.on);
      else if (action.to) world.network.setPair(action.host, action.to, action.on);
      // Without its BMC a host is as well as before.
      if (!action.on && action.link !== 'bmc') world.checker.faultAtMs.set(action.host, world.loop.nowMs);
      break;
    case 'host.maintenance':
      people.ask('host-maintenance', { host: action.host, on: action.on, reason: work });
      break;
    case 'host.drill':
      people.ask('drill-begin', { host: action.host, by: 'operator' }, { service: 'failover' });
      break;
    case 'host.shutdown':
    case 'host.reboot':
      shutDown(world, action.host, action.do === 'host.reboot');
      break;
    case 'host.agent':
      if (action.on) world.startAgent(world.host(action.host));
      else world.host(action.host).agent.process.crash();
      break;
    case 'host.hypervisor':
      world.host(action.host).hypervisor.hang(!action.on);
      break;
    case 'host.clear':
      people.clear(action.host);
      break;
    case 'host.fence':
      world.checker.faultAtMs.set(action.host, world.loop.nowMs);
      people.fence(action.host);
      break;
    case 'host.pause':
      world.freezeHost(action.host, true);
      world.loop.after(action.seconds * 1000, () => world.freezeHost(action.host, false));
      break;
    case 'host.clock':
      world.host(action.host).machine.clockOffsetMs = action.offsetMs;
      break;
    default:
      actOnService(world, people, action);
  }
}

function actOnService(world: World, people: People, action: PlainAction): void {
  switch (action.do) {
    case 'bmc':
      world.host(action.host).bmc.state = action.on ? 'well' : 'dead';
      break;
    case 'outlet': {
      const { outlet } = world.host(action.host);
      if (outlet) outlet.state = action.on ? 'well' : 'dead';
      break;
    }
    case 'bus':
      setBus(world, action.server, action.on);
      break;
    case 'storage':
      for (const node of world.storageNodes.keys()) {
        if (action.node === undefined || action.node === node) world.storagePower(node, action.on);
      }
      break;
    case 'leader.kill':
      killLeader(world, action.service);
      break;
    case 'ha.disarm':
    case 'ha.shadow':
    case 'ha.arm':
      people.arm(action.do);
      break;
    default:
      actOnVm(world, people, action);
  }
}

function setBus(world: World, server: string | number | undefined, isOn: boolean): void {
  const { bus } = world;
  if (server === undefined) {
    bus.setOut(!isOn);
    return;
  }
  const index = typeof server === 'number' ? server - 1 : Number(/\d+$/.exec(server)?.[0] ?? 1) - 1;
  const named = bus.servers.find((each) => each === server) ?? bus.servers[index];
  if (named) bus.setServer(named, isOn);
}

/** Of storage there is one on each node: the first dies. */
function killLeader(world: World, service: 'scheduler' | 'failover' | 'storage'): void {
  const [node] = world.storageNodes.values();
  if (service === 'storage') {
    if (!node) return;
    world.supervise(node.service.process, () => node.service.start(), restartMs);
    node.service.process.crash();
    return;
  }
  const leader = world.replicas.find((replica) => replica.service === service && replica.process.alive);
  if (!leader) return;
  world.supervise(leader.process, leader.start, restartMs);
  leader.process.crash();
}

function actOnVm(world: World, people: People, action: PlainAction): void {
  if (action.do === 'vm.start') people.start(action.vm);
  else if (action.do === 'vm.stop') people.stop(action.vm, action.force);
  else if (action.do === 'vm.delete') people.delete(action.vm);
  else if (action.do === 'vm.migrate') people.ask('vm-migrate', { vm: action.vm, host: action.host ?? null });
  else if (action.do === 'vm.relocate') people.ask('vm-relocate', { vm: action.vm, host: action.host });
  else if (action.do === 'vm.disk') setDisk(world, action);
  else if (action.do === 'vm.crash') {
    for (const hypervisor of world.hypervisors()) hypervisor.crash(action.vm, 'crashed');
  } else if (action.do === 'guest.panic') {
    for (const hypervisor of world.hypervisors()) hypervisor.troubleGuest(action.vm, 'panicked');
  } else if (action.do === 'guest.hang') hangGuest(world, action.vm, action.on);
}

/** On, it hangs now and again after each boot. */
function hangGuest(world: World, vm: string, isOn: boolean): void {
  if (isOn) world.sickGuests.set(vm, 'hung');
  else world.sickGuests.delete(vm);
  for (const hypervisor of world.hypervisors()) {
    if (isOn) hypervisor.troubleGuest(vm, 'hung');
    else hypervisor.healGuest(vm);
  }
}

/**
 * Off: its disks answer nothing where it runs, or with errors, or its hypervisor has given up on them. On: they answer
 * everywhere, as they should.
 */
function setDisk(world: World, { vm, on: isOn, errors, adrift }: Extract<PlainAction, { do: 'vm.disk' }>): void {
  for (const hypervisor of world.hypervisors()) {
    const host = hypervisor.machine.name;
    if (!isOn && hypervisor.domains.has(vm)) world.checker.faultAtMs.set(host, world.loop.nowMs);
    if (isOn) hypervisor.lostLuns.clear();
    if (!isOn && adrift === true) {
      hypervisor.loseSessions(vm);
      world.loop.disturb();
      continue;
    }
    for (const { volume, node } of hypervisor.domains.get(vm)?.volumes ?? []) {
      if (isOn) loseLun(world, { host, volume, node, hasErrors: true }, false);
      else loseLun(world, { host, volume, node, hasErrors: errors === true }, true);
    }
  }
}

/** Until the operating system has ended what the agent has left running, and the machine itself. */
const endGuestsMs = 2000;

/** As an operating system goes down: its agent stops the VMs and says so, then the rest ends, then the power. */
function shutDown(world: World, name: string, andUp: boolean): void {
  const { machine, hypervisor, agent, boots } = world.host(name);
  if (!machine.powered) return;
  const isSameBoot = (): boolean => machine.powered && world.host(name).boots === boots;
  agent.leave(() => {
    if (!isSameBoot()) return;
    const guests = hypervisor.list();
    for (const { identity } of guests) hypervisor.crash(identity.vm, 'crashed');
    world.loop.after(guests.length === 0 ? 0 : endGuestsMs, () => {
      if (!isSameBoot()) return;
      world.powerOff(name);
      if (andUp) world.powerOn(name);
    });
  });
}

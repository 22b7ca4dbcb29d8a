/** Runs one scenario: the real cores against the world that the file describes. */
import type { HostRecord, VmRecord } from '@holdfast/contracts';
import type { LogEntry, Recovery, Violation } from '../check/checker.js';
import { links } from '../world/network.js';
import { World } from '../world/world.js';
import type { Action, Scenario } from './scenario.js';

export interface ReplayResult {
  name: string;
  seed: number;
  virtualSeconds: number;
  invariants: 'held' | 'broken';
  violations?: Violation[];
  /** Where each running VM runs at the end. */
  running: Record<string, string>;
  events: ({ atMs: number; event: string } & LogEntry['data'])[];
  recoveries: Recovery[];
}

/** Without its host a VM is created where there is room, after this long. */
const waitForHostMs = 90_000;
const shutdownMs = 3000;

export function replay(scenario: Scenario): ReplayResult & { log: LogEntry[] } {
  const { name, seed, hosts, control, untilS } = scenario;
  const world = new World({ seed, hosts, control, storageNodes: 1, bootMs: [3000, 3000] });
  const { loop, checker } = world;
  for (const vm of Object.keys(scenario.vms)) loop.after(500, () => createVm(world, scenario, vm));
  for (const action of scenario.timeline) {
    loop.at(action.atS * 1000, () => {
      checker.note('timeline', JSON.stringify(action));
      act(world, action);
    });
  }
  loop.runUntil(untilS * 1000, () => checker.violations.length > 0);
  const { violations, recoveries, log } = checker;
  return {
    name,
    seed,
    virtualSeconds: Math.round(loop.nowMs / 1000),
    invariants: violations.length === 0 ? 'held' : 'broken',
    ...(violations.length === 0 ? {} : { violations }),
    running: runningIn(world),
    events: log
      .filter(({ event }) => event.startsWith('host.') || event.startsWith('vm.'))
      .map(({ atMs, event, text, data }) => ({ atMs, event, ...data, text })),
    recoveries,
    log,
  };
}

function runningIn(world: World): Record<string, string> {
  const running: [string, string][] = [];
  for (const { domains, machine } of world.hypervisors()) {
    for (const [vm, { incoming }] of domains) if (!incoming) running.push([vm, machine.name]);
  }
  return Object.fromEntries(running.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Once its host is up it is created and started there; a host that does not come is not waited for for ever. */
function createVm(world: World, scenario: Scenario, vm: string): void {
  const spec = scenario.vms[vm];
  if (!spec || world.bus.bucket<VmRecord>('vms').value(vm)) return;
  const isUp = world.bus.bucket<HostRecord>('hosts').value(spec.host)?.health === 'online';
  if (isUp || world.loop.nowMs >= waitForHostMs) {
    const { maxRestart, maxRelocate, cpus, memoryMiB } = spec;
    const policy = { maxRestart, maxRelocate, stopGraceSeconds: 10 };
    world.ask('vm-create', {
      vm,
      spec: { cpus, memoryMiB, image: 'tiny', disks: [{ sizeMiB: 64 }], network: 'guest', policy },
      start: spec.desired === 'running',
      host: isUp ? spec.host : null,
    });
  }
  world.loop.after(isUp ? 2000 : 500, () => createVm(world, scenario, vm));
}

function act(world: World, action: Action): void {
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
      if (!action.on) world.checker.faultAtMs.set(action.host, world.loop.nowMs);
      break;
    case 'host.shutdown':
    case 'host.reboot':
      shutDown(world, action.host, action.do === 'host.reboot');
      break;
    case 'host.agent':
      if (action.on) world.startAgent(world.host(action.host));
      else world.host(action.host).agent.process.crash();
      break;
    case 'host.pause':
      world.freezeHost(action.host, true);
      world.loop.after(action.seconds * 1000, () => world.freezeHost(action.host, false));
      break;
    case 'host.clock':
      world.host(action.host).machine.clockOffsetMs = action.offsetMs;
      break;
    default:
      actOnService(world, action);
  }
}

function actOnService(world: World, action: Action): void {
  switch (action.do) {
    case 'bmc':
      world.host(action.host).bmc.state = action.on ? 'well' : 'dead';
      break;
    case 'bus': {
      const { server, on } = action;
      if (server === undefined) world.bus.setOut(!on);
      else {
        const index = typeof server === 'number' ? server - 1 : Number(/\d+$/.exec(server)?.[0] ?? 1) - 1;
        const named = world.bus.servers.find((each) => each === server) ?? world.bus.servers[index];
        if (named) world.bus.setServer(named, on);
      }
      break;
    }
    case 'storage':
      for (const node of world.storageNodes.keys()) world.storagePower(node, action.on);
      break;
    case 'leader.kill': {
      const leader = world.replicas.find(({ service, process }) => service === action.service && process.alive);
      if (leader) {
        world.supervise(leader.process, leader.start, 5000);
        leader.process.crash();
      }
      break;
    }
    default:
      actOnVm(world, action);
  }
}

function actOnVm(world: World, action: Action): void {
  if (action.do === 'vm.start') world.ask('vm-start', { vm: action.vm, host: null });
  else if (action.do === 'vm.stop') world.ask('vm-stop', { vm: action.vm, force: false });
  else if (action.do === 'vm.migrate') world.ask('vm-migrate', { vm: action.vm, host: action.host });
  else if (action.do === 'vm.delete') world.ask('vm-delete', { vm: action.vm });
  else if (action.do === 'vm.crash') {
    for (const hypervisor of world.hypervisors()) hypervisor.crash(action.vm, 'crashed');
  }
}

/** As an operating system goes down: guests first, then the power, without a word to anybody. */
function shutDown(world: World, name: string, andUp: boolean): void {
  const { machine, hypervisor } = world.host(name);
  if (!machine.powered) return;
  const guests = hypervisor.list();
  for (const { identity } of guests) hypervisor.crash(identity.vm, 'destroyed');
  world.loop.after(guests.length === 0 ? 0 : shutdownMs, () => {
    world.powerOff(name);
    if (andUp) world.powerOn(name);
  });
}

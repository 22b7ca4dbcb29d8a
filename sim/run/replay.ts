/** Runs one scenario: the real cores against the world that the file describes. */
import type { VmRecord } from '@holdfast/contracts';
import { InvariantError } from '@holdfast/kernel';
import type { LogEntry, Recovery, Violation } from '../check/checker.js';
<<<<<<< sim/run/replay.ts
import { links } from '../world/network.js';
import { InvariantError } from '@holdfast/kernel';
import { operate } from '../faults/plan.js';
import { World, type WorldOptions } from '../world/world.js';
import { settle } from './run-seed.js';
import type { Action, Scenario } from './scenario.js';
import { isShrunkAction, ShrunkActions } from './shrink-verbs.js';
=======
import { unsettled } from '../check/liveness.js';
import { World } from '../world/world.js';
import { act, describeAction } from './action.js';
import { People } from './people.js';
import { RuleWatch } from './rule-watch.js';
import type { Scenario } from './scenario.js';
>>>>>>> /tmp/scn.mine

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

/** A scenario that has run, with all that can be asked about it. */
export interface Run {
  result: ReplayResult;
  log: LogEntry[];
  /** Moments at which a rule was broken, as sentences. */
  ruleBreaks: string[];
  /** What does not agree with the world at the end. */
  unsettled: string[];
  /** As it is at the end. */
  world: World;
}

<<<<<<< sim/run/replay.ts
/** `planted` is for tests: bugs to be found. */
export function replay(
  scenario: Scenario,
  planted?: ReadonlySet<string>,
): ReplayResult & { log: LogEntry[] } {
  const { name, seed } = scenario;
  const world = new World({ ...worldOf(scenario), ...(planted ? { planted } : {}) });
  const { loop, checker } = world;
  const shrunk = new ShrunkActions(world);
  for (const vm of Object.keys(scenario.vms)) loop.after(500, () => createVm(world, scenario, vm));
  for (const action of scenario.timeline) {
    loop.at(Math.round(action.atS * 1000), () => {
      checker.note('timeline', JSON.stringify(action));
      if (isShrunkAction(action)) shrunk.act(action);
      else act(world, action);
=======
export function replay(scenario: Scenario): ReplayResult & { log: LogEntry[] } {
  const { result, log } = runScenario(scenario);
  return { ...result, log };
}

export function runScenario(scenario: Scenario): Run {
  const { seed, hosts, control, untilS, storageNodes, swappedBmcs } = scenario;
  const world = new World({
    seed,
    hosts,
    control,
    storageNodes,
    bootMs: [3000, 3000],
    ...(swappedBmcs ? { swappedBmcs } : {}),
  });
  const { loop, checker } = world;
  const people = new People(world, scenario);
  const rules = new RuleWatch(world, scenario.rules);
  for (const action of scenario.timeline) {
    loop.at(action.atS * 1000, () => {
      checker.note('timeline', describeAction(action));
      act(world, people, action);
    });
  }
  try {
    loop.runUntil(untilS * 1000, () => {
      rules.look();
      return checker.violations.length > 0;
>>>>>>> /tmp/scn.mine
    });
  } catch (error) {
    if (!(error instanceof InvariantError)) throw error;
    checker.broken('core-assertion', error.message);
  }
<<<<<<< sim/run/replay.ts
  if (scenario.operated) operate(world);
  runThrough(world, scenario, shrunk);
  const { violations, recoveries, log } = checker;
=======
  return {
    result: resultOf(scenario, world),
    log: checker.log,
    ruleBreaks: rules.breaks,
    unsettled: unsettled(world),
    world,
  };
}

function resultOf({ name, seed }: Scenario, world: World): ReplayResult {
  const { violations, recoveries, log } = world.checker;
>>>>>>> /tmp/scn.mine
  return {
    name,
    seed,
    virtualSeconds: Math.round(world.loop.nowMs / 1000),
    invariants: violations.length === 0 ? 'held' : 'broken',
    ...(violations.length === 0 ? {} : { violations }),
    running: runningIn(world),
    events: log
      .filter(({ event }) => event.startsWith('host.') || event.startsWith('vm.'))
      .map(({ atMs, event, text, data }) => ({ atMs, event, ...data, text })),
    recoveries,
  };
}

<<<<<<< sim/run/replay.ts
function worldOf(scenario: Scenario): WorldOptions {
  const { seed, hosts, control, storageNodes, bootS, swappedBmcs } = scenario;
  const [least, most] = typeof bootS === 'number' ? [bootS, bootS] : bootS;
  const bootMs: [number, number] = [Math.round(least * 1000), Math.round(most * 1000)];
  return { seed, hosts, control, storageNodes, bootMs, ...(swappedBmcs ? { swappedBmcs } : {}) };
}

function runThrough(world: World, { untilS, healAtS }: Scenario, shrunk: ShrunkActions): void {
  const { loop, checker } = world;
  const isBroken = (): boolean => checker.violations.length > 0;
  try {
    if (healAtS !== undefined) {
      loop.runUntil(healAtS * 1000, isBroken);
      if (isBroken()) return;
      checker.note('all.healed', 'every fault is healed');
      shrunk.healAll();
      settle(world);
    }
    if (!isBroken()) loop.runUntil(untilS * 1000, isBroken);
  } catch (error) {
    if (!(error instanceof InvariantError)) throw error;
    checker.broken('core-assertion', error.message);
  }
}

=======
/** A copy that its VM's record does not count any more, on a host that is cut off, is not the VM. */
>>>>>>> /tmp/scn.mine
function runningIn(world: World): Record<string, string> {
  const records = world.bus.bucket<VmRecord>('vms');
  const running: [string, string][] = [];
  for (const { domains, machine } of world.hypervisors()) {
<<<<<<< sim/run/replay.ts
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
    const { maxRestart, maxRelocate, cpus, memoryMiB, disksMiB } = spec;
    const policy = { maxRestart, maxRelocate, stopGraceSeconds: 10 };
    const disks = disksMiB.map((sizeMiB) => ({ sizeMiB }));
    world.ask('vm-create', {
      vm,
      spec: { cpus, memoryMiB, image: 'tiny', disks, network: 'guest', policy },
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
=======
    for (const [vm, { incoming, identity }] of domains) {
      const record = records.value(vm);
      const isCounted =
        record?.uid === identity.uid &&
        record.phase !== 'recovering' &&
        record.assignment !== null &&
        identity.generation >= record.assignment.generation;
      if (isCounted && !incoming) running.push([vm, machine.name]);
>>>>>>> /tmp/scn.mine
    }
  }
<<<<<<< sim/run/replay.ts
}

function actOnVm(world: World, action: Action): void {
  if (action.do === 'vm.start') world.ask('vm-start', { vm: action.vm, host: null });
  else if (action.do === 'vm.stop') world.ask('vm-stop', { vm: action.vm, force: action.force ?? false });
  else if (action.do === 'vm.migrate') world.ask('vm-migrate', { vm: action.vm, host: action.host ?? null });
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
=======
  return Object.fromEntries(running.sort(([a], [b]) => (a < b ? -1 : 1)));
>>>>>>> /tmp/scn.mine
}

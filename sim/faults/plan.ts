/** What happens in a seed: faults that come and heal, and what people ask for meanwhile. */
import { randomStream, type RandomStream } from '@holdfast/kernel';
import { vmPolicySchema, vmProbesSchema, type VmPolicy, type VmRecord } from '@holdfast/contracts';
import { besideKinds, scheduleBeside } from './beside.js';
import { scheduleDiskChanges } from './disk-changes.js';
import { scheduleRenames } from './renames.js';
import { scheduleSuspends } from './suspends.js';
import { mostOfVm, scheduleResizes } from './resizes.js';
import type { World } from '../world/world.js';
import { sleeps } from './power-saving.js';
import { faultKinds, type FaultKind, type Inflicted } from './kinds.js';

export interface PlanOptions {
  vms: number;
  minutes: number;
  /** Kinds of faults that may happen. */
  faults: readonly string[];
  /** Only these of the plan's faults happen. */
  only?: ReadonlySet<number>;
  /** Told what happens, as it does: faults by their number, and what people ask for. */
  recorded?(happening: Happening): void;
}

export type Happening =
  | { atMs: number; fault: { kind: string; number: number; lastsMs: number; target: string } }
  | { atMs: number; asked: { name: string; request: AskedFor } };
type AskedFor = Parameters<World['ask']>[1];

/** When people stop asking and faults stop coming, so that everything can heal. */
export function peopleUntilMs(minutes: number): number {
  return minutes * 60_000 * 0.9;
}

export interface Plan {
  faultsByKind: Record<string, number>;
  /** Undoes everything that is still wrong. */
  healAll(): void;
}

export function schedulePlan(world: World, options: PlanOptions): Plan {
  const untilMs = peopleUntilMs(options.minutes);
  const ask: World['ask'] = (name, request) => {
    options.recorded?.({ atMs: world.loop.nowMs, asked: { name, request } });
    world.checker.note('asked', `${name} ${request.vm}`, { vm: request.vm });
    world.ask(name, request);
  };
  world.probesGuests ||= options.faults.includes('guest-trouble');
  createVms(world, options.vms, ask);
  scheduleRequests(world, untilMs, ask);
  schedulePauses(world, untilMs, ask);
  scheduleResizes(world, untilMs, ask);
  scheduleDiskChanges(world, untilMs, ask);
  scheduleSuspends(world, untilMs, ask);
  scheduleRenames(world, untilMs, ask);
  // Only beside the whole list of faults: who looks for one thing has nothing else happen.
  if (options.faults.length >= 10) scheduleBeside(world, besideKinds, untilMs, options.vms);
  operate(world);
  return scheduleFaults(world, options, untilMs);
}

function scheduleFaults(world: World, options: PlanOptions, untilMs: number): Plan {
  const { seed } = world.options;
  const faultsByKind: Record<string, number> = {};
  const inHand = new Set<Inflicted>();
  const random = randomStream(`${seed}/faults`);
  // Most seeds have few faults, some are a storm.
  const mostPerMinute = random.next() < 0.2 ? 6 : 2;
  const count = options.faults.length === 0 ? 0 : 1 + random.integer(options.minutes * mostPerMinute);
  // Some seeds have all their faults close together: it is the second one that hurts.
  const isBurst = random.next() < 0.4;
  const burstAtMs = 40_000 + random.integer(Math.max(1, untilMs - 100_000));
  // Nobody restores twice within minutes, and few do at all.
  let mayRestore = options.faults.length < 10 || randomStream(`${seed}/restore`).next() < 0.4;
  for (let number = 0; number < count; number += 1) {
    const own = randomStream(`${seed}/fault/${number}`);
    const kindName = options.faults[own.integer(options.faults.length)] as string;
    const kind = faultKinds[kindName];
    if (!kind) throw new Error(`there is no fault ${kindName}`);
    const atMs = isBurst
      ? burstAtMs + own.integer(20_000)
      : 30_000 + own.integer(Math.max(1, untilMs - 30_000));
    const [leastMs, mostMs] = kind.lastsMs;
    const lastsMs = leastMs + own.integer(Math.max(1, mostMs - leastMs));
    if (kindName === 'restore') {
      if (!mayRestore) continue;
      mayRestore = false;
    }
    if (options.only && !options.only.has(number)) continue;
    world.loop.at(atMs, () => {
      faultsByKind[kindName] = (faultsByKind[kindName] ?? 0) + 1;
      const target = inflict(world, { kind, name: `#${number} ${kindName}`, lastsMs, random: own }, inHand);
      options.recorded?.({ atMs, fault: { kind: kindName, number, lastsMs, target } });
    });
  }
  const healAll = (): void => {
    for (const inflicted of inHand) inflicted.heal();
    inHand.clear();
    healWorld(world);
  };
  return { faultsByKind, healAll };
}

/** A fault's own stream, where its target is drawn: after its kind, its time and how long it lasts. */
export function targetStream(seed: number, number: number): RandomStream {
  const own = randomStream(`${seed}/fault/${number}`);
  for (let drawn = 0; drawn < 3; drawn += 1) own.next();
  return own;
}

/** Does it now, and heals it in time; says what it hit. */
export function inflict(
  world: World,
  fault: { kind: FaultKind; name: string; lastsMs: number; random: RandomStream },
  inHand: Set<Inflicted>,
): string {
  const { kind, name, lastsMs, random } = fault;
  const inflicted = kind.inflict(world, random);
  const { target } = inflicted;
  world.checker.note('fault.begins', `${name}: ${target} for ${lastsMs} ms`, { fault: name, target, lastsMs });
  inHand.add(inflicted);
  world.loop.after(lastsMs, () => {
    if (!inHand.delete(inflicted)) return;
    world.checker.note('fault.heals', `${name}: ${target}`, { fault: name, target });
    inflicted.heal();
  });
  return target;
}

/** What no single fault undoes: machines that failover has switched off, programs that died on the way. */
export function healWorld(world: World): void {
  for (const host of world.hosts.values()) {
    world.powerOn(host.name);
    world.startAgent(host);
  }
  for (const { process, start } of world.replicas) {
    process.effectsLeft = null;
    if (!process.alive && process.machine.powered) start();
  }
  for (const { service, machine } of world.storageNodes.values()) {
    service.process.effectsLeft = null;
    if (!service.process.alive && machine.powered) service.start();
  }
}

/** Somebody looks after the machines: one that failover has switched off is switched on again, after a while. */
export function operate(world: World): void {
  const offSinceMs = new Map<string, number>();
  const look = (): void => {
    for (const { name, machine } of world.hosts.values()) {
      if (machine.powered || world.heldOff.has(name) || sleeps(world, name)) offSinceMs.delete(name);
      else {
        const sinceMs = offSinceMs.get(name) ?? world.loop.nowMs;
        offSinceMs.set(name, sinceMs);
        if (world.loop.nowMs - sinceMs >= 20_000) world.powerOn(name);
      }
    }
    world.loop.after(5000, look);
  };
  world.loop.after(5000, look);
}

function createVms(world: World, count: number, ask: World['ask']): void {
  const random = randomStream(`${world.options.seed}/vms`);
  for (let number = 1; number <= count; number += 1) {
    world.loop.at(8000 + number * 50, () => createVm(world, ask, `vm${number}`, random.stream(`${number}`)));
  }
}

function createVm(world: World, ask: World['ask'], vm: string, random: RandomStream): void {
  const diskCount = random.next() < 0.15 ? 0 : 1 + random.integer(2);
  // A host is left alone when isolated only if all its VMs say so.
  const isLeaving = randomStream(`${world.options.seed}/leave`).next() < 0.2;
  const number = Number(/^vm(\d+)$/.exec(vm)?.[1] ?? 0);
  const usual = policyFor(random.stream('policy'), { diskCount, isLeaving, number });
  const policy = world.probesGuests ? { ...usual, probes: probesFor(random.stream('probes')) } : usual;
  const spec = {
    cpus: 1 + random.integer(4),
    memoryMiB: 1024 * (1 + random.integer(4)),
    ...mostOfVm,
    image: 'tiny',
    disks: Array.from({ length: diskCount }, () => ({ sizeMiB: 64 })),
    network: 'guest',
    policy,
  };
  const start = random.next() < 0.9;
  ask('vm-create', { vm, spec, start, host: null });
}

/** Most VMs have the usual one. */
function policyFor(
  random: RandomStream,
  { diskCount, isLeaving, number }: { diskCount: number; isLeaving: boolean; number: number },
): VmPolicy {
  const needs = random.next();
  const proof = needs < 0.75 ? 'storage' : needs < 0.9 || diskCount === 0 ? 'power' : 'both';
  const restart = random.next() < 0.9 ? 'always' : 'never';
  const priority = random.next() < 0.7 ? 50 : random.integer(101);
  const onIsolation = random.next() < (isLeaving ? 0.9 : 0.05) ? 'leave' : 'restart';
  // On one that was asked for before it; whoever comes first then depends on nobody.
  const after = number > 1 && random.next() < 0.2 ? [`vm${1 + random.integer(number - 1)}`] : [];
  // Drawn from nothing: what is drawn after it stays the same.
  const onStorageLoss = number % 5 === 3 ? 'pause' : 'restart';
  const usual = { maxRestart: 2, maxRelocate: 3, stopGraceSeconds: 5, failback: false };
  return vmPolicySchema.parse({ ...usual, proof, restart, priority, onIsolation, onStorageLoss, after });
}

/** Half of the VMs have none. */
function probesFor(random: RandomStream): VmPolicy['probes'] {
  const timing = { intervalSeconds: 2, timeoutSeconds: 1, failures: 2, graceSeconds: 15 };
  const panic = random.next() < 0.3;
  const kind = random.next();
  return vmProbesSchema.parse({
    panic,
    ...(kind < 0.2 ? { agent: timing } : {}),
    ...(kind > 0.8 ? { tcp: [{ address: '192.0.2.7', port: 80, ...timing }] } : {}),
  });
}

/** People start, stop, move, delete and create VMs at any time. */
function scheduleRequests(world: World, untilMs: number, ask: World['ask']): void {
  const { seed } = world.options;
  const count = 5 + randomStream(`${seed}/requests`).integer(40);
  for (let number = 0; number < count; number += 1) {
    const random = randomStream(`${seed}/request/${number}`);
    world.loop.at(25_000 + random.integer(Math.max(1, untilMs - 25_000)), () => {
      const vms = world.bus.bucket<VmRecord>('vms').values();
      const vm = vms[random.integer(Math.max(1, vms.length))];
      if (!vm) return;
      const roll = random.next();
      if (roll < 0.4) ask('vm-migrate', { vm: vm.name, host: null });
      else if (roll < 0.6) ask('vm-stop', { vm: vm.name, force: random.next() < 0.3 });
      else if (roll < 0.8) ask('vm-start', { vm: vm.name, host: null });
      else if (roll < 0.87) ask('vm-reboot', { vm: vm.name, force: false });
      else if (roll < 0.93) ask('vm-delete', { vm: vm.name });
      // Names are used again.
      else createVm(world, ask, random.next() < 0.5 ? vm.name : `new${number}`, random);
    });
  }
}

/** People let VMs stand still for a while, or for good. Drawn apart: what is drawn for the rest stays the same. */
function schedulePauses(world: World, untilMs: number, ask: World['ask']): void {
  const random = randomStream(`${world.options.seed}/pauses`);
  const count = random.integer(6);
  for (let number = 0; number < count; number += 1) {
    const atMs = 25_000 + random.integer(Math.max(1, untilMs - 25_000));
    const lastsMs = random.next() < 0.3 ? null : 1000 + random.integer(60_000);
    const pick = random.next();
    world.loop.at(atMs, () => {
      const vms = world.bus.bucket<VmRecord>('vms').values();
      const vm = vms[Math.floor(pick * vms.length)]?.name;
      if (vm === undefined) return;
      ask('vm-pause', { vm });
      if (lastsMs !== null) world.loop.at(atMs + lastsMs, () => ask('vm-resume', { vm }));
    });
  }
}

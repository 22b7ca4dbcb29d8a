/** What people ask for in a seed: rules, VMs, and then anything at any time. */
import type { DrainRecord, RuleSpec, VmRecord } from '@holdfast/contracts';
import { deriveId, randomStream, type RandomStream } from '@holdfast/kernel';
import type { World } from '../world/world.js';

export interface Asked {
  name: string;
  request: { vm?: string; host?: string | null; [field: string]: unknown };
}
export type Ask = (name: Asked['name'], request: Asked['request']) => void;

const askAgainMs = 2000;
const askAtMost = 60;

export function scheduleRequests(
  world: World,
  { vms, rules, untilMs }: { vms: number; rules: SeedRule[]; untilMs: number },
  ask: Ask,
): void {
  world.loop.at(500, () => {
    for (const { id, ...spec } of rules) insist(world, 'rule-put', { rule: id, spec });
  });
  createVms(world, vms, ask);
  const { seed } = world.options;
  const count = 5 + randomStream(`${seed}/requests`).integer(40);
  for (let number = 0; number < count; number += 1) {
    const random = randomStream(`${seed}/request/${number}`);
    const atMs = 25_000 + random.integer(Math.max(1, untilMs - 25_000));
    world.loop.at(atMs, () => askForSomething(world, number, random, ask));
  }
}

/** People start, stop, move, delete and create VMs at any time, and take hosts out of service. */
function askForSomething(world: World, number: number, random: RandomStream, ask: Ask): void {
  const vms = world.bus.bucket<VmRecord>('vms').values();
  const vm = vms[random.integer(Math.max(1, vms.length))];
  if (!vm) return;
  const roll = random.next();
  if (roll < 0.34) ask('vm-migrate', { vm: vm.name, host: null });
  else if (roll < 0.54) ask('vm-stop', { vm: vm.name, force: random.next() < 0.3 });
  else if (roll < 0.74) ask('vm-start', { vm: vm.name, host: null });
  else if (roll < 0.8) ask('vm-reboot', { vm: vm.name, force: false });
  else if (roll < 0.84) ask('vm-relocate', { vm: vm.name, host: anyHost(world, random) });
  else if (roll < 0.89) {
    const host = anyHost(world, random);
    ask('host-maintenance', { host, on: true, reason: 'new disks' });
    world.loop.after(20_000 + random.integer(100_000), () => ask('host-maintenance', { host, on: false, reason: '' }));
  } else if (roll < 0.94) ask('vm-delete', { vm: vm.name });
  // Names are used again.
  else createVm(ask, random.next() < 0.5 ? vm.name : `new${number}`, random);
}

function anyHost(world: World, random: RandomStream): string {
  const names = [...world.hosts.keys()];
  return names[random.integer(names.length)] as string;
}

function createVms(world: World, count: number, ask: Ask): void {
  const random = randomStream(`${world.options.seed}/vms`);
  for (let number = 1; number <= count; number += 1) {
    world.loop.at(8000 + number * 50, () => createVm(ask, `vm${number}`, random.stream(`${number}`)));
  }
}

function createVm(ask: Ask, vm: string, random: RandomStream): void {
  const diskCount = random.next() < 0.15 ? 0 : 1 + random.integer(2);
  const spec = {
    cpus: 1 + random.integer(4),
    memoryMiB: 1024 * (1 + random.integer(4)),
    image: 'tiny',
    disks: Array.from({ length: diskCount }, () => ({ sizeMiB: 64 })),
    network: 'guest',
    policy: { maxRestart: 2, maxRelocate: 3, stopGraceSeconds: 5, failback: true },
  };
  const start = random.next() < 0.9;
  ask('vm-create', { vm, spec, start, host: null });
}

export type SeedRule = { id: string } & RuleSpec;

/** Some clusters have a few rules; no two of a seed contradict each other. */
export function rulesOfSeed(seed: number, sizes: { hosts: number; vms: number }): SeedRule[] {
  const random = randomStream(`${seed}/rules`);
  if (random.next() < 0.6) return [];
  const names = Array.from({ length: sizes.vms }, (_, index) => `vm${index + 1}`);
  const take = (count: number): string[] =>
    Array.from({ length: count }, () => names.splice(random.integer(names.length), 1)[0] as string);
  const hosts = Array.from({ length: sizes.hosts }, (_, index) => `host${index + 1}`);
  const some = (count: number): Record<string, number> => {
    const first = random.integer(sizes.hosts - count + 1);
    return Object.fromEntries(hosts.slice(first, first + count).map((host, weight) => [host, weight]));
  };
  const rules: SeedRule[] = [];
  for (let number = 1; number <= 1 + random.integer(3) && names.length >= 3; number += 1) {
    const id = `rule${number}`;
    const roll = random.next();
    if (roll < 0.35) rules.push({ id, kind: 'vm-affinity', vms: take(Math.min(3, sizes.hosts - 1)), together: false });
    else if (roll < 0.6) rules.push({ id, kind: 'vm-affinity', vms: take(2), together: true });
    else {
      const strict = roll < 0.8;
      rules.push({ id, kind: 'host-affinity', vms: take(1), hosts: some(Math.ceil(sizes.hosts / 2)), strict });
    }
  }
  return rules;
}

/** Asks again until it is heard, as somebody does who stands beside it. */
function insist(world: World, name: string, request: Record<string, unknown>): void {
  const operation = deriveId('operation', world.options.seed, world.loop.nowMs, name, JSON.stringify(request));
  let left = askAtMost;
  const again = (): void => {
    left -= 1;
    world.send('scheduler', name, { operation, ...request }, (reply) => {
      if (!reply.ok && reply.refusal.code === 'unavailable' && left > 0) world.loop.after(askAgainMs, again);
    });
  };
  again();
}

/** Whoever has taken a host out of service gives it back. */
export function endMaintenance(world: World): void {
  for (const { host, state } of world.bus.bucket<DrainRecord>('drains').values()) {
    if (state === 'ended') continue;
    insist(world, 'host-maintenance', { host, on: false, reason: '' });
  }
}

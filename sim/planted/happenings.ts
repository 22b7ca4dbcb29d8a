/** What people and machines do besides the plan of a seed: with the bug and without it. */
import { deriveId, randomStream } from '@holdfast/kernel';
import type { Reply, VmRecord } from '@holdfast/contracts';
import { drill } from '../faults/drills.js';
import type { World, WorldOptions } from '../world/world.js';

const againMs = 1000;
const beatMs = 250;

function insist(
  world: World,
  service: 'scheduler' | 'failover',
  name: string,
  request: object,
  times = Infinity,
): void {
  let left = times;
  const operation = deriveId('operation', world.options.seed, world.loop.nowMs, name);
  const answered = ({ ok }: Reply<unknown>): void => {
    left -= 1;
    if (!ok && left > 0) world.loop.after(againMs, again);
  };
  const again = (): void => world.send(service, name, { operation, ...request }, answered);
  again();
}

/** A person confirms now and then that a host is dead, and has the wrong one: it is well, and must be refused. */
export function wrongHostConfirmed(world: World): void {
  const random = randomStream(`${world.options.seed}/confirmations`);
  const names = [...world.hosts.keys()];
  for (let number = 0; number < 4; number += 1) {
    const host = names[random.integer(names.length)] as string;
    world.loop.at(40_000 + random.integer(150_000), () => {
      if (!world.isHealthy(host)) return;
      const request = { host, confirm: host, reason: 'it does not answer', by: 'ann' };
      world.send('failover', 'host-confirm-dead', request, () => undefined);
    });
  }
}

/** People only want to look on, from early on. */
export function shadowed(world: World): void {
  const request = { armed: false, shadow: true, reason: 'looking on', by: 'ann' };
  world.loop.at(30_000, () => insist(world, 'failover', 'ha-arm', request));
}

/** Another machine goes by the name of a host for a few seconds. */
export function nameTaken(world: World): void {
  const random = randomStream(`${world.options.seed}/namesakes`);
  const host = [...world.hosts.keys()][random.integer(world.hosts.size)] as string;
  const message = { host, uuid: 'another', bootId: 'another', epoch: 0 };
  world.loop.at(40_000 + random.integer(150_000), () => {
    for (let sequence = 1; sequence <= 20; sequence += 1) {
      world.loop.after(sequence * beatMs, () => {
        world.bus.broadcast(world.edge, 'heartbeat', { ...message, sequence, sentAtMs: world.edge.nowMs() });
      });
    }
  });
}

/** A host boots anew early on. Once it is cut off, with its BMC, what it said before that comes again, late. */
export function oldBootHeard(world: World): void {
  const random = randomStream(`${world.options.seed}/old boots`);
  const name = [...world.hosts.keys()][random.integer(world.hosts.size)] as string;
  const { network, edge, loop } = world;
  const host = world.host(name);
  loop.at(random.integer(20_000), () => {
    const message = { host: name, uuid: host.uuid, bootId: host.agent.bootId, epoch: 0, sentAtMs: edge.nowMs() };
    world.powerOff(name);
    if (!world.heldOff.has(name)) world.powerOn(name);
    loop.after(60_000 + random.integer(60_000), () => {
      for (const link of ['management', 'bmc'] as const) network.setLink(name, link, false);
      world.checker.faultAtMs.set(name, loop.nowMs);
      for (let sequence = 1; sequence <= 20; sequence += 1) {
        loop.after(sequence * beatMs * 4, () => void world.bus.broadcast(edge, 'heartbeat', { ...message, sequence }));
      }
      loop.after(30_000, () => {
        for (const link of ['management', 'bmc'] as const) network.setLink(name, link, true);
      });
    });
  });
}

/** A switch that serves most hosts is out for a while; storage still hears them. */
export function switchOut(world: World): void {
  const random = randomStream(`${world.options.seed}/switches`);
  const hosts = [...world.hosts.keys()].filter((name) => !world.controlNodes.includes(name));
  const atMs = 40_000 + random.integer(100_000);
  world.loop.at(atMs, () => world.network.setSwitch(hosts, 'management', false));
  world.loop.at(atMs + 5000 + random.integer(40_000), () => world.network.setSwitch(hosts, 'management', true));
}

const rackOf = (index: number): string => (index < 4 ? `r${1 + Math.floor(index / 2)}` : index === 4 ? 'r3' : 'r4');
const nine = Array.from({ length: 9 }, (_, index) => ({ name: `host${index + 1}`, rack: rackOf(index) }));

/** Two racks of two hosts, one of a single host, and one of the other four. */
export const nineInRacks: Partial<WorldOptions> = {
  control: 'apart',
  hosts: Object.fromEntries(nine.map(({ name }) => [name, { cpus: 16, memoryMiB: 16_384, power: 'on' }])),
};

/** The management switches of three racks fail, one after the other; storage still hears all of their hosts. */
export function racksOut(world: World): void {
  const random = randomStream(`${world.options.seed}/racks`);
  const atMs = 60_000 + random.integer(60_000);
  for (const { name, rack } of nine) {
    const request = { host: name, set: { rack }, remove: [], by: 'ann' };
    world.loop.at(20_000, () => insist(world, 'failover', 'host-label', request));
  }
  ['r1', 'r2', 'r3'].forEach((rack, index) => {
    const hosts = nine.filter((host) => host.rack === rack).map(({ name }) => name);
    world.loop.at(atMs + index * 8000, () => world.network.setSwitch(hosts, 'management', false));
    world.loop.at(atMs + 40_000, () => world.network.setSwitch(hosts, 'management', true));
  });
}

/** VMs are stopped, and started again at once; some of them elsewhere. */
export function restarts(world: World): void {
  const { seed } = world.options;
  for (let number = 0; number < 24; number += 1) {
    const random = randomStream(`${seed}/restart/${number}`);
    const vm = `vm${1 + random.integer(10)}`;
    world.loop.at(30_000 + random.integer(170_000), () => {
      const at = world.bus.bucket<VmRecord>('vms').value(vm)?.assignment?.host;
      const host = [...world.hosts.keys()].find((name) => name !== at) ?? null;
      const name = deriveId('operation', seed, 'restart', number);
      if (random.next() < 0.5) world.ask('vm-relocate', { vm, host });
      else {
        world.ask('vm-stop', { vm, force: true });
        world.loop.after(2000, () => insist(world, 'scheduler', 'vm-start', { vm, host: null, operation: name }, 10));
      }
    });
  }
}

/** VMs are stopped, and started again in the moment in which somebody clones them. */
export function clones(world: World): void {
  const { seed } = world.options;
  const vms = world.bus.bucket<VmRecord>('vms');
  for (let number = 0; number < 12; number += 1) {
    const random = randomStream(`${seed}/clone/${number}`);
    const vm = `vm${1 + random.integer(10)}`;
    const copy = `copy${number}`;
    const atMs = 30_000 + random.integer(150_000);
    world.loop.at(atMs, () => world.ask('vm-stop', { vm, force: true }));
    world.loop.at(atMs + 2000 + random.integer(2000), () => {
      const found = vms.value(vm);
      if (!found) return;
      const cloneOf = { vm, uid: found.uid };
      world.ask('vm-create', { vm: copy, spec: found.spec, cloneOf, start: false, host: null });
      const start = deriveId('operation', seed, 'start', number);
      world.loop.after(random.integer(20), () =>
        insist(world, 'scheduler', 'vm-start', { vm, host: null, operation: start }, 10));
    });
    const remove = deriveId('operation', seed, 'remove', number);
    world.loop.at(atMs + 30_000, () =>
      insist(world, 'scheduler', 'vm-delete', { vm: copy, operation: remove }, 20));
  }
}

/** Hosts are emptied one after the other, and put to work again. */
export function maintenance(world: World): void {
  [...world.hosts.keys()].slice(0, 3).forEach((host, index) => {
    const ask = (on: boolean): void =>
      insist(world, 'scheduler', 'host-maintenance', { host, on, reason: 'a new fan' });
    world.loop.at(40_000 + index * 50_000, () => ask(true));
    world.loop.at(70_000 + index * 50_000, () => ask(false));
  });
}

const rules = [
  { rule: 'apart', spec: { kind: 'vm-affinity', vms: ['vm1', 'vm2', 'vm3'], together: false } },
  { rule: 'here', spec: { kind: 'host-affinity', vms: ['vm4', 'vm5'], hosts: { host1: 0, host2: 0 }, strict: true } },
];

/** Strict rules, made before the VMs are. */
export function strictRules(world: World): void {
  world.loop.at(6000, () => {
    for (const rule of rules) insist(world, 'scheduler', 'rule-put', rule);
  });
}

/** Hosts are drilled one after the other. */
export function drills(world: World): void {
  [...world.hosts.keys()].forEach((host, index) => world.loop.at(30_000 + index * 30_000, () => drill(world, host)));
}

/** Whoever may run drills asks for VMs of others to be evicted, and must be refused. */
export function evictions(world: World): void {
  for (let number = 1; number <= 10; number += 1) {
    const operation = deriveId('operation', world.options.seed, 'evict', number);
    const ask = (): void => world.send('scheduler', 'canary-evict', { operation, vm: `vm${number}` }, () => undefined);
    world.loop.at(30_000 + number * 5000, ask);
  }
}

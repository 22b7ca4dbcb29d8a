/** Every fault the simulator knows: how it is done to the world, and how it heals. */
import type { RandomStream } from '@holdfast/kernel';
import { links } from '../world/network.js';
import type { World } from '../world/world.js';

export interface Inflicted {
  target: string;
  /** Undoes it; also called for faults that have ended by themselves. */
  heal(): void;
}

export interface FaultKind {
  /** How long it lasts, least and most. */
  lastsMs: [number, number];
  inflict(world: World, random: RandomStream): Inflicted;
}

const pick = <T>(items: readonly T[], random: RandomStream): T => {
  if (items.length === 0) throw new Error('there is nothing to choose from');
  return items[random.integer(items.length)] as T;
};
const aHost = (world: World, random: RandomStream): string => pick([...world.hosts.keys()], random);
const aStorage = (world: World, random: RandomStream): string => pick([...world.storageNodes.keys()], random);
const nothing = (): void => undefined;

function network(world: World, host: string, up: boolean): void {
  for (const link of links) if (link !== 'bmc') world.network.setLink(host, link, up);
  world.checker.faultAtMs.set(host, world.loop.nowMs);
}

/** A value of the network or of the buckets that is set for a while. */
function setting(set: (world: World, on: boolean, random: RandomStream) => void): FaultKind['inflict'] {
  return (world, random) => {
    set(world, true, random);
    return { target: 'everywhere', heal: () => set(world, false, random) };
  };
}

/** One link of a host, or one direction to a node, is cut. */
const linkKinds: Record<string, FaultKind> = {
  'host-network': {
    lastsMs: [500, 60_000],
    inflict: (world, random) => {
      const host = aHost(world, random);
      network(world, host, false);
      return { target: host, heal: () => network(world, host, true) };
    },
  },
  'host-link': {
    lastsMs: [500, 60_000],
    inflict: (world, random) => {
      const host = aHost(world, random);
      const link = pick(links, random);
      world.network.setLink(host, link, false);
      world.checker.faultAtMs.set(host, world.loop.nowMs);
      return { target: `${host}/${link}`, heal: () => world.network.setLink(host, link, true) };
    },
  },
  'directed-pair': {
    lastsMs: [500, 60_000],
    inflict: (world, random) => {
      const host = aHost(world, random);
      const others = [...world.network.machines.keys()].filter((name) => name !== host);
      const other = pick(others, random);
      const [from, to] = random.next() < 0.5 ? [host, other] : [other, host];
      world.network.setPair(from, to, false);
      world.checker.faultAtMs.set(host, world.loop.nowMs);
      return { target: `${from}>${to}`, heal: () => world.network.setPair(from, to, true) };
    },
  },
  'control-pair': {
    lastsMs: [500, 60_000],
    inflict: (world, random) => {
      const from = pick(world.controlNodes, random);
      const to = pick([...world.network.machines.keys()].filter((name) => name !== from), random);
      world.network.setPair(from, to, false);
      return { target: `${from}>${to}`, heal: () => world.network.setPair(from, to, true) };
    },
  },
  'message-loss': {
    lastsMs: [5000, 60_000],
    inflict: setting((world, on) => (world.network.loss = on ? 0.1 : 0)),
  },
  'message-delay': {
    lastsMs: [5000, 60_000],
    inflict: setting((world, on) => (world.network.extraDelayMs = on ? 300 : 0)),
  },
  'message-duplication': {
    lastsMs: [10_000, 120_000],
    inflict: setting((world, on) => (world.network.duplication = on ? 0.3 : 0)),
  },
};

/** Power, pauses, programs and clocks of a host. */
const hostKinds: Record<string, FaultKind> = {
  'host-power': {
    lastsMs: [1000, 90_000],
    inflict: (world, random) => {
      const host = aHost(world, random);
      world.powerOff(host);
      world.heldOff.add(host);
      const heal = (): void => {
        world.heldOff.delete(host);
        world.powerOn(host);
      };
      return { target: host, heal };
    },
  },
  'host-pause': {
    lastsMs: [200, 60_000],
    inflict: (world, random) => {
      const host = aHost(world, random);
      world.freezeHost(host, true);
      return { target: host, heal: () => world.freezeHost(host, false) };
    },
  },
  'host-agent': {
    lastsMs: [500, 60_000],
    inflict: (world, random) => {
      const host = world.host(aHost(world, random));
      host.agent.process.crash();
      return { target: host.name, heal: () => world.startAgent(host) };
    },
  },
  'host-agent-pause': {
    lastsMs: [500, 30_000],
    inflict: (world, random) => {
      const { name, agent } = world.host(aHost(world, random));
      agent.process.freeze(true);
      return { target: name, heal: () => agent.process.freeze(false) };
    },
  },
  'host-agent-crash': {
    lastsMs: [30_000, 60_000],
    inflict: (world, random) => {
      const host = world.host(aHost(world, random));
      host.agent.process.effectsLeft = random.integer(12);
      world.supervise(host.agent.process, () => world.startAgent(host), 500 + random.integer(5000));
      return { target: host.name, heal: () => world.startAgent(host) };
    },
  },
  'host-clock': {
    lastsMs: [5000, 60_000],
    inflict: (world, random) => {
      const { machine, name } = world.host(aHost(world, random));
      const offsetMs = (random.next() < 0.5 ? -1 : 1) * random.integer(60_000);
      machine.clockOffsetMs += offsetMs;
      return { target: `${name} by ${offsetMs} ms`, heal: () => (machine.clockOffsetMs -= offsetMs) };
    },
  },
  'guest-crash': {
    lastsMs: [0, 0],
    inflict: (world, random) => {
      const { name, hypervisor } = world.host(aHost(world, random));
      const domain = hypervisor.list()[0];
      if (domain && !domain.incoming) hypervisor.crash(domain.identity.vm, 'crashed');
      return { target: `${domain?.identity.vm ?? 'nobody'} on ${name}`, heal: nothing };
    },
  },
  'start-failures': {
    lastsMs: [5000, 60_000],
    inflict: (world, random) => {
      const { name, hypervisor } = world.host(aHost(world, random));
      hypervisor.startFailures = 0.6;
      return { target: name, heal: () => (hypervisor.startFailures = 0) };
    },
  },
  'late-starts': {
    lastsMs: [5000, 60_000],
    inflict: (world, random) => {
      const { name, hypervisor } = world.host(aHost(world, random));
      hypervisor.lateStarts = 0.6;
      return { target: name, heal: () => (hypervisor.lateStarts = 0) };
    },
  },
  'deaf-guests': {
    lastsMs: [30_000, 120_000],
    inflict: (world, random) => {
      const { name, hypervisor } = world.host(aHost(world, random));
      hypervisor.deafGuests = 0.8;
      return { target: name, heal: () => (hypervisor.deafGuests = 0) };
    },
  },
};

function bmcKind(state: 'slow' | 'dead' | 'lying'): FaultKind {
  return {
    lastsMs: [10_000, 120_000],
    inflict: (world, random) => {
      const { name, bmc } = world.host(aHost(world, random));
      bmc.state = state;
      if (state === 'lying') world.powerLiars.add(name);
      return { target: name, heal: () => (bmc.state = 'well') };
    },
  };
}

/** The control plane: replicas, bus servers, what clients see of the store. */
const controlKinds: Record<string, FaultKind> = {
  'bmc-slow': bmcKind('slow'),
  'bmc-dead': bmcKind('dead'),
  'bmc-lying': bmcKind('lying'),
  'replica-kill': {
    lastsMs: [500, 60_000],
    inflict: (world, random) => {
      const { process, service, node, start } = pick(world.replicas, random);
      process.crash();
      const heal = (): void => void (!process.alive && process.machine.powered && start());
      return { target: `${service}@${node}`, heal };
    },
  },
  'replica-crash': {
    lastsMs: [30_000, 60_000],
    inflict: (world, random) => {
      const { process, service, node, start } = pick(world.replicas, random);
      process.effectsLeft = random.integer(12);
      world.supervise(process, start, 500 + random.integer(5000));
      return { target: `${service}@${node}`, heal: nothing };
    },
  },
  'replica-pause': {
    lastsMs: [300, 30_000],
    inflict: (world, random) => {
      const { process, service, node } = pick(world.replicas, random);
      process.freeze(true);
      return { target: `${service}@${node}`, heal: () => process.freeze(false) };
    },
  },
  'control-clock': {
    lastsMs: [5000, 60_000],
    inflict: (world, random) => {
      const { machine } = pick(world.replicas, random).process;
      const offsetMs = (random.next() < 0.5 ? -1 : 1) * random.integer(30_000);
      machine.clockOffsetMs += offsetMs;
      return { target: `${machine.name} by ${offsetMs} ms`, heal: () => (machine.clockOffsetMs -= offsetMs) };
    },
  },
  'bus-server': {
    lastsMs: [1000, 60_000],
    inflict: (world, random) => {
      const server = pick(world.bus.servers, random);
      world.bus.setServer(server, false);
      return { target: server, heal: () => world.bus.setServer(server, true) };
    },
  },
  'bus-out': {
    lastsMs: [1000, 60_000],
    inflict: (world) => {
      world.bus.setOut(true);
      return { target: 'bus', heal: () => world.bus.setOut(false) };
    },
  },
  'stale-reads': {
    lastsMs: [10_000, 60_000],
    inflict: setting((world, on) => {
      for (const bucket of world.bus.buckets.values()) bucket.staleReads = on ? 0.5 : 0;
    }),
  },
  'watch-lag': {
    lastsMs: [5000, 60_000],
    inflict: setting((world, on) => {
      for (const bucket of world.bus.buckets.values()) bucket.watchLagMs = on ? 1500 : 0;
    }),
  },
};

const storageKinds: Record<string, FaultKind> = {
  'storage-power': {
    lastsMs: [1000, 60_000],
    inflict: (world, random) => {
      const node = aStorage(world, random);
      world.storagePower(node, false);
      return { target: node, heal: () => world.storagePower(node, true) };
    },
  },
  'storage-service': {
    lastsMs: [500, 30_000],
    inflict: (world, random) => {
      const { name, service, machine } = world.storageNode(aStorage(world, random));
      service.process.crash();
      const heal = (): void => void (!service.process.alive && machine.powered && service.start());
      return { target: name, heal };
    },
  },
  'storage-crash': {
    lastsMs: [30_000, 60_000],
    inflict: (world, random) => {
      const { name, service } = world.storageNode(aStorage(world, random));
      service.process.effectsLeft = random.integer(12);
      world.supervise(service.process, () => service.start(), 500 + random.integer(5000));
      return { target: name, heal: nothing };
    },
  },
  'storage-daemon': {
    lastsMs: [200, 10_000],
    inflict: (world, random) => {
      const { name, store } = world.storageNode(aStorage(world, random));
      store.daemonUp = false;
      store.forgetTargets();
      return { target: name, heal: () => (store.daemonUp = true) };
    },
  },
  'storage-stuck-io': {
    lastsMs: [2000, 30_000],
    inflict: (world, random) => {
      const { name, store } = world.storageNode(aStorage(world, random));
      store.stuckMs = 500 + random.integer(4000);
      return { target: name, heal: () => (store.stuckMs = 0) };
    },
  },
  'storage-pause': {
    lastsMs: [500, 20_000],
    inflict: (world, random) => {
      const { name, service } = world.storageNode(aStorage(world, random));
      service.process.freeze(true);
      return { target: name, heal: () => service.process.freeze(false) };
    },
  },
  'storage-network': {
    lastsMs: [500, 30_000],
    inflict: (world, random) => {
      const node = aStorage(world, random);
      const link = pick(['management', 'storage'] as const, random);
      world.network.setLink(node, link, false);
      return { target: `${node}/${link}`, heal: () => world.network.setLink(node, link, true) };
    },
  },
};

export const faultKinds: Readonly<Record<string, FaultKind>> = {
  ...hostKinds,
  ...linkKinds,
  ...controlKinds,
  ...storageKinds,
};

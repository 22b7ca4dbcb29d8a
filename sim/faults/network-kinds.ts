/** Links, directed pairs, and what becomes of messages. */
import { links } from '../world/network.js';
import { aHost, network, pick, setting, type FaultKind } from './fault.js';

/** One link of a host, or one direction to a node, is cut. */
export const networkKinds: Record<string, FaultKind> = {
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
  /** A switch that serves most hosts; those that carry services stay on another. */
  'switch-out': {
    lastsMs: [2000, 60_000],
    inflict: (world, random) => {
      const link = pick(links, random);
      const hosts = [...world.hosts.keys()].filter((name) => !world.controlNodes.includes(name));
      world.network.setSwitch(hosts, link, false);
      return { target: `${hosts.length} hosts/${link}`, heal: () => world.network.setSwitch(hosts, link, true) };
    },
  },
  'control-pair': {
    lastsMs: [500, 60_000],
    inflict: (world, random) => {
      const node = pick(world.controlNodes, random);
      const other = pick([...world.network.machines.keys()].filter((name) => name !== node), random);
      const [from, to] = random.next() < 0.5 ? [node, other] : [other, node];
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
  'message-reordering': {
    lastsMs: [5000, 60_000],
    inflict: setting((world, on) => (world.network.reordering = on ? 0.2 : 0)),
  },
  'message-redelivery': {
    lastsMs: [10_000, 120_000],
    inflict: setting((world, on) => (world.network.redelivery = on ? 0.1 : 0)),
  },
  'late-writes': {
    lastsMs: [5000, 60_000],
    inflict: setting((world, on) => (world.network.lateWrites = on ? 0.1 : 0)),
  },
  'message-duplication': {
    lastsMs: [10_000, 120_000],
    inflict: setting((world, on) => (world.network.duplication = on ? 0.3 : 0)),
  },
};

/** The control plane: replicas, bus servers, what clients see of the store. */
import type { Replica } from '../world/world.js';
import { pick, nothing, setting, type FaultKind } from './fault.js';

/** Every replica of a service dies at once. */
function serviceOut(service: Replica['service']): FaultKind {
  return {
    lastsMs: [500, 60_000],
    inflict: (world) => {
      const own = world.replicas.filter((replica) => replica.service === service);
      for (const { process } of own) process.crash();
      const heal = (): void => {
        for (const { process, start } of own) if (!process.alive && process.machine.powered) start();
      };
      return { target: `every ${service}`, heal };
    },
  };
}

export const controlKinds: Record<string, FaultKind> = {
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
  'scheduler-out': serviceOut('scheduler'),
  'failover-out': serviceOut('failover'),
  'api-out': serviceOut('api'),
  'database-gone': {
    lastsMs: [5000, 3_600_000],
    inflict: (world) => {
      if (world.database) world.database.isUp = false;
      const heal = (): void => void (world.database && (world.database.isUp = true));
      return { target: 'database', heal };
    },
  },
  'database-dies': {
    lastsMs: [5000, 120_000],
    inflict: (world) => {
      if (world.database) world.database.diesMidway = 0.5;
      const heal = (): void => void (world.database && (world.database.diesMidway = 0));
      return { target: 'database', heal };
    },
  },
  'control-power': {
    lastsMs: [1000, 60_000],
    inflict: (world, random) => {
      const node = pick(world.controlNodes, random);
      world.controlPower(node, false);
      return { target: node, heal: () => world.controlPower(node, true) };
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
  'bus-split': {
    lastsMs: [1000, 60_000],
    inflict: (world, random) => {
      const server = pick(world.bus.servers, random);
      const others = world.bus.servers.filter((each) => each !== server);
      const cut = random.next() < 0.5 ? others : [pick(others, random)];
      const isOneWay = random.next() < 0.3;
      const set = (up: boolean): void => {
        for (const other of cut) {
          world.network.setPair(server, other, up);
          if (!isOneWay) world.network.setPair(other, server, up);
        }
      };
      set(false);
      return { target: `${server} from ${cut.join(' and ')}`, heal: () => set(true) };
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

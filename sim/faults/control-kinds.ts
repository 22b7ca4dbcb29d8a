/** The control plane: replicas, bus servers, what clients see of the store. */
import { pick, nothing, setting, type FaultKind } from './fault.js';

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

/** Storage nodes: power, service, target daemon, I/O. */
import { aStorage, nothing, pick, type FaultKind } from './fault.js';

export const storageKinds: Record<string, FaultKind> = {
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
      return { target: name, heal: () => (store.daemonUp = true) };
    },
  },
  'storage-daemon-pause': {
    lastsMs: [500, 20_000],
    inflict: (world, random) => {
      const { name, store } = world.storageNode(aStorage(world, random));
      store.daemon.freeze(true);
      return { target: name, heal: () => store.daemon.freeze(false) };
    },
  },
  'storage-freeze': {
    lastsMs: [500, 30_000],
    inflict: (world, random) => {
      const { name, machine } = world.storageNode(aStorage(world, random));
      machine.freeze(true);
      world.network.changed();
      const heal = (): void => {
        machine.freeze(false);
        world.network.changed();
      };
      return { target: name, heal };
    },
  },
  'storage-frozen-io': {
    lastsMs: [2000, 30_000],
    inflict: (world, random) => {
      const { name, store } = world.storageNode(aStorage(world, random));
      store.freezeIo(true);
      return { target: name, heal: () => store.freezeIo(false) };
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

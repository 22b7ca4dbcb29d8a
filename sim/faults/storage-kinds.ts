/** Storage nodes: power, service, target daemon, I/O. */
import type { World } from '../world/world.js';
import { aStorage, nothing, pick, type FaultKind } from './fault.js';

/** Its target does not answer that host; or its disk returns errors, whoever asks. */
export function loseLun(
  world: World,
  { host, volume, node, hasErrors }: { host: string; volume: string; node: string; hasErrors: boolean },
  isLost: boolean,
): void {
  const lost = hasErrors ? world.storageNode(node).store.failing : world.host(host).hypervisor.lostLuns;
  if (isLost) lost.add(volume);
  else lost.delete(volume);
  world.loop.disturb();
}

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
  /** One disk of one host: its target answers nothing, or what it answers are errors. */
  'lun-lost': {
    lastsMs: [1000, 60_000],
    inflict: (world, random) => {
      const domains = [...world.hypervisors()].flatMap((hypervisor) => hypervisor.list());
      const disks = domains.flatMap(({ host, volumes }) => volumes.map((disk) => ({ host, ...disk })));
      const hasErrors = random.next() < 0.5;
      if (disks.length === 0) return { target: 'none', heal: nothing };
      const { host, volume, node } = pick(disks, random);
      loseLun(world, { host, volume, node, hasErrors }, true);
      const heal = (): void => loseLun(world, { host, volume, node, hasErrors }, false);
      return { target: `${volume} ${hasErrors ? 'with errors' : `of ${host}`}`, heal };
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

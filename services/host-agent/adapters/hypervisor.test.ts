import { describe, expect, test } from 'vitest';
import type { DomainSpec, Hypervisor } from '../ports.js';
import { describeHypervisor } from './hypervisor-contract.js';
import { SimulatedHypervisor } from './simulated-hypervisor.js';
import { SimulatedWorld } from './simulated-world.js';

function twoHosts(): { world: SimulatedWorld; first: Hypervisor; second: Hypervisor } {
  const world = new SimulatedWorld();
  const hardware = { cpus: 4, memoryMiB: 4096 };
  world.addHost({
    ...hardware,
    name: 'h1',
    address: '10.0.0.1',
    uuid: '00000000-0000-4000-8000-000000000001',
  });
  world.addHost({
    ...hardware,
    name: 'h2',
    address: '10.0.0.2',
    uuid: '00000000-0000-4000-8000-000000000002',
  });
  return {
    world,
    first: new SimulatedHypervisor(world, 'h1'),
    second: new SimulatedHypervisor(world, 'h2'),
  };
}

function specOf(vm: string, generation: number): DomainSpec {
  return {
    identity: { vm, uid: `uid-${vm}`, generation, hostEpoch: 1, incarnation: 'i1' },
    cpus: 1,
    memoryMiB: 128,
    boot: null,
    disks: [
      {
        volume: vm,
        iqn: `iqn.test:${vm}.g${generation}`,
        lun: 1,
        portalAddress: '10.0.1.1',
        portalPort: 3260,
        chapUser: `user${generation}`,
      },
    ],
    nics: [],
  };
}

describeHypervisor('simulated', async () => {
  const { world, first, second } = twoHosts();
  return {
    first,
    second,
    addressOfSecond: '10.0.0.2',
    guest: async (vm, generation) => ({
      spec: specOf(vm, generation),
      secrets: [{ volume: vm, password: 'secret' }],
    }),
    untilGuestListens: async () => undefined,
    troubleGuest: async (vm, trouble) => world.troubleGuest(vm, trouble),
    killDaemonOfFirst: async () => world.stopDaemon('h1'),
    startDaemonOfFirst: async () => world.startDaemon('h1'),
    close: async () => undefined,
  };
});

describe('a simulated host', () => {
  const secrets = [{ volume: 'vm', password: 'secret' }];

  test('loses its VMs with its power and starts none by itself when power returns', async () => {
    const { world, first } = twoHosts();
    await first.connect();
    await first.start(specOf('vm', 1), secrets);
    world.powerOff('h1');
    expect(first.connected).toBe(false);
    world.powerOn('h1');
    expect(await first.list()).toEqual([]);
  });

  test('does not let a start begun before a power cut land after it', async () => {
    const { world, first } = twoHosts();
    await first.connect();
    const start = first.start(specOf('vm', 1), secrets);
    world.powerOff('h1');
    world.powerOn('h1');
    await expect(start).rejects.toMatchObject({ code: 'disconnected' });
    expect(world.copiesOf('vm')).toEqual([]);
  });

  test('cannot start a VM whose target refuses the login', async () => {
    const { world, first } = twoHosts();
    world.storage = { canLogIn: () => false, canWrite: () => false };
    await first.connect();
    await expect(first.start(specOf('vm', 1), secrets)).rejects.toMatchObject({ code: 'internal' });
    expect(world.copiesOf('vm')).toEqual([]);
  });
});

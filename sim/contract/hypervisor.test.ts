import { describeHypervisor } from '../../services/host-agent/adapters/hypervisor-contract.js';
import type { DomainSpec } from '../../services/host-agent/ports.js';
import { Loop } from '../engine/loop.js';
import { Machine } from '../engine/process.js';
import { Hypervisor } from '../world/hypervisor.js';
import { Network } from '../world/network.js';
import { TargetStore } from '../world/target-store.js';
import { WorldHypervisor } from './hypervisor.js';
import { silentWatcher } from './silent-watcher.js';
import { titled } from './left-out.js';
import { VirtualTime } from './virtual-time.js';

const outside = { watchdogs: 'it has no watchdog device' };

describeHypervisor(
  titled('simulated world', outside),
  async () => {
    const loop = new Loop(1);
    const time = new VirtualTime(loop);
    const network = new Network(loop);
    const machine = (name: string): Machine => {
      const added = new Machine(loop, name);
      network.machines.set(name, added);
      return added;
    };
    const store = new TargetStore(machine('san1'), silentWatcher);
    const hypervisors = new Map<string, Hypervisor>();
    const host = (name: string, uuid: string): WorldHypervisor => {
      const hypervisor = new Hypervisor(machine(name), {
        network,
        stores: { at: () => store },
        watcher: silentWatcher,
        hypervisor: (other) => hypervisors.get(other) ?? null,
      });
      hypervisors.set(name, hypervisor);
      return new WorldHypervisor({ hypervisor, store, time, hardware: { uuid, cpus: 4, memoryMiB: 4096 } });
    };
    return {
      first: host('h1', '00000000-0000-4000-8000-000000000001'),
      second: host('h2', '00000000-0000-4000-8000-000000000002'),
      addressOfSecond: 'h2',
      guest: async (vm, generation) => {
        store.createVolume(vm, 2 ** 20);
        return { spec: specOf(vm, generation), secrets: [{ volume: vm, password: 'secret' }] };
      },
      untilGuestListens: async () => undefined,
      troubleGuest: async (vm, trouble) =>
        hypervisors.get('h1')?.troubleGuest(vm, trouble === 'panics' ? 'panicked' : 'hung'),
      killDaemonOfFirst: async () => hypervisors.get('h1')?.hang(true),
      startDaemonOfFirst: async () => hypervisors.get('h1')?.hang(false),
      close: () => time.stop(),
    };
  },
  outside,
);

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

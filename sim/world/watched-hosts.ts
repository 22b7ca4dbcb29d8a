/** What the check of self-fencing looks at. */
import type { VmRecord } from '@holdfast/contracts';
import type { WatchedHost } from '../check/self-fence.js';
import type { Domain } from './domain.js';
import type { SimHost, StorageNode } from './world.js';
import type { Bus } from './bus.js';
import type { Network } from './network.js';

const nothing: readonly Domain[] = [];

export function* watchedHosts(world: {
  hosts: ReadonlyMap<string, SimHost>;
  storageNodes: ReadonlyMap<string, StorageNode>;
  network: Network;
  bus: Bus;
}): Iterable<WatchedHost> {
  const vms = world.bus.bucket<VmRecord>('vms');
  for (const { name, machine, agent, hypervisor } of world.hosts.values()) {
    const { process } = agent;
    const acts = machine.powered && process.alive && !process.isFrozen && hypervisor.connected && agent.isArmed;
    const hearing = [...world.storageNodes.values()].filter(
      (storage) =>
        storage.service.process.alive &&
        !storage.service.process.isFrozen &&
        world.network.connects(name, storage.name, 'storage'),
    );
    const epochFloor = Math.max(0, ...hearing.map(({ store }) => store.floors.hosts[name] ?? 0));
    const isRestarted = (vm: string): boolean => vms.value(vm)?.spec.policy.restart === 'always';
    yield {
      name,
      agentLife: acts ? process.life : null,
      hasBus: world.bus.isReachable(name),
      hasStorage: hearing.length > 0,
      domains: () => hypervisor.list().filter(({ identity }) => isRestarted(identity.vm)),
      revoked:
        epochFloor === 0
          ? nothing
          : hypervisor.list().filter(({ identity, incoming }) => !incoming && identity.hostEpoch < epochFloor),
    };
  }
}

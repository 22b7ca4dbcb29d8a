/** What a host finds when it asks storage, without a write and without access. */
import type { Hypervisor } from './hypervisor.js';

/** The storage node speaks to this host. */
export function reachesStorage({ machine, world }: Hypervisor, node: string): boolean {
  return world.network.connects(machine.name, node, 'storage') && world.stores.at(node).isUp;
}

/** Its target lets in the copy of this generation. */
export function wouldLogIn(
  { machine, world, lostLuns }: Hypervisor,
  { volume, node }: { volume: string; node: string },
  generation: number,
): boolean {
  return !lostLuns.has(volume) && world.stores.at(node).admits(volume, generation, machine.name);
}

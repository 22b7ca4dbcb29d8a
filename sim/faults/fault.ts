/** What the faults have in common. */
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

export const pick = <T>(items: readonly T[], random: RandomStream): T => {
  if (items.length === 0) throw new Error('there is nothing to choose from');
  return items[random.integer(items.length)] as T;
};
export const aHost = (world: World, random: RandomStream): string => pick([...world.hosts.keys()], random);
export const aStorage = (world: World, random: RandomStream): string =>
  pick([...world.storageNodes.keys()], random);
export const nothing = (): void => undefined;

/** The host's own networks; its BMC stays on its own. */
export function network(world: World, host: string, up: boolean): void {
  for (const link of links) if (link !== 'bmc') world.network.setLink(host, link, up);
  world.checker.faultAtMs.set(host, world.loop.nowMs);
}

/** A value of the network or of the buckets that is set for a while. */
export function setting(
  set: (world: World, on: boolean, random: RandomStream) => void,
): FaultKind['inflict'] {
  return (world, random) => {
    set(world, true, random);
    return { target: 'everywhere', heal: () => set(world, false, random) };
  };
}

/** A value of one host, set for a while. */
export function onHost(set: (host: ReturnType<World['host']>, on: boolean) => void): FaultKind['inflict'] {
  return (world, random) => {
    const host = world.host(aHost(world, random));
    set(host, true);
    return { target: host.name, heal: () => set(host, false) };
  };
}

/** What people and the cluster do besides, where a seed has every fault: each drawn from a stream of that seed. */
import type { World } from '../world/world.js';
import { scheduleDrills } from './drills.js';
import { scheduleHostWork } from './host-work.js';
import { scheduleLoads } from './loads.js';
import { schedulePowerSaving } from './power-saving.js';
import { scheduleWays } from './ways.js';

export const besideKinds = ['drills', 'loads', 'host-work', 'power-saving', 'ways'] as const;
export type BesideKind = (typeof besideKinds)[number];

const schedules: Readonly<Record<BesideKind, (world: World, untilMs: number, vms: number) => void>> = {
  drills: scheduleDrills,
  loads: scheduleLoads,
  'host-work': scheduleHostWork,
  'power-saving': schedulePowerSaving,
  ways: (world, untilMs, vms) => scheduleWays(world, vms, untilMs),
};

/** Until then, among so many VMs. */
export function scheduleBeside(world: World, kinds: readonly BesideKind[], untilMs: number, vms: number): void {
  for (const kind of kinds) schedules[kind](world, untilMs, vms);
}

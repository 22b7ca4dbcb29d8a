/**
 * Bugs that tests switch on by name, to see that the checker finds them. No build contains this folder
 * (`tsconfig.json`), and no command or setting leads to it.
 */
import { runWorld, worldOf, type SeedOptions, type SeedResult } from '../run/run-seed.js';
import type { Plant } from '../twin/plant.js';
import { World } from '../world/world.js';
import { agentBugs } from './agent-bugs.js';
import type { PlantedBug, PlantedBugs } from './bug.js';
import { drillBugs } from './drill-bugs.js';
import { failoverBugs } from './failover-bugs.js';
import { leaseBugs } from './lease-bugs.js';
import { runnerBugs } from './runner-bugs.js';
import { schedulerBugs } from './scheduler-bugs.js';
import { sleepBugs } from './sleep-bugs.js';
import { storageBugs } from './storage-bugs.js';

/** The cluster they are looked for in. */
export const plantedSizes = { hosts: 4, vms: 10, minutes: 4 };

export const plantedBugs: PlantedBugs = {
  ...storageBugs,
  ...agentBugs,
  ...failoverBugs,
  ...drillBugs,
  ...leaseBugs,
  ...schedulerBugs,
  ...sleepBugs,
  ...runnerBugs,
};

function bugNamed(name: string): PlantedBug {
  const bug = plantedBugs[name];
  if (!bug) throw new Error(`there is no planted bug ${name}`);
  return bug;
}

export const plant = (name: string): Plant => bugNamed(name).plant;

/** The seed in the cluster in which this bug is looked for, with it or without. */
export function runWithBug(seed: number, name: string, isPlanted: boolean): SeedResult {
  const { faults, cluster, happens, plant: planted } = bugNamed(name);
  const options: SeedOptions = { ...plantedSizes, faults };
  const world = new World({ ...worldOf(seed, options), ...cluster, ...(isPlanted ? { planted } : {}) });
  happens?.(world);
  return runWorld(world, options);
}

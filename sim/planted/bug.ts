import type { Plant } from '../twin/plant.js';
import type { World, WorldOptions } from '../world/world.js';

/** A bug, and where to look for it. */
export interface PlantedBug {
  /** What it does wrong. */
  does: string;
  /** The safety rule it breaks (`docs/safety.md`), a proof that it takes for one, or an invariant of the simulator. */
  breaks: string;
  /** What may go wrong besides. */
  faults: readonly string[];
  plant: Plant;
  /** It breaks no invariant, but what this scenario demands; no seed is looked for. */
  scenario?: string;
  /** What else is so, with the bug and without it: what people do, or how the cluster is built. */
  happens?(world: World): void;
  cluster?: Partial<WorldOptions>;
}

export type PlantedBugs = Readonly<Record<string, PlantedBug>>;

/** Hosts that are cut off, and that nobody can switch off. */
export const isolated = ['host-network', 'bmc-dead'];

/** The same view, but for what is patched; the rest is looked up as before. */
export function seenAs<View extends object>(view: View, patch: Partial<View>): View {
  const fields = Object.entries(patch).map(([key, value]) => [key, { value, enumerable: true }]);
  return Object.create(view, Object.fromEntries(fields) as PropertyDescriptorMap) as View;
}

import type { DomainWatcher } from '../world/hypervisor.js';
import type { WriteWatcher } from '../world/target-store.js';

/** Here the contract judges, not the checkers. */
export const silentWatcher: DomainWatcher & WriteWatcher = {
  found: () => undefined,
  running: () => undefined,
  grown: () => undefined,
  ended: () => undefined,
  stored: () => undefined,
  restored: () => undefined,
  written: () => undefined,
  floorFell: () => undefined,
  opened: () => undefined,
  witnessed: () => undefined,
};

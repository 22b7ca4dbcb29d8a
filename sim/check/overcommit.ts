import type { SettingsRecord } from '@holdfast/contracts';
import type { Bus } from '../world/bus.js';

/** Tells of each factor by which memory may be promised more often than it is there, on whichever host. */
export function watchOvercommit(bus: Bus, allowed: (factor: number) => void): void {
  const settings = bus.bucket<SettingsRecord>('settings');
  const { onWrite } = settings;
  settings.onWrite = (before, after) => {
    onWrite(before, after);
    const { memoryOvercommit = 1, memoryOvercommitOn = {} } = after.value?.settings ?? {};
    allowed(Math.max(memoryOvercommit, ...Object.values(memoryOvercommitOn)));
  };
}

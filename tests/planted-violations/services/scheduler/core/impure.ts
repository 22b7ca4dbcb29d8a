/** Planted: a core that performs. */
import { bus } from '../../../libs/bus/index.js';

export const nowMs = Date.now();
export const chance = Math.random();
export const later = setTimeout(() => bus, 1);
export async function decide(): Promise<void> {
  await Promise.resolve();
}

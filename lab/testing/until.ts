import { waitUntil } from '../wait.js';

const lookEveryMs = 100;

/** Waits for a condition, with the limit that suits tests. */
export function until(what: string, condition: () => Promise<boolean> | boolean, withinMs = 120_000): Promise<void> {
  return waitUntil(what, condition, { withinMs, everyMs: lookEveryMs });
}

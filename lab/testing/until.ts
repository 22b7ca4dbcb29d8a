import { setTimeout as sleep } from 'node:timers/promises';
import { ApiProblem, ApiUnreachable } from '@holdfast/client';

const lookEveryMs = 100;

/** Waits for a condition; an API that is away for a while has not met it yet. */
export async function until(
  what: string,
  condition: () => Promise<boolean> | boolean,
  withinMs = 60_000,
): Promise<void> {
  const deadlineMs = Date.now() + withinMs;
  let last: unknown = null;
  for (;;) {
    try {
      if (await condition()) return;
      last = null;
    } catch (error) {
      if (!(error instanceof ApiProblem || error instanceof ApiUnreachable)) throw error;
      last = error;
    }
    if (Date.now() > deadlineMs) {
      throw new Error(`did not happen within ${withinMs / 1000} s: ${what}`, { cause: last });
    }
    await sleep(lookEveryMs);
  }
}

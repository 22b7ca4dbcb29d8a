import { setTimeout as sleep } from 'node:timers/promises';
import { ApiProblem, ApiUnreachable } from '@holdfast/client';
import { LabError } from './errors.js';

export interface WaitOptions {
  withinMs?: number;
  everyMs?: number;
  signal?: AbortSignal | undefined;
}

/**
 * Waits for a condition; an API that is away for a while has not met it yet.
 * @throws LabError `timeout`, or what the condition throws; the signal's reason.
 */
export async function waitUntil(
  what: string,
  condition: () => Promise<boolean> | boolean,
  { withinMs = 120_000, everyMs = 40, signal }: WaitOptions = {},
): Promise<void> {
  const deadlineMs = performance.now() + withinMs;
  let last: unknown = null;
  for (;;) {
    try {
      if (await condition()) return;
      last = null;
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof ApiProblem || error instanceof ApiUnreachable)) throw error;
      last = error;
    }
    if (performance.now() > deadlineMs) {
      throw new LabError('timeout', `waited ${Math.round(withinMs / 1000)} s for ${what}`, { cause: last });
    }
    await sleep(everyMs, undefined, { signal });
  }
}

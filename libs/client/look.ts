import { ApiProblem, ApiUnreachable } from './problem.js';
import { pause } from './transport.js';

/** Between two looks at something that is being waited for. */
const lookPauseMs = 300;

export interface LookOptions<T> {
  timeoutMs: number;
  /** Called with every look at it. */
  onProgress?(seen: T): void;
  signal?: AbortSignal;
}

/** Worth asking again: it may be back in a moment. */
export function isAway(error: unknown): error is Error {
  return error instanceof ApiUnreachable || (error instanceof ApiProblem && error.status >= 500);
}

/** What was seen once it is enough, or as it is when the time is over. An API that is away is waited for. */
export async function lookUntil<T>(
  look: () => Promise<T>,
  isEnough: (seen: T) => boolean,
  { timeoutMs, onProgress, signal }: LookOptions<T>,
): Promise<T> {
  const deadlineMs = performance.now() + timeoutMs;
  for (;;) {
    signal?.throwIfAborted();
    const isOver = performance.now() >= deadlineMs;
    try {
      const seen = await look();
      if (isOver || isEnough(seen)) return seen;
      onProgress?.(seen);
    } catch (error) {
      signal?.throwIfAborted();
      if (isOver || !isAway(error)) throw error;
    }
    await pause(lookPauseMs, signal);
  }
}

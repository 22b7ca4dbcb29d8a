import type { CloudEvent } from '@holdfast/contracts';
import { EventSourceParserStream } from 'eventsource-parser/stream';
import { ApiProblem, ApiUnreachable } from './problem.js';
import type { SequencedEvent } from './resources.js';
import { pause, type Transport } from './transport.js';

export interface FollowOptions {
  /** First sequence wanted, or a moment (RFC 3339); left out, only what happens from now on. */
  since?: number | string;
  /** `false`: ends once everything that there is has been told, from the oldest on unless `since` says another. */
  follow?: boolean;
  /** `vm`, `vm.web1`, `vm.*.started` or a whole subject; left out, all. */
  filter?: string;
  signal: AbortSignal;
  onEvent(event: SequencedEvent): void;
  /**
   * Following has begun: whatever happens from now on is seen. Called again after each
   * reconnection.
   */
  onOpen?(): void;
}

const firstPauseMs = 250;
const maxPauseMs = 5000;
/** One event is far smaller; a server that sends more is not ours. */
const maxBufferSize = 1_048_576;

/** A refusal that trying again would not change. */
function isFinal(error: unknown): boolean {
  return error instanceof ApiProblem && error.status < 500 && error.status !== 429;
}

/**
 * Follows the event stream until `signal` aborts, or to its end, reconnecting where it left off. Throws
 * `ApiProblem` when the API refuses, and `ApiUnreachable` when it cannot be reached at the very
 * first.
 */
export async function followEvents(transport: Transport, options: FollowOptions): Promise<void> {
  let last = typeof options.since === 'number' ? Math.max(0, options.since - 1) : null;
  let opened = false;
  let pauseMs = firstPauseMs;
  while (!options.signal.aborted) {
    try {
      const isAll = await readStream(transport, options, last, {
        onOpen: () => {
          opened = true;
          pauseMs = firstPauseMs;
          options.onOpen?.();
        },
        onEvent: (event) => {
          last = event.sequence;
          options.onEvent(event);
        },
      });
      if (isAll) return;
    } catch (error) {
      if (options.signal.aborted) return;
      if (isFinal(error) || (!opened && error instanceof ApiUnreachable)) throw error;
      if (!(error instanceof ApiProblem || error instanceof ApiUnreachable)) throw error;
    }
    await pause(pauseMs, options.signal);
    pauseMs = Math.min(pauseMs * 2, maxPauseMs);
  }
}

/** True once that was all, for somebody who does not follow. */
async function readStream(
  transport: Transport,
  options: FollowOptions,
  last: number | null,
  on: { onOpen(): void; onEvent(event: SequencedEvent): void },
): Promise<boolean> {
  const { since, filter, follow } = options;
  const response = await transport.stream({
    method: 'GET',
    path: '/events',
    query: {
      filter,
      since: typeof since === 'string' ? since : undefined,
      follow: follow === false ? 'false' : undefined,
    },
    headers: {
      accept: 'text/event-stream',
      ...(last === null ? {} : { 'last-event-id': String(last) }),
    },
    signal: options.signal,
  });
  on.onOpen();
  const messages = response
    .body!.pipeThrough(new TextDecoderStream())
    .pipeThrough(new EventSourceParserStream({ maxBufferSize }));
  const reader = messages.getReader();
  for (;;) {
    const read = await reader.read().catch((error: unknown) => {
      throw new ApiUnreachable(transport.baseUrl, 'the event stream broke off', { cause: error });
    });
    if (read.done) return false;
    if (read.value.event === 'caught-up') return true;
    const sequence = Number(read.value.id);
    if (!Number.isSafeInteger(sequence)) continue;
    on.onEvent({ sequence, event: JSON.parse(read.value.data) as CloudEvent });
  }
}

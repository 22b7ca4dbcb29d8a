import { setTimeout } from 'node:timers/promises';
import { Agent, fetch, type Response } from 'undici';
import { ApiProblem, ApiUnreachable, problemOf } from './problem.js';

export interface Connection {
  /** For example `https://10.0.0.1:8443`. */
  baseUrl: string;
  /** More APIs of the same cluster, asked when this one does not answer. */
  others?: readonly string[];
  token: string;
  /** PEM of the authority that signed the API's certificate; left out, the system's are trusted. */
  ca?: string;
}

export interface Call {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Below `/api/v1`. */
  path: string;
  query?: Record<string, string | number | undefined>;
  body?: unknown;
  idempotencyKey?: string;
  headers?: Record<string, string>;
  signal?: AbortSignal | undefined;
  timeoutMs?: number;
}

const defaultTimeoutMs = 15_000;
/** An API that is cut off from the records says so with it. */
const staleHeader = 'holdfast-stale';
const connectTimeoutMs = 5000;
/**
 * A request is sent at most this often; changes carry an idempotency key, so a repeat does nothing
 * twice.
 */
const maxAttempts = 3;
const brokenPauseMs = 500;
const unavailablePauseMs = 1000;

/** Ends early, without an error, when `signal` aborts. */
export async function pause(durationMs: number, signal?: AbortSignal): Promise<void> {
  await setTimeout(durationMs, undefined, { signal }).catch(() => undefined);
}

function reasonOf(error: unknown): string {
  const cause = (error as Error).cause as (Error & { code?: string }) | undefined;
  if (cause?.code === 'ECONNREFUSED') return 'nothing listens there';
  if ((error as Error).name === 'TimeoutError') return 'no answer in time';
  return cause?.message ?? (error as Error).message;
}

/** HTTP to the APIs of one cluster: the certificate authority, the token, the retries. */
export class Transport {
  private readonly agent: Agent;
  private readonly baseUrls: readonly string[];
  private asked = 0;

  constructor(private readonly connection: Connection) {
    this.baseUrls = [connection.baseUrl, ...(connection.others ?? [])].map((url) => url.replace(/\/+$/, ''));
    this.agent = new Agent({
      connect: {
        timeout: connectTimeoutMs,
        ...(connection.ca === undefined ? {} : { ca: connection.ca }),
      },
      // A stream of events is quiet for as long as nothing happens but the server's heartbeat.
      bodyTimeout: 60_000,
      connections: 16,
    });
  }

  /** Of the API that is asked now. */
  get baseUrl(): string {
    return this.baseUrls[this.asked % this.baseUrls.length] ?? '';
  }

  /**
   * The parsed answer. Throws `ApiProblem` or `ApiUnreachable`; an abort by the caller's signal as
   * it is.
   */
  async call<T>(call: Call): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        const timeoutMs = call.timeoutMs ?? defaultTimeoutMs;
        return await this.eachInTurn(call, timeoutMs, async (response) => (await this.parsed(response)) as T);
      } catch (error) {
        if (call.signal?.aborted || attempt >= maxAttempts) throw error;
        const waitMs = this.pauseBeforeRetryMs(error);
        if (waitMs === null) throw error;
        await pause(waitMs, call.signal);
      }
    }
  }

  /** An answer whose body is read as it comes. No time limit but the quiet one. */
  async stream(call: Call & { headers: Record<string, string> }): Promise<Response> {
    return await this.eachInTurn(call, null, async (response) => {
      if (!response.ok || !response.body) await this.parsed(response);
      return response;
    });
  }

  async close(): Promise<void> {
    await this.agent.destroy();
  }

  /**
   * Asks the next API when one does not answer, has lost the bus, or says itself that what it knows may be old; if
   * nobody knows better, that is the answer. What may not be done twice is asked once.
   */
  private async eachInTurn<T>(
    call: Call,
    timeoutMs: number | null,
    read: (response: Response) => Promise<T>,
  ): Promise<T> {
    const isRepeatable = call.method === 'GET' || call.idempotencyKey !== undefined;
    let old: Response | null = null;
    for (let left = this.baseUrls.length - 1; ; left -= 1) {
      const { asked } = this;
      try {
        const response = await this.send(call, timeoutMs);
        const isOld = call.method === 'GET' && response.headers.has(staleHeader);
        if (!isOld || left === 0) return await read(response);
        await old?.body?.cancel();
        old = response;
      } catch (error) {
        const isAway = error instanceof ApiUnreachable || (error instanceof ApiProblem && error.status === 503);
        if (call.signal?.aborted || !isAway) throw error;
        if (left === 0 && old) return await read(old);
        if (left === 0 || !isRepeatable) {
          this.leave(asked);
          throw error;
        }
      }
      this.leave(asked);
    }
  }

  /** Another call may have moved on already. */
  private leave(asked: number): void {
    if (this.asked === asked) this.asked += 1;
  }

  private pauseBeforeRetryMs(error: unknown): number | null {
    if (error instanceof ApiProblem && error.status === 503) return unavailablePauseMs;
    // Broken connections only: nothing listens there after a pause either, and a timeout was wait
    // enough.
    const cause = error instanceof ApiUnreachable ? (error.cause as Error | undefined) : undefined;
    const code = (cause?.cause as { code?: string } | undefined)?.code;
    const isBroken = code === 'ECONNRESET' || code === 'UND_ERR_SOCKET';
    // Of several, the one before may be back in a moment.
    return isBroken || (code === 'ECONNREFUSED' && this.baseUrls.length > 1) ? brokenPauseMs : null;
  }

  private async send(
    call: Call,
    timeoutMs: number | null,
  ): Promise<Response> {
    const url = new URL(`${this.baseUrl}/api/v1${call.path}`);
    for (const [name, value] of Object.entries(call.query ?? {})) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    const signals = [call.signal, timeoutMs === null ? undefined : AbortSignal.timeout(timeoutMs)];
    const given = signals.filter((signal) => signal !== undefined);
    try {
      return await fetch(url, {
        method: call.method,
        dispatcher: this.agent,
        redirect: 'error',
        headers: {
          accept: 'application/json',
          authorization: `Bearer ${this.connection.token}`,
          ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(call.idempotencyKey === undefined ? {} : { 'idempotency-key': call.idempotencyKey }),
          ...call.headers,
        },
        ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
        ...(given.length === 0 ? {} : { signal: AbortSignal.any(given) }),
      });
    } catch (error) {
      if (call.signal?.aborted) throw error;
      throw new ApiUnreachable(this.baseUrl, reasonOf(error), { cause: error });
    }
  }

  private async parsed(response: Response): Promise<unknown> {
    let body: unknown = null;
    try {
      body = JSON.parse(await response.text());
    } catch (error) {
      if (!(error instanceof SyntaxError)) {
        throw new ApiUnreachable(this.baseUrl, reasonOf(error), { cause: error });
      }
      throw problemOf(this.baseUrl, response.status, null);
    }
    if (!response.ok) throw problemOf(this.baseUrl, response.status, body);
    return body;
  }
}

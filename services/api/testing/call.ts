import type { ProblemDetails } from '@holdfast/client';
import type { FakeCluster } from './fake-cluster.js';

interface Options {
  method?: string;
  body?: unknown;
  /** The body as it is. */
  text?: string;
  headers?: Record<string, string>;
  token?: string | null;
}

type Call = <T = ProblemDetails>(
  path: string,
  options?: Options,
) => Promise<{ status: number; headers: Headers; body: T }>;

/** For tests only: HTTP as a stranger would speak it, without the client. */
export function caller(given: () => FakeCluster): Call {
  return async <T>(path: string, options: Options = {}) => {
    const { method, body, text, headers = {}, token = given().token } = options;
    const sent = text ?? (body === undefined ? undefined : JSON.stringify(body));
    const response = await fetch(`${given().api.url}${path}`, {
      method: method ?? (sent === undefined ? 'GET' : 'POST'),
      headers: {
        ...(sent === undefined ? {} : { 'content-type': 'application/json' }),
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...headers,
      },
      ...(sent === undefined ? {} : { body: sent }),
    });
    return { status: response.status, headers: response.headers, body: (await response.json()) as T };
  };
}

import type { ProblemDetails } from '@holdfast/client';
import { conforms } from './conforms.js';
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

/**
 * For tests only: HTTP as a stranger would speak it, without the client. An answer that the OpenAPI document does not
 * foresee is an error.
 */
export function caller(given: () => FakeCluster): Call {
  return async <T>(path: string, options: Options = {}) => {
    const { method, body, text, headers = {}, token = given().token } = options;
    const sent = text ?? (body === undefined ? undefined : JSON.stringify(body));
    const verb = method ?? (sent === undefined ? 'GET' : 'POST');
    const response = await fetch(`${given().api.url}${path}`, {
      method: verb,
      headers: {
        ...(sent === undefined ? {} : { 'content-type': 'application/json' }),
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...headers,
      },
      ...(sent === undefined ? {} : { body: sent }),
    });
    const { status, headers: answered } = response;
    const answer: unknown = await response.json();
    const type = answered.get('content-type') ?? '';
    if (path.startsWith('/api/')) conforms(verb, path, { status, type, body: answer });
    return { status, headers: answered, body: answer as T };
  };
}

import { readFile } from 'node:fs/promises';
import { request } from 'node:https';
import type { ClientContext } from '../services.js';

export interface RawAnswer {
  readonly status: number;
  readonly body: string;
}

/** One request as it is, past the client library: also what no well-behaved client would send. */
export async function rawHttp(
  context: ClientContext,
  path: string,
  options: { method?: string; body?: string; token?: string | null } = {},
): Promise<RawAnswer> {
  const { method = 'GET', body } = options;
  const own = (await readFile(context.tokenFile, 'utf8')).trim();
  const token = options.token === undefined ? own : options.token;
  const ca = await readFile(context.caFile, 'utf8');
  const headers: Record<string, string> = {
    ...(token === null ? {} : { authorization: `Bearer ${token}` }),
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
  };
  return await new Promise<RawAnswer>((resolve, reject) => {
    const url = new URL(path, context.api);
    const call = request(url, { method, ca, headers, timeout: 15_000 }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (part: string) => (text += part));
      answer.once('end', () => resolve({ status: answer.statusCode ?? 0, body: text }));
      answer.once('error', reject);
    });
    call.once('timeout', () => call.destroy(new Error(`${path}: no answer within 15 s`)));
    call.once('error', reject);
    call.end(body);
  });
}

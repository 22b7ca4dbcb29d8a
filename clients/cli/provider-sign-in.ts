/** Signing in with a browser, which the OpenID provider sends back to this machine (RFC 8252, 7.3). */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { NewSession, PeopleClient } from '@holdfast/client';
import { CommandFailure } from './failure.js';
import type { Io } from './io.js';

const path = '/callback';
const page = (text: string): string =>
  `<!doctype html><meta charset="utf-8"><title>Holdfast</title><body style="font-family: sans-serif"><p>${text}</p>`;

function refused(message: string): CommandFailure {
  return new CommandFailure({ code: 'unauthorized', message, remedy: 'run `holdfast login --oidc` again' });
}

/** Prints where to go, and waits until somebody has been there. */
export async function signInThroughProvider(client: PeopleClient, io: Io): Promise<NewSession> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const redirect = `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;
    const { flow, url, expiresAtMs } = await client.beginOidc({ redirect });
    const state = new URL(url).searchParams.get('state');
    const back = new Promise<URLSearchParams>((resolve) => {
      server.on('request', (request, response) => {
        const { pathname, searchParams } = new URL(request.url ?? '', redirect);
        // Whoever else on this machine comes along is of no use.
        const isAnswer = pathname === path && searchParams.get('state') === state;
        response.writeHead(isAnswer ? 200 : 404, { 'content-type': 'text/html', connection: 'close' });
        response.end(page(isAnswer ? 'The command line goes on; this window can be closed.' : 'Nothing is here.'));
        if (isAnswer) resolve(searchParams);
      });
    });
    io.stderr.write(`Sign in here, with a browser of this machine:\n\n  ${url}\n\n`);
    const answer = await Promise.race([back, givenUp(io.interrupted, expiresAtMs - Date.now())]);
    const code = answer.get('code');
    if (code === null) throw refused(`the provider refused: ${printable(answer.get('error') ?? 'without a word')}`);
    const iss = answer.get('iss');
    return await client.finishOidc({ flow, code, state: state ?? '', ...(iss !== null && { iss }) });
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

async function givenUp(interrupted: AbortSignal, withinMs: number): Promise<never> {
  const signal = AbortSignal.any([interrupted, AbortSignal.timeout(Math.max(0, withinMs))]);
  if (!signal.aborted) await once(signal, 'abort');
  throw refused('nobody signed in');
}

/** What comes from outside is not to drive a terminal. */
function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, '').slice(0, 200);
}

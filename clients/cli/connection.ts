import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Connection } from '@holdfast/client';
import { contextOf } from './contexts.js';
import { CommandFailure } from './failure.js';
import { keptSession } from './kept-sessions.js';

/** What `up` leaves in the state directory for the commands that follow. */
export interface ClientFile {
  api: string;
  /** Of the cluster's other APIs. */
  others?: string[];
  tokenFile: string;
  caFile?: string;
  /** For somebody outside who reads events from NATS. */
  events?: { servers: string[]; caFile: string; seedFile: string; inboxPrefix: string };
}

/** Where `up` keeps its state: `HOLDFAST_STATE`, else a place that fits who runs it. */
export function stateDirectory(env: Record<string, string | undefined>): string {
  if (env['HOLDFAST_STATE']) return env['HOLDFAST_STATE'];
  if (process.getuid?.() === 0) return '/var/lib/holdfast';
  const base = env['XDG_STATE_HOME'] || join(env['HOME'] ?? homedir(), '.local', 'state');
  return join(base, 'holdfast');
}

export function clientFilePath(env: Record<string, string | undefined>): string {
  return join(stateDirectory(env), 'client.json');
}

function readText(file: string, what: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new CommandFailure({
      code: 'no-connection',
      message: `${what} ${file} cannot be read (${code ?? 'unknown error'})`,
      remedy:
        code === 'EACCES'
          ? 'run this as the user that ran `./holdfast up`'
          : 'start it again with ./holdfast up',
    });
  }
}

export function readClientFile(env: Record<string, string | undefined>): ClientFile {
  const file = clientFilePath(env);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      throw new CommandFailure({
        code: 'not-running',
        message: 'nothing is running here; start it with ./holdfast up',
      });
    }
    text = readText(file, 'the connection file');
  }
  try {
    const parsed = JSON.parse(text) as Partial<ClientFile> | null;
    if (typeof parsed?.api === 'string' && typeof parsed.tokenFile === 'string') {
      return parsed as ClientFile;
    }
  } catch {
    // Told below, like a file without its fields.
  }
  throw new CommandFailure({
    code: 'no-connection',
    message: `the connection file ${file} is damaged`,
    remedy: 'take it down with ./holdfast down and start it again with ./holdfast up',
  });
}

function named(apis: string): { api: string; others: string[] } {
  const [api = '', ...others] = apis.split(',').map((url) => url.trim());
  return { api, others };
}

export interface Address {
  address: Omit<Connection, 'token'>;
  /** What stands for whoever is not signed in. */
  tokenFile: string | undefined;
  /** It was named for this command, so it goes before a session. */
  isTokenGiven: boolean;
}

/**
 * Which API to talk to: that of the context asked for by name; else `HOLDFAST_API` (several separated by commas),
 * `HOLDFAST_TOKEN_FILE` and `HOLDFAST_CA_FILE`; else that of the current context; else what `up` left.
 */
export function addressOf(env: Record<string, string | undefined>, context: string | undefined): Address {
  const isNamed = context === undefined && Boolean(env['HOLDFAST_API']);
  const known = isNamed ? null : contextOf(env, context);
  const file: Partial<ClientFile> = isNamed
    ? named(env['HOLDFAST_API'] ?? '')
    : known
      ? { ...known, ...named(known.api) }
      : readClientFile(env);
  const givenTokenFile = (known ? undefined : env['HOLDFAST_TOKEN_FILE']) || undefined;
  const caFile = (known ? undefined : env['HOLDFAST_CA_FILE']) || file.caFile;
  const { api: baseUrl = '', others = [] } = file;
  for (const url of [baseUrl, ...others]) {
    if (URL.canParse(url) && /^https?:/.test(url)) continue;
    throw new CommandFailure({
      code: 'no-connection',
      message: `${url} is not the URL of an API`,
      remedy: 'set HOLDFAST_API to a URL such as https://10.0.0.1:8443',
    });
  }
  return {
    address: {
      baseUrl,
      others,
      ...(caFile === undefined ? {} : { ca: readText(caFile, "the authority's certificate") }),
    },
    tokenFile: givenTokenFile ?? file.tokenFile,
    isTokenGiven: givenTokenFile !== undefined,
  };
}

/** Likewise, with the token: of the session that was begun with this API, else of the token file. */
export function connectionOf(env: Record<string, string | undefined>, context: string | undefined): Connection {
  const { address, tokenFile, isTokenGiven } = addressOf(env, context);
  const session = isTokenGiven ? null : keptSession(env, address);
  if (session !== null) return { ...address, token: session };
  if (tokenFile !== undefined) return { ...address, token: readText(tokenFile, 'the token file') };
  throw new CommandFailure({
    code: 'no-connection',
    message: 'HOLDFAST_API is set, but HOLDFAST_TOKEN_FILE is not, and nobody is signed in there',
    remedy:
      'sign in with `holdfast login`, or set HOLDFAST_TOKEN_FILE to the file with the token, and HOLDFAST_CA_FILE to ' +
      'its authority',
  });
}

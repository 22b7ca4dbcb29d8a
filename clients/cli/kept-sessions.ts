/** Sessions that a person has signed in to: each in a file of its own, of mode 600, beside the file of contexts. */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Connection } from '@holdfast/client';
import { contextsFile } from './contexts.js';
import { CommandFailure } from './failure.js';

type Env = Record<string, string | undefined>;
type Address = Omit<Connection, 'token'>;

/** Of one system: another one at the same address has another authority. */
function fileOf(env: Env, { baseUrl, ca = '' }: Address): string {
  const name = createHash('sha256').update(`${baseUrl}\n${ca}`).digest('hex').slice(0, 32);
  return join(dirname(contextsFile(env)), 'sessions', name);
}

/** The token of the session with this system; null: nobody is signed in. */
export function keptSession(env: Env, address: Address): string | null {
  const file = fileOf(env, address);
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw new CommandFailure({
      code: 'no-connection',
      message: `the session file ${file} cannot be read (${code ?? 'unknown error'})`,
      remedy: 'remove it, and sign in again with `holdfast login`',
    });
  }
}

/** Whole or not at all. */
export function keepSession(env: Env, address: Address, token: string): void {
  const file = fileOf(env, address);
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  rmSync(`${file}.new`, { force: true });
  writeFileSync(`${file}.new`, `${token}\n`, { mode: 0o600, flag: 'wx' });
  renameSync(`${file}.new`, file);
}

export function forgetSession(env: Env, address: Address): void {
  rmSync(fileOf(env, address), { force: true });
}

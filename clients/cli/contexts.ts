/** Systems that a person works with, each by a name: kept in one file of theirs. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { CommandFailure } from './failure.js';

type Env = Record<string, string | undefined>;

const contextSchema = z.strictObject({
  /** Several, of one cluster, separated by commas. */
  api: z.string().min(1),
  /** Holds the token, which is never in this file itself; left out, one signs in. */
  tokenFile: z.string().min(1).optional(),
  caFile: z.string().min(1).optional(),
});
export type Context = z.infer<typeof contextSchema>;

export const contextNameSchema = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/);

const contextsSchema = z.strictObject({
  /** Null: what `up` started here. */
  current: contextNameSchema.nullable(),
  contexts: z.record(contextNameSchema, contextSchema),
});
export type Contexts = z.infer<typeof contextsSchema>;

/** `HOLDFAST_CONFIG`, else where the XDG base directory specification keeps what a person has set. */
export function contextsFile(env: Env): string {
  if (env['HOLDFAST_CONFIG']) return env['HOLDFAST_CONFIG'];
  const base = env['XDG_CONFIG_HOME'] || join(env['HOME'] ?? homedir(), '.config');
  return join(base, 'holdfast', 'config.json');
}

/** Without a file there are none. Throws `CommandFailure` on one that cannot be read. */
export function readContexts(env: Env): Contexts {
  const file = contextsFile(env);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return { current: null, contexts: {} };
    throw damaged(file, `cannot be read (${code ?? 'unknown error'})`);
  }
  try {
    return contextsSchema.parse(JSON.parse(text));
  } catch {
    throw damaged(file, 'is damaged');
  }
}

/** Whole or not at all. */
export function writeContexts(env: Env, contexts: Contexts): void {
  const file = contextsFile(env);
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(`${file}.new`, `${JSON.stringify(contexts, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/** Throws `CommandFailure` when there is none of that name. */
export function knownContext({ contexts }: Contexts, name: string): Context {
  const found = Object.hasOwn(contexts, name) ? contexts[name] : undefined;
  if (found) return found;
  const names = Object.keys(contexts);
  throw new CommandFailure({
    code: 'not-found',
    message: `there is no context ${JSON.stringify(name)}`,
    remedy: names.length === 0
      ? 'make it with `holdfast config set NAME --api URL`'
      : `choose one of ${names.join(', ')}, or make it with \`holdfast config set\``,
  });
}

/** The context that is asked for by name or by `HOLDFAST_CONTEXT`, else the current one; null for none. */
export function contextOf(env: Env, name: string | undefined): Context | null {
  const contexts = readContexts(env);
  const wanted = name ?? (env['HOLDFAST_CONTEXT'] || contexts.current);
  return wanted === null ? null : knownContext(contexts, wanted);
}

function damaged(file: string, what: string): CommandFailure {
  return new CommandFailure({
    code: 'invalid',
    message: `the file of contexts ${file} ${what}`,
    remedy: `mend it, or move it away and make the contexts again with \`holdfast config set\``,
  });
}

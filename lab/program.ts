/**
 * Programs that a node keeps running: each is a directory with a `run` script, which
 * `node/supervise.sh` starts again whenever it ends, also after a power-on.
 */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { LabError } from './errors.js';
import { writeWhole } from './instance.js';

export interface ProgramSpec {
  /** Letters, digits and `-`; unique in its node. */
  readonly name: string;
  readonly command: string;
  readonly args?: readonly string[];
  /** The program gets these and PATH, HOME and LANG; they are kept in a file of mode 600. */
  readonly env?: Readonly<Record<string, string>>;
  /** Default `/`. */
  readonly cwd?: string;
  /** Standard output and error are appended here. */
  readonly logFile: string;
  /**
   * A TCP socket of the *machine's* network (port 0: any free one), handed to the program as file
   * descriptor 3 already listening; it stays open while the program is stopped and started, and is
   * lost when its node loses power, until `LabNode.listenAgain`.
   */
  readonly listen?: ListenPlace;
}

export interface ListenPlace {
  readonly host: string;
  readonly port: number;
}

/** A log is set aside (`.1`) at a start of its program once it is this big. */
const MAX_LOG_BYTES = 16 * 1024 * 1024;

export function programDirectory(nodeDirectory: string, name: string): string {
  return join(nodeDirectory, 'programs', name);
}

/** Writes the program's directory; its `run` script is there whole or not at all. */
export async function writeProgram(nodeDirectory: string, spec: ProgramSpec): Promise<void> {
  const directory = programDirectory(nodeDirectory, spec.name);
  const run = renderRun(spec);
  await mkdir(dirname(spec.logFile), { recursive: true });
  await mkdir(directory, { recursive: true, mode: 0o700 });
  if (spec.listen === undefined) await rm(listensFile(nodeDirectory, spec.name), { force: true });
  else await writeListens(nodeDirectory, spec.name, spec.listen);
  await writeWhole(join(directory, 'run'), run, 0o600);
}

/** Where a program listens; the port is the one it was given once it has started. */
export async function writeListens(nodeDirectory: string, name: string, place: ListenPlace): Promise<void> {
  await writeFile(listensFile(nodeDirectory, name), JSON.stringify(place));
}

/** Null: the program needs no socket. */
export async function readListens(nodeDirectory: string, name: string): Promise<ListenPlace | null> {
  const text = await readFile(listensFile(nodeDirectory, name), 'utf8').catch(() => null);
  return text === null ? null : (JSON.parse(text) as ListenPlace);
}

function listensFile(nodeDirectory: string, name: string): string {
  return join(programDirectory(nodeDirectory, name), 'listens');
}

/** The bash script that becomes the program. */
export function renderRun(spec: ProgramSpec): string {
  if (!/^[a-z][a-z0-9-]{0,40}$/.test(spec.name)) {
    throw new LabError('invalid-argument',
      `program name must be lower-case letters, digits and "-", not ${JSON.stringify(spec.name)}`);
  }
  const log = shellQuote(spec.logFile);
  const lines = ['#!/bin/bash'];
  for (const [name, value] of Object.entries(spec.env ?? {})) {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
      throw new LabError('invalid-argument',
        `program ${spec.name}: ${JSON.stringify(name)} cannot be an environment variable`);
    }
    lines.push(`export ${name}=${shellQuote(value)}`);
  }
  lines.push(
    `if [ "$(stat -c %s ${log} 2> /dev/null || echo 0)" -gt ${MAX_LOG_BYTES} ]; then`,
    `  mv ${log} ${log}.1`,
    'fi',
    `exec >> ${log} 2>&1 || exit 1`,
    `cd ${shellQuote(spec.cwd ?? '/')} || exit 1`,
    `exec ${[spec.command, ...(spec.args ?? [])].map(shellQuote).join(' ')}`,
  );
  return `${lines.join('\n')}\n`;
}

/** One word for a POSIX shell, whatever it holds. */
export function shellQuote(word: string): string {
  if (word.includes('\0')) throw new LabError('invalid-argument', 'a NUL cannot be passed on');
  return /^[A-Za-z0-9_\/.:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

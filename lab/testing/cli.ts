import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { repositoryDirectory } from '../tools.js';

/** The built command line, as `./holdfast` starts it. */
export const cliMain = join(repositoryDirectory(), 'clients', 'cli', 'dist', 'main.js');

export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one command line to its end; a command that fails is an answer. */
export async function runCli(
  stateDirectory: string,
  args: readonly string[],
  { withinMs = 180_000 }: { withinMs?: number } = {},
): Promise<CliResult> {
  const child = spawn(process.execPath, [cliMain, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, HOLDFAST_STATE: stateDirectory },
    timeout: withinMs,
    killSignal: 'SIGKILL',
  });
  const said = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => (said[stream] += text));
  }
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  return { code, ...said };
}

/** Runs one command to its end, bounded in time and in output. */
import { spawn } from 'node:child_process';
import { LabError } from './errors.js';

export interface CommandResult {
  readonly stdout: string;
  readonly stderr: string;
  /** The exit code; 128 + number if a signal ended it. */
  readonly code: number;
}

export interface CommandOptions {
  /** Default 30 s; then the command is killed and LabError `timeout` thrown. */
  readonly timeoutMs?: number;
  /** Given on standard input, which is empty otherwise. */
  readonly input?: string | Uint8Array;
  readonly env: Readonly<Record<string, string>>;
}

const MAX_OUTPUT_BYTES = 16 * 1024 * 1024;
const SIGNALS: Readonly<Record<string, number>> = { SIGKILL: 9, SIGTERM: 15, SIGSEGV: 11 };

/** @throws LabError `timeout`, or `failed` if it cannot be started or says more than 16 MiB. */
export async function runCommand(
  command: string, args: readonly string[], options: CommandOptions,
): Promise<CommandResult> {
  const timeoutMs = options.timeoutMs ?? 30_000;
  const child = spawn(command, args, { stdio: 'pipe', env: { ...options.env } });
  return await new Promise<CommandResult>((resolve, reject) => {
    const output = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
    let size = 0;
    const fail = (error: LabError): void => {
      clearTimeout(timer);
      child.kill('SIGKILL');
      // Whoever still holds the pipes must not hold us.
      child.stdout.destroy();
      child.stderr.destroy();
      reject(error);
    };
    const timer = setTimeout(() => {
      fail(new LabError('timeout', `${command} took longer than ${timeoutMs} ms`));
    }, timeoutMs);
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream].on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > MAX_OUTPUT_BYTES) {
          fail(new LabError('failed', `${command} says more than ${MAX_OUTPUT_BYTES} bytes`));
        } else output[stream].push(chunk);
      });
    }
    child.once('error', (error) => {
      fail(new LabError('failed', `cannot start ${command}: ${error.message}`, { cause: error }));
    });
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      resolve({
        stdout: Buffer.concat(output.stdout).toString('utf8'),
        stderr: Buffer.concat(output.stderr).toString('utf8'),
        code: code ?? 128 + (SIGNALS[signal ?? ''] ?? 0),
      });
    });
    // The command may end without reading its input; that is its own affair.
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input ?? '');
  });
}

/** Programs of Debian packages to compare with: installed where they are missing, run with their CPU time taken. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';

const run = promisify(execFile);
const outputAtMost = 64 * 1024 ** 2;
/** Of `timeout`, for what it had to kill. */
const killedStatus = 137;

export interface TimedRun {
  stdout: string;
  /** Of it and of what it started, by itself and by the system for it. */
  cpuSeconds: number;
}

/** Says so when it has to; returns why it cannot, or null when the program is there. */
export async function installPackage(
  name: string,
  binary: string,
  progress: (step: string) => void,
): Promise<string | null> {
  if (existsSync(binary)) return null;
  progress(`installing ${name} (Debian package) to compare with`);
  try {
    const install = ['apt-get', '-q', '-y', '--no-install-recommends', 'install', name];
    await run('env', ['DEBIAN_FRONTEND=noninteractive', ...install]);
    return null;
  } catch (error) {
    const [last = ''] = String((error as { stderr?: string }).stderr ?? error).trim().split('\n').slice(-1);
    return `${name} cannot be installed here: ${last}`;
  }
}

/** Null when it has not ended in that time. @throws when it fails */
export async function timedRun(
  binary: string,
  args: readonly string[],
  { timeLimitMs }: { timeLimitMs: number },
): Promise<TimedRun | null> {
  const timed = `TIMEFORMAT='%U %S'; time timeout --signal=KILL "$@"`;
  try {
    const { stdout, stderr } = await run('bash', ['-c', timed, 'timed', String(timeLimitMs / 1000), binary, ...args], {
      maxBuffer: outputAtMost,
    });
    const [user = 0, system = 0] = (stderr.trim().split('\n').at(-1) ?? '').split(' ').map(Number);
    return { stdout, cpuSeconds: user + system };
  } catch (error) {
    if ((error as { code?: unknown }).code === killedStatus) return null;
    throw error;
  }
}

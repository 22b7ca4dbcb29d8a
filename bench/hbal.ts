/** `hbal` of Debian's ganeti-htools: which VMs it would move so that hosts are used evenly. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const hbalBinary = '/usr/bin/hbal';

export interface HbalRun {
  cpuSeconds: number;
  /** VMs by name with their hosts, once it is done. */
  after: ReadonlyMap<string, string>;
  moves: number;
}

/** Null when it has not ended in that time. */
export async function hbal(cluster: string, timeLimitMs: number): Promise<HbalRun | null> {
  const directory = await mkdtemp(join(tmpdir(), 'hbal-'));
  try {
    const [file, saved] = [join(directory, 'cluster'), join(directory, 'after')];
    await writeFile(file, cluster);
    const timed = `TIMEFORMAT='%U %S'; time ${hbalBinary} "$@"`;
    // A step is two commands at most, each line numbered.
    const args = ['-t', file, '--ignore-dynu', '-S', saved];
    const { stdout, stderr } = await run('bash', ['-c', timed, 'hbal', ...args], {
      maxBuffer: 64 * 1024 ** 2,
      timeout: timeLimitMs,
      killSignal: 'SIGKILL',
    });
    const [user = 0, system = 0] = (stderr.trim().split('\n').at(-1) ?? '').split(' ').map(Number);
    const lines = (await readFile(`${saved}.balanced`, 'utf8')).split('\n');
    const after = new Map(lines.map((line) => line.split('|')).filter((cells) => cells[8] === 'ext')
      .map((cells) => [cells[0] ?? '', cells[6] ?? '']));
    return { cpuSeconds: user + system, after, moves: (stdout.match(/^\s+\d+\. /gm) ?? []).length };
  } catch (error) {
    if ((error as { killed?: boolean }).killed) return null;
    throw error;
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** `hbal` of Debian's ganeti-htools: which VMs it would move so that hosts are used evenly. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { timedRun } from './peer-run.js';

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
    const args = ['-t', file, '--ignore-dynu', '-S', saved];
    const run = await timedRun(hbalBinary, args, { timeLimitMs });
    if (!run) return null;
    const lines = (await readFile(`${saved}.balanced`, 'utf8')).split('\n');
    const after = new Map(lines.map((line) => line.split('|')).filter((cells) => cells[8] === 'ext')
      .map((cells) => [cells[0] ?? '', cells[6] ?? '']));
    // A step is two commands at most, each line numbered.
    return { cpuSeconds: run.cpuSeconds, after, moves: (run.stdout.match(/^\s+\d+\. /gm) ?? []).length };
  } finally {
    await rm(directory, { recursive: true });
  }
}

import { readFile, readdir, readlink } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { markedProcesses } from '../process-table.js';
import { runCommand } from '../run-command.js';

const env = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' };

export interface MachineMarks {
  readonly interfaces: string;
  readonly netns: string;
  readonly tables: string;
}

/** What the machine's own network shows; to be compared before and after. */
export async function machineMarks(): Promise<MachineMarks> {
  const output = async (command: string, ...args: string[]): Promise<string> =>
    (await runCommand(command, args, { env })).stdout.trim();
  const names = await readdir('/sys/class/net');
  return {
    interfaces: names.sort().join(' '),
    netns: existsSync('/run/netns') ? await output('ip', 'netns', 'list') : '',
    tables: await output('nft', 'list', 'tables').catch(() => ''),
  };
}

/** The lock is a file for ever; guest images save the next `up` its time; the next `up` finds its data again. */
const kept = new Set(['lock', 'images', 'database']);

/** Everything that still names this state directory: nothing, after `down`. */
export async function leftovers(stateDirectory: string): Promise<string[]> {
  const found: string[] = [];
  for (const { pid } of await markedProcesses(stateDirectory)) {
    const name = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '');
    if (name !== '') found.push(`process ${pid} ${name.trim()}`);
  }
  const mounts = await readFile('/proc/self/mounts', 'utf8');
  for (const line of mounts.split('\n')) {
    if (line.includes(stateDirectory)) found.push(`mount ${line}`);
  }
  const files = await readdir(stateDirectory).catch(() => []);
  found.push(...files.filter((file) => !kept.has(file)).map((file) => `file ${file}`));
  for (const pid of (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry))) {
    const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => '');
    if (cwd.startsWith(`${stateDirectory}/`)) found.push(`process ${pid} in ${basename(cwd)}`);
  }
  return found;
}

/** What the lab reads of /proc: who a process is, and which processes carry an instance's mark. */
import { readFile, readdir } from 'node:fs/promises';

/** The environment variable that every process of an instance starts with: its state directory. */
export const INSTANCE_MARK = 'HOLDFAST_LAB_INSTANCE';

/** A pid alone may be given to someone else; with the time it was started it is a name. */
export interface ProcessId {
  readonly pid: number;
  /** Field 22 of /proc/PID/stat: clock ticks since the machine's boot. */
  readonly startTime: string;
}

/** Start time of a live process, or null if there is none (a zombie counts as none). */
export async function startTimeOf(pid: number, proc = '/proc'): Promise<string | null> {
  const stat = await readStat(pid, proc);
  return stat === null || stat.state === 'Z' || stat.state === 'X' ? null : stat.startTime;
}

export async function isAlive(id: ProcessId, proc = '/proc'): Promise<boolean> {
  return (await startTimeOf(id.pid, proc)) === id.startTime;
}

/** Children of a process. */
export async function childrenOf(parent: number): Promise<ProcessId[]> {
  const found: ProcessId[] = [];
  for (const pid of await allPids()) {
    const stat = await readStat(pid, '/proc');
    if (stat?.parent === parent) found.push({ pid, startTime: stat.startTime });
  }
  return found;
}

/** Live processes that were started with the mark of this state directory. */
export async function markedProcesses(stateDirectory: string): Promise<ProcessId[]> {
  const mark = `${INSTANCE_MARK}=${stateDirectory}`;
  const found: ProcessId[] = [];
  for (const pid of await allPids()) {
    const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
    if (!environment.split('\0').includes(mark)) continue;
    const startTime = await startTimeOf(pid);
    if (startTime !== null) found.push({ pid, startTime });
  }
  return found;
}

/** SIGKILL, if it still is the process that is meant. */
export async function killProcess(id: ProcessId): Promise<void> {
  if (!(await isAlive(id))) return;
  try {
    process.kill(id.pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

interface Stat {
  readonly state: string;
  readonly parent: number;
  readonly startTime: string;
}

async function readStat(pid: number, proc: string): Promise<Stat | null> {
  const text = await readFile(`${proc}/${pid}/stat`, 'utf8').catch(() => null);
  if (text === null) return null;
  // The name stands in parentheses and may itself hold spaces and parentheses.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state, parent] = fields;
  const startTime = fields[19];
  if (state === undefined || parent === undefined || startTime === undefined) return null;
  return { state, parent: Number(parent), startTime };
}

async function allPids(): Promise<number[]> {
  return (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
}

/** Processes that never outlive the one that made them, and what /proc says of each. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile } from 'node:fs/promises';
import { LabError } from '../errors.js';

/** Of utime and stime in /proc/PID/stat, on every Linux. */
const ticksPerSecond = 100;

export interface OwnedProcessOptions {
  name: string;
  command: string;
  args: readonly string[];
  logFile: string;
  env?: Record<string, string>;
  /** With a channel for messages, as between Node processes. */
  ipc?: boolean;
}

export class OwnedProcess {
  private constructor(
    readonly name: string,
    readonly child: ChildProcess,
    readonly pid: number,
  ) {}

  /** The process that was spawned becomes the command, so its pid is the command's. */
  static async start(options: OwnedProcessOptions): Promise<OwnedProcess> {
    const { name, command, args, logFile, env = {}, ipc = false } = options;
    const log = await open(logFile, 'a', 0o600);
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', command, ...args], {
      stdio: ['ignore', log.fd, log.fd, ...(ipc ? (['ipc'] as const) : [])],
      env: { ...process.env, ...env },
      // A terminal's Ctrl-C is for the command alone, which ends these in its own order.
      detached: true,
    });
    await Promise.all([once(child, 'spawn'), log.close()]);
    if (child.pid === undefined) throw new LabError('failed', `${name} could not be started`);
    return new OwnedProcess(name, child, child.pid);
  }

  get isAlive(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** CPU time it has used, all of its threads. @throws LabError when it is gone. */
  async cpuMs(): Promise<number> {
    const stat = await readFile(`/proc/${this.pid}/stat`, 'utf8').catch(() => '');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [userTicks, systemTicks] = [Number(fields[11]), Number(fields[12])];
    if (stat === '' || !Number.isFinite(userTicks + systemTicks)) {
      throw new LabError('instance-gone', `${this.name} has ended while it was measured`);
    }
    return ((userTicks + systemTicks) * 1000) / ticksPerSecond;
  }

  async residentMiB(): Promise<number> {
    const status = await readFile(`/proc/${this.pid}/status`, 'utf8').catch(() => '');
    return Math.round(Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) / 1024);
  }

  async kill(): Promise<void> {
    if (!this.isAlive) return;
    const ended = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await ended;
  }
}

/** What the kernel of a host counts. Where a file is not there, or says something else, nothing is known. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LoadCounters, LoadSource } from '../ports.js';
import { pidDirectory } from './qemu-process.js';

/** Of `/proc/stat`; the kernel tells all in this unit. */
const tickMs = 10;

export class LinuxLoad implements LoadSource {
  /** `isOwnMachine`: false where several hosts share this kernel, so that its counters speak of none of them. */
  constructor(
    private readonly isOwnMachine: boolean,
    private readonly procDirectory = '/proc',
    private readonly pids = pidDirectory,
  ) {}

  async machine(): Promise<LoadCounters['machine']> {
    if (!this.isOwnMachine) return null;
    const [stat, cpu, memory, io] = await Promise.all([
      this.read('stat'),
      this.read('pressure/cpu'),
      this.read('pressure/memory'),
      this.read('pressure/io'),
    ]);
    const ticks = /^cpu +([\d ]+)$/m.exec(stat)?.[1]?.split(' ').map(Number);
    if (!ticks) return null;
    const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = ticks;
    return {
      busyMs: (user + nice + system + irq + softirq + steal) * tickMs,
      cpuPressure: someOf(cpu),
      memoryPressure: someOf(memory),
      ioPressure: someOf(io),
    };
  }

  /** Of a VM's QEMU: what its threads ran, and what they waited for a CPU. Null when there is none. */
  async vm(name: string): Promise<{ usedMs: number; waitedMs: number } | null> {
    const pid = Number(await readFile(join(this.pids, `${name}.pid`), 'utf8').catch(() => ''));
    if (!Number.isInteger(pid) || pid <= 1) return null;
    const tasks = await readdir(join(this.procDirectory, `${pid}`, 'task')).catch(() => []);
    const counts = await Promise.all(tasks.map((task) => this.read(`${pid}/task/${task}/schedstat`)));
    let usedNs = 0;
    let waitedNs = 0;
    for (const count of counts) {
      const [used = 0, waited = 0] = count.trim().split(' ').map(Number);
      usedNs += used;
      waitedNs += waited;
    }
    return tasks.length === 0 ? null : { usedMs: usedNs / 1e6, waitedMs: waitedNs / 1e6 };
  }

  private read(path: string): Promise<string> {
    return readFile(join(this.procDirectory, path), 'utf8').catch(() => '');
  }
}

function someOf(pressure: string): number {
  const percent = Number(/^some avg10=([\d.]+)/m.exec(pressure)?.[1] ?? 0);
  return Math.min(1, Math.max(0, percent / 100));
}

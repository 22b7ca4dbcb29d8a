import { readFile, readdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { INSTANCE_MARK } from '../process-table.js';

const lookEveryMs = 30;
/** A process is looked at again: at first it may still be the one that started it. */
const looksAtEach = 3;

export interface SeenProcess {
  readonly argv: string;
  readonly environment: string;
}

/** Remembers every process of an instance, also one that lives for a moment only. */
export class ProcessWatch {
  private readonly seen = new Map<string, SeenProcess>();
  private readonly looks = new Map<string, number>();
  private readonly mark: string;
  private readonly watching: Promise<void>;
  private closed = false;

  constructor(stateDirectory: string) {
    this.mark = `${INSTANCE_MARK}=${stateDirectory}`;
    this.watching = this.watch();
  }

  /** Each different one once. */
  processes(): SeenProcess[] {
    return [...this.seen.values()];
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.watching;
  }

  private async watch(): Promise<void> {
    while (!this.closed) {
      const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
      for (const pid of pids) {
        const looks = this.looks.get(pid) ?? 0;
        if (looks >= looksAtEach) continue;
        this.looks.set(pid, looks + 1);
        await this.look(pid);
      }
      const living = new Set(pids);
      for (const pid of this.looks.keys()) if (!living.has(pid)) this.looks.delete(pid);
      await sleep(lookEveryMs);
    }
  }

  private async look(pid: string): Promise<void> {
    const read = (file: string): Promise<string> =>
      readFile(`/proc/${pid}/${file}`, 'latin1').catch(() => '');
    const [argv, environment] = await Promise.all([read('cmdline'), read('environ')]);
    // A service may start a helper with an environment of its own, and so without the mark.
    if (!environment.split('\0').includes(this.mark) && !argv.startsWith('ipmitool\0')) return;
    this.seen.set(`${argv}\n${environment}`, { argv, environment });
  }
}

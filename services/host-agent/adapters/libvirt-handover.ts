/**
 * The end of a live migration at its source, as early as it is certain.
 *
 * Once the destination has the guest, libvirt writes down that it will end the source's half (phase `confirm3`, saved
 * before anything else is done; `qemuProcessRecoverMigrationOut` would do so after a crash of the daemon too), asks
 * QEMU with SIGTERM and looks every 200 ms whether it is gone (`virProcessKillPainfullyDelay`). For so long the guest
 * would stand still. So QEMU is killed here, while libvirt still says that it is paused, and the move is over when the
 * process is.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { killProcess, pidDirectory, qemuPid } from './qemu-process.js';

const lookEveryMs = 3;

export class Handover {
  /** Resolves with the time from the guest's last moment here; never, where that is not seen: then libvirt tells. */
  readonly ended: Promise<number>;
  /** Its QEMU is gone, though libvirt may still list it. */
  isOver = false;
  private end: (pauseMs: number) => void = () => undefined;
  private hasPaused = false;
  private isStopped = false;

  /** `uuid`: 32 hexadecimal digits, no dashes. */
  constructor(
    private readonly vm: string,
    private readonly uuid: string,
  ) {
    this.ended = new Promise((resolve) => (this.end = resolve));
  }

  /** libvirt told that the guest was paused for its move. */
  paused(): void {
    if (this.hasPaused) return;
    this.hasPaused = true;
    void this.watch(performance.now());
  }

  stop(): void {
    this.isStopped = true;
  }

  private async watch(pausedAtMs: number): Promise<void> {
    // Taken while it lives for certain: a file that cannot be read later is no sign of its end.
    const pid = await qemuPid(this.vm, this.uuid);
    if (pid === null) return;
    const file = join(pidDirectory, `${this.vm}.xml`);
    while (!isHandedOver(await readFile(file, 'utf8').catch(() => ''), pid, this.uuid)) {
      if (this.isStopped) return;
      await sleep(lookEveryMs);
    }
    const pauseMs = Math.round(performance.now() - pausedAtMs);
    killProcess(pid);
    while (!(await hasEnded(pid))) {
      if (this.isStopped) return;
      await sleep(lookEveryMs);
    }
    if (this.isStopped) return;
    this.isOver = true;
    this.end(pauseMs);
  }
}

/** What libvirt has saved of the domain: the destination has it, and its guest has not run here since. */
export function isHandedOver(status: string, pid: number, uuid: string): boolean {
  const domain = /<domstatus ([^>]*)>/.exec(status)?.[1] ?? '';
  const job = /<job ([^>]*)>/.exec(status)?.[1] ?? '';
  return (
    /<uuid>([0-9a-f-]{36})<\/uuid>/.exec(status)?.[1]?.replaceAll('-', '') === uuid &&
    domain.includes("state='paused' reason='migration'") &&
    domain.includes(`pid='${pid}'`) &&
    job.includes("async='migration out'") &&
    job.includes("phase='confirm3'")
  );
}

/** The process is gone, or only waits to be reaped, with no thread left that could write. */
async function hasEnded(pid: number): Promise<boolean> {
  try {
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    return /^State:\s+[ZX]/m.test(status) && /^Threads:\s+[01]$/m.test(status);
  } catch (error) {
    // Whatever else it is, it is no sign of its end.
    const { code } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' || code === 'ESRCH';
  }
}

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Where libvirt's system daemon keeps the pid of each domain's QEMU, and what it remembers of each domain. */
export const pidDirectory = '/run/libvirt/qemu';

/**
 * Kills the QEMU of a domain at once. libvirt asks first with SIGTERM, and a QEMU whose disk was taken away waits in
 * vain for its last writes: that costs ten seconds in which a stale copy still answers on the network.
 * Does nothing unless the process is plainly this domain's. `uuid`: 32 hexadecimal digits, no dashes.
 */
export async function killQemu(vm: string, uuid: string): Promise<void> {
  const pid = await qemuPid(vm, uuid);
  if (pid !== null) killProcess(pid);
}

/** The process that is plainly this domain's; null when there is none, or when that cannot be told. */
export async function qemuPid(vm: string, uuid: string): Promise<number | null> {
  const pid = Number(await readFile(join(pidDirectory, `${vm}.pid`), 'utf8').catch(() => ''));
  if (!Number.isInteger(pid) || pid <= 1) return null;
  const words = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0');
  return words[words.indexOf('-uuid') + 1]?.replaceAll('-', '') === uuid ? pid : null;
}

export function killProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

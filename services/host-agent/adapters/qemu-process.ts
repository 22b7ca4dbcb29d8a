import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Where libvirt's system daemon keeps the pid of each domain's QEMU. */
const pidDirectory = '/run/libvirt/qemu';

/**
 * Kills the QEMU of a domain at once. libvirt asks first with SIGTERM, and a QEMU whose disk was taken away waits in
 * vain for its last writes: that costs ten seconds in which a stale copy still answers on the network.
 * Does nothing unless the process is plainly this domain's. `uuid`: 32 hexadecimal digits, no dashes.
 */
export async function killQemu(vm: string, uuid: string): Promise<void> {
  const pid = Number(await readFile(join(pidDirectory, `${vm}.pid`), 'utf8').catch(() => ''));
  if (!Number.isInteger(pid) || pid <= 1) return;
  const words = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0');
  if (words[words.indexOf('-uuid') + 1]?.replaceAll('-', '') !== uuid) return;
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** The TCP connections of a process, as the kernel tells of them. Formats: proc(5), proc_pid_net(5). */
import { readdir, readFile, readlink } from 'node:fs/promises';
import type { Portal } from '../ports.js';

const established = '01';

/** The far ends of those that are established, over IPv4; null if the process has ended or is another's. */
export async function connectionsOf(pid: number): Promise<Portal[] | null> {
  try {
    const [names, table] = await Promise.all([readdir(`/proc/${pid}/fd`), readFile(`/proc/${pid}/net/tcp`, 'utf8')]);
    // One may be closed meanwhile.
    const files = await Promise.all(names.map((name) => readlink(`/proc/${pid}/fd/${name}`).catch(() => '')));
    const inodes = new Set(files.flatMap((file) => /^socket:\[(\d+)\]$/.exec(file)?.[1] ?? []));
    return table.split('\n').slice(1).flatMap((line) => {
      const [, , remote = '', state, , , , , , inode = ''] = line.trim().split(/\s+/);
      return state === established && inodes.has(inode) ? [portalOf(remote)] : [];
    });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH' || code === 'EACCES') return null;
    throw error;
  }
}

/** The address is written as one number in the order of this machine's bytes, which is little-endian. */
function portalOf(text: string): Portal {
  const [address = '', port = ''] = text.split(':');
  return { address: [...Buffer.from(address, 'hex').reverse()].join('.'), port: Number.parseInt(port, 16) };
}

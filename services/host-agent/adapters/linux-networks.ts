/** Guest networks as the kernel sees them, in /sys/class/net. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { GuestNetworks } from '../ports.js';

const interfaceIsUp = 1;

export class LinuxNetworks implements GuestNetworks {
  constructor(private readonly directory = '/sys/class/net') {}

  /** The bridge is up, and of the ports that are not guests' one has a carrier: without such ports it ends here. */
  async reaches(bridge: string): Promise<boolean> {
    const flags = await this.read(bridge, 'flags');
    if (flags === null || (Number(flags) & interfaceIsUp) === 0) return false;
    const ports = await readdir(join(this.directory, bridge, 'brif')).catch(() => []);
    const uplinks: string[] = [];
    for (const port of ports) if (!(await this.isGuests(port))) uplinks.push(port);
    if (uplinks.length === 0) return true;
    for (const port of uplinks) if ((await this.read(port, 'carrier')) === '1') return true;
    return false;
  }

  private isGuests(port: string): Promise<boolean> {
    return stat(join(this.directory, port, 'tun_flags')).then(() => true, () => false);
  }

  /** Null when it cannot be read: an interface that is down has no carrier to read. */
  private async read(name: string, file: string): Promise<string | null> {
    return await readFile(join(this.directory, name, file), 'utf8').then((text) => text.trim(), () => null);
  }
}

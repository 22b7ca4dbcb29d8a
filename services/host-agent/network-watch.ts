import type { HostCapacity } from '@holdfast/contracts';
import type { GuestNetworks } from './ports.js';

interface NetworkWatchDeps {
  /** Bridge of each guest network this host is to be on. */
  bridges: Readonly<Record<string, string>>;
  /** Left out: nothing can be asked, and nothing is said. */
  networks?: GuestNetworks | undefined;
  changed(): void;
}

/** Which guest networks this host reaches, looked at now and then. */
export class NetworkWatch {
  private seen: HostCapacity['networks'];

  constructor(private readonly deps: NetworkWatchDeps) {}

  async look(): Promise<void> {
    const { bridges, networks, changed } = this.deps;
    if (!networks) return;
    const looks = Object.entries(bridges).map(async ([name, bridge]) =>
      [name, (await networks.reaches(bridge)) ? 'up' : 'down'] as const);
    const now = Object.fromEntries(await Promise.all(looks));
    if (JSON.stringify(now) === JSON.stringify(this.seen)) return;
    this.seen = now;
    changed();
  }

  told(): Pick<HostCapacity, 'networks'> {
    return this.seen ? { networks: this.seen } : {};
  }
}

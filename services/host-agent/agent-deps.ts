import type { Bus } from '@holdfast/bus';
import type { HostCapacity } from '@holdfast/contracts';
import type { Clock, RunnerLog } from '@holdfast/runtime';
import type { WatchdogDevice } from './adapters/linux-watchdog.js';
import type { BootFiles } from './copies.js';
import type { CopyStorage, GuestNetworks, GuestProber, Hypervisor, LoadSource, SeedImages } from './ports.js';

/** What the agent of a host is given. */
export interface HostAgentDeps {
  bus: Bus;
  clock: Clock;
  log: RunnerLog;
  incarnation: string;
  hypervisor: Hypervisor;
  /** Null where nothing can be asked of storage: then a lost disk is not told from a slow one. */
  storage: CopyStorage | null;
  prober: GuestProber;
  seeds: SeedImages;
  bootId: string;
  addresses: { management: string; storage: string };
  probePort: number;
  stateDirectory: string;
  /** What this host offers; null offers what its hypervisor finds. */
  capacity: Omit<HostCapacity, 'cpuModels' | 'cpuFeatures' | 'networks'> | null;
  /** Added to it, or to what the hypervisor finds. */
  bandwidth?: Pick<HostCapacity, 'netMbits' | 'diskMBs'>;
  images: Record<string, BootFiles>;
  bridges: Record<string, string>;
  /** Of CD-ROMs that VMs may have in their drives; the same on every host. */
  isoDirectory?: string;
  /** Left out: nobody says which of these networks are reached. */
  networks?: GuestNetworks;
  /** Left out: no load is measured. */
  load?: LoadSource;
  /** Resets the host when nobody pets it. */
  watchdog?: WatchdogDevice | null;
}

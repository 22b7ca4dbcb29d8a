/**
 * The hosts of a simulated cluster, their power and what runs on them; shared by their simulated
 * hypervisors.
 */
import type { DiskSource, Domain, DomainSpec, HypervisorEvent, SecretValue } from '../ports.js';

export interface SimulatedDomain extends Domain {
  spec: DomainSpec;
  linkUp: boolean;
  /** Cancels whatever the guest is about to do: power down, reboot. */
  pending: NodeJS.Timeout | null;
  /** Whether its guest answers whoever asks it. */
  isAnswering: boolean;
}

export interface SimulatedHost {
  name: string;
  /** Where other hosts reach its hypervisor. */
  address: string;
  uuid: string;
  cpus: number;
  memoryMiB: number;
  powered: boolean;
  /** How often it was powered on: work begun before a power cut must not land after it. */
  boots: number;
  /** Whether its hypervisor's daemon answers; domains live on without it. */
  daemonUp: boolean;
  domains: Map<string, SimulatedDomain>;
  /** Domains whose memory was to be stored, by uid, until it is. */
  ended: Map<string, SimulatedDomain>;
  /** CHAP passwords put in place for incoming migrations, by volume. */
  secrets: Map<string, string>;
  listeners: Set<(event: HypervisorEvent) => void>;
}

/** What a simulated SAN answers a host that logs in with CHAP. */
export interface SimulatedStorageView {
  canLogIn(disk: DiskSource, secret: SecretValue): boolean;
  /** Whether a copy that holds this target may still write. */
  canWrite(iqn: string): boolean;
}

export class SimulatedWorld {
  readonly hosts = new Map<string, SimulatedHost>();
  /** Whose memory is stored in a volume, by uid. */
  readonly memories = new Map<string, string>();

  /** Without a storage view every disk can be had. */
  constructor(public storage: SimulatedStorageView | null = null) {}

  addHost(
    host: Pick<SimulatedHost, 'name' | 'address' | 'uuid' | 'cpus' | 'memoryMiB'>,
  ): SimulatedHost {
    const added: SimulatedHost = {
      ...host,
      powered: true,
      boots: 1,
      daemonUp: true,
      domains: new Map(),
      ended: new Map(),
      secrets: new Map(),
      listeners: new Set(),
    };
    this.hosts.set(host.name, added);
    return added;
  }

  host(name: string): SimulatedHost {
    const host = this.hosts.get(name);
    if (!host) throw new Error(`no simulated host ${name}`);
    return host;
  }

  /** A power cut: everything on it is gone at once, nothing comes back by itself. */
  powerOff(name: string): void {
    const host = this.host(name);
    host.powered = false;
    for (const domain of host.domains.values()) cancelPending(domain);
    host.domains.clear();
    host.ended.clear();
    host.secrets.clear();
    notify(host, { kind: 'disconnected' });
  }

  powerOn(name: string): void {
    const host = this.host(name);
    if (host.powered) return;
    host.powered = true;
    host.boots += 1;
    host.daemonUp = true;
    notify(host, { kind: 'connected' });
  }

  stopDaemon(name: string): void {
    const host = this.host(name);
    host.daemonUp = false;
    notify(host, { kind: 'disconnected' });
  }

  startDaemon(name: string): void {
    const host = this.host(name);
    host.daemonUp = true;
    notify(host, { kind: 'connected' });
  }

  /** Its guest stops to answer, its kernel panics, or its watchdog is not fed; QEMU lives on. */
  troubleGuest(vm: string, trouble: 'hangs' | 'panics' | 'watchdog'): void {
    for (const host of this.hosts.values()) {
      const domain = host.domains.get(vm);
      if (domain?.state !== 'running') continue;
      const declared = domain.spec.probeDevices;
      domain.isAnswering = false;
      if (trouble === 'panics' && declared?.panic) {
        domain.state = 'panicked';
        if (host.daemonUp) notify(host, { kind: 'changed', vm, detail: 'crashed' });
      } else if (trouble === 'watchdog' && declared?.watchdog && host.daemonUp) {
        notify(host, { kind: 'changed', vm, detail: 'watchdog' });
      }
    }
  }

  /**
   * Every copy of a VM that runs or receives anywhere: more than one running is what must never be.
   */
  copiesOf(vm: string): { host: string; domain: Domain }[] {
    return [...this.hosts.values()].flatMap((host) => {
      const domain = host.domains.get(vm);
      return domain ? [{ host: host.name, domain }] : [];
    });
  }
}

export function notify(host: SimulatedHost, event: HypervisorEvent): void {
  for (const listener of host.listeners) listener(event);
}

export function cancelPending(domain: SimulatedDomain): void {
  if (domain.pending) clearTimeout(domain.pending);
  domain.pending = null;
}

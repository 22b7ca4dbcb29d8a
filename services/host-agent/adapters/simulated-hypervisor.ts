/**
 * The hypervisor port in this process, over a `SimulatedWorld`. Behaves as the real one in all its
 * contract covers.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  HypervisorError,
  type DeviceName,
  type DiskSource,
  type Domain,
  type DomainEnding,
  type DomainIdentity,
  type DomainSize,
  type DomainSpec,
  type Hypervisor,
  type HypervisorCapacity,
  type HypervisorEvent,
  type MigrationResult,
  type NewDevice,
  type SecretValue,
} from '../ports.js';
import type { ProbeOutcome } from '../core/index.js';
import { sameCopy } from './domain-identity.js';
import {
  cancelPending,
  notify,
  type SimulatedDomain,
  type SimulatedHost,
  type SimulatedWorld,
} from './simulated-world.js';

export interface SimulatedTimes {
  startMs: number;
  destroyMs: number;
  /** From the power button to the guest's end. */
  guestShutdownMs: number;
  migrateMs: number;
  downtimeMs: number;
}

export const defaultSimulatedTimes: SimulatedTimes = {
  startMs: 20,
  destroyMs: 5,
  guestShutdownMs: 30,
  migrateMs: 60,
  downtimeMs: 20,
};

export class SimulatedHypervisor implements Hypervisor {
  private readonly host: SimulatedHost;
  private opened = false;
  private readonly listeners: ((event: HypervisorEvent) => void)[] = [];
  private readonly starting = new Set<string>();
  private readonly migrations = new Map<string, AbortController>();
  private readonly relay = (event: HypervisorEvent): void => {
    for (const listener of this.listeners) listener(event);
  };

  constructor(
    private readonly world: SimulatedWorld,
    hostName: string,
    private readonly times = defaultSimulatedTimes,
  ) {
    this.host = world.host(hostName);
  }

  get connected(): boolean {
    return this.opened && this.host.powered && this.host.daemonUp;
  }

  async connect(): Promise<void> {
    if (this.connected) return;
    if (!this.host.powered || !this.host.daemonUp) throw disconnected(this.host.name);
    this.opened = true;
    this.host.listeners.add(this.relay);
    this.relay({ kind: 'connected' });
  }

  async close(): Promise<void> {
    this.opened = false;
    this.host.listeners.delete(this.relay);
  }

  onEvent(listener: (event: HypervisorEvent) => void): void {
    this.listeners.push(listener);
  }

  async capacity(): Promise<HypervisorCapacity> {
    this.check();
    const { uuid, cpus, memoryMiB } = this.host;
    return { uuid, cpus, memoryMiB, hypervisor: 'simulated' };
  }

  async list(): Promise<Domain[]> {
    this.check();
    return [...this.host.domains.values()].map(({ identity, state, incoming }) => ({
      identity: { ...identity },
      state,
      incoming,
    }));
  }

  async store(identity: DomainIdentity, disk: DiskSource, secrets: SecretValue[]): Promise<void> {
    const domain = this.copyOf(identity);
    await this.pass(this.times.destroyMs);
    this.remove(domain, 'failed');
    this.host.ended.set(identity.uid, domain);
    this.logIn([disk], new Map(secrets.map(({ volume, password }) => [volume, password])));
    this.world.memories.set(disk.volume, identity.uid);
    this.host.ended.delete(identity.uid);
  }

  async takeBack(identity: DomainIdentity): Promise<void> {
    this.check();
    if (this.host.domains.has(identity.vm)) return;
    const ended = this.host.ended.get(identity.uid);
    if (!ended) throw new HypervisorError('no-domain', `nothing of ${identity.vm} is left on this host`);
    this.put(this.host, ended.spec, { state: 'running', incoming: null });
    this.changed(identity.vm, 'started');
  }

  async restore(spec: DomainSpec, secrets: SecretValue[], memory: DiskSource): Promise<void> {
    this.logIn([memory], new Map(secrets.map(({ volume, password }) => [volume, password])));
    if (this.world.memories.get(memory.volume) !== spec.identity.uid) {
      throw new HypervisorError('refused', `no memory of ${spec.identity.vm} is in ${memory.volume}`);
    }
    await this.start(spec, secrets);
  }

  async start(spec: DomainSpec, secrets: SecretValue[]): Promise<void> {
    this.check();
    const { vm } = spec.identity;
    if (this.host.domains.has(vm) || this.starting.has(vm)) {
      throw new HypervisorError('conflict', `a copy of ${vm} already runs on this host`);
    }
    this.starting.add(vm);
    try {
      await this.pass(this.times.startMs);
      this.logIn(spec.disks, new Map(secrets.map(({ volume, password }) => [volume, password])));
      this.put(this.host, spec, { state: 'running', incoming: null });
      this.changed(vm, 'started');
    } finally {
      this.starting.delete(vm);
    }
  }

  async shutdown(vm: string): Promise<void> {
    const domain = this.get(vm);
    cancelPending(domain);
    const { guestShutdownMs } = this.times;
    if (!domain.isAnswering) return;
    domain.pending = setTimeout(() => this.remove(domain, 'guest-shutdown'), guestShutdownMs);
  }

  async reboot(vm: string, force: boolean): Promise<void> {
    const domain = this.get(vm);
    cancelPending(domain);
    const delayMs = force ? 0 : this.times.guestShutdownMs;
    // A guest that stands still does not hear its power button.
    if (!force && !domain.isAnswering) return;
    domain.pending = setTimeout(() => {
      Object.assign(domain, { isAnswering: true }, domain.state === 'panicked' ? { state: 'running' } : {});
      this.changed(vm, 'rebooted');
    }, delayMs);
  }

  async destroy(identity: DomainIdentity): Promise<void> {
    this.check();
    const domain = this.host.domains.get(identity.vm);
    if (!domain || !sameCopy(domain.identity, identity)) return;
    await this.pass(this.times.destroyMs);
    if (this.host.domains.get(identity.vm) === domain) this.remove(domain, 'destroyed');
  }

  async prepareIncoming(disks: DiskSource[], secrets: SecretValue[]): Promise<void> {
    this.check();
    for (const { volume } of disks) {
      const secret = secrets.find((candidate) => candidate.volume === volume);
      if (!secret) throw new HypervisorError('refused', `no CHAP password for volume ${volume}`);
      this.host.secrets.set(volume, secret.password);
    }
  }

  async migrate(
    vm: string,
    destination: { spec: DomainSpec; address: string },
    options: { timeoutMs: number },
  ): Promise<MigrationResult> {
    const domain = this.get(vm);
    const target = [...this.world.hosts.values()].find(
      ({ address }) => address === destination.address,
    );
    if (!target?.powered || !target.daemonUp) {
      throw new HypervisorError('refused', `no hypervisor answers at ${destination.address}`);
    }
    if (target.domains.has(vm))
      throw new HypervisorError('refused', `a copy of ${vm} is already on ${target.name}`);
    if (this.migrations.has(vm)) throw new HypervisorError('refused', `${vm} is migrating already`);
    this.logIn(destination.spec.disks, target.secrets);
    const abort = new AbortController();
    this.migrations.set(vm, abort);
    const received = this.put(target, destination.spec, { state: 'paused', incoming: 'receiving' });
    try {
      const inTime = this.times.migrateMs <= options.timeoutMs;
      await sleep(Math.min(this.times.migrateMs, options.timeoutMs), null, {
        signal: abort.signal,
      });
      if (!inTime)
        throw new HypervisorError(
          'timeout',
          `migration of ${vm} took more than ${options.timeoutMs} ms`,
        );
      if (this.host.domains.get(vm) !== domain || target.domains.get(vm) !== received) {
        throw this.connected
          ? new HypervisorError('refused', 'one half was lost')
          : disconnected(this.host.name);
      }
    } catch (error) {
      if (target.domains.get(vm) === received) target.domains.delete(vm);
      if (error instanceof HypervisorError) throw error;
      throw new HypervisorError('refused', `migration of ${vm} was aborted`, { cause: error });
    } finally {
      this.migrations.delete(vm);
    }
    this.remove(domain, 'migrated');
    received.incoming = 'arrived';
    notify(target, { kind: 'changed', vm, detail: 'suspended' });
    for (const { volume } of destination.spec.disks) target.secrets.delete(volume);
    return { durationMs: this.times.migrateMs, downtimeMs: this.times.downtimeMs };
  }

  async suspend(identity: DomainIdentity): Promise<void> {
    const domain = this.copyOf(identity);
    if (domain.state !== 'running') return;
    // Paused by hand, which looks as one does that has arrived.
    Object.assign(domain, { state: 'paused', incoming: 'arrived' });
    this.changed(identity.vm, 'suspended');
  }

  async resume(identity: DomainIdentity): Promise<void> {
    const domain = this.copyOf(identity);
    if (domain.incoming === 'receiving') {
      throw new HypervisorError('refused', `${identity.vm} is still on its way here`);
    }
    if (domain.state === 'running') return;
    Object.assign(domain, { state: 'running', incoming: null });
    this.changed(identity.vm, 'resumed');
  }

  async resize(identity: DomainIdentity, { cpus, memoryMiB }: DomainSize): Promise<void> {
    const { spec } = this.copyOf(identity);
    const { maxCpus = spec.cpus, maxMemoryMiB = spec.memoryMiB } = spec;
    if (cpus > maxCpus || memoryMiB > maxMemoryMiB) {
      throw new HypervisorError('internal', `${cpus} CPUs and ${memoryMiB} MiB are more than it may have`);
    }
    spec.cpus = Math.max(spec.cpus, cpus);
    spec.memoryMiB = Math.max(spec.memoryMiB, memoryMiB);
  }

  async sizeOf(identity: DomainIdentity): Promise<DomainSize> {
    const { cpus, memoryMiB } = this.copyOf(identity).spec;
    return { cpus, memoryMiB };
  }

  async plug(identity: DomainIdentity, device: NewDevice): Promise<void> {
    const { spec } = this.copyOf(identity);
    if (has(spec, 'nic' in device ? device.nic : device.disk)) return;
    if ('nic' in device) {
      spec.nics = [...spec.nics, device.nic];
      return;
    }
    const { disk, secrets } = device;
    this.logIn([disk], new Map(secrets.map(({ volume, password }) => [volume, password])));
    spec.disks = [...spec.disks, disk];
  }

  async unplug(identity: DomainIdentity, device: DeviceName): Promise<void> {
    const { spec, isAnswering } = this.copyOf(identity);
    if (!isAnswering) return;
    if ('volume' in device) spec.disks = spec.disks.filter(({ volume }) => volume !== device.volume);
    else spec.nics = spec.nics.filter(({ macAddress }) => macAddress !== device.macAddress);
  }

  async hasDevice(identity: DomainIdentity, device: DeviceName): Promise<boolean> {
    return has(this.copyOf(identity).spec, device);
  }

  async abortMigration(vm: string): Promise<void> {
    this.check();
    this.migrations.get(vm)?.abort();
  }

  async pingGuest(vm: string, timeoutMs: number): Promise<ProbeOutcome> {
    this.check();
    const domain = this.host.domains.get(vm);
    if (!domain?.spec.probeDevices?.agent) return { result: 'unknown' };
    if (domain.isAnswering) return { result: 'passed' };
    await sleep(timeoutMs);
    return { result: 'failed', reason: 'its agent does not answer' };
  }

  async screenshot(vm: string): Promise<Buffer> {
    this.get(vm);
    return Buffer.from(blackPixel, 'base64');
  }

  async setLink(vm: string, up: boolean): Promise<void> {
    this.get(vm).linkUp = up;
  }

  private check(): void {
    if (!this.connected) throw disconnected(this.host.name);
  }

  private get(vm: string): SimulatedDomain {
    this.check();
    const domain = this.host.domains.get(vm);
    if (!domain) throw new HypervisorError('no-domain', `no copy of ${vm} on this host`);
    return domain;
  }

  private copyOf(identity: DomainIdentity): SimulatedDomain {
    const domain = this.get(identity.vm);
    if (sameCopy(domain.identity, identity)) return domain;
    throw new HypervisorError('no-domain', `no such copy of ${identity.vm} on this host`);
  }

  /** Time goes by; a host or daemon that died meanwhile is noticed. */
  private async pass(delayMs: number): Promise<void> {
    const { boots } = this.host;
    await sleep(delayMs);
    this.check();
    if (this.host.boots !== boots) throw disconnected(this.host.name);
  }

  private logIn(disks: DiskSource[], passwords: Map<string, string>): void {
    for (const disk of disks) {
      const password = passwords.get(disk.volume);
      if (password === undefined)
        throw new HypervisorError('refused', `no CHAP password for volume ${disk.volume}`);
      if (
        this.world.storage &&
        !this.world.storage.canLogIn(disk, { volume: disk.volume, password })
      ) {
        throw new HypervisorError('internal', `target ${disk.iqn} refuses the login`);
      }
    }
  }

  private put(
    host: SimulatedHost,
    spec: DomainSpec,
    as: Pick<SimulatedDomain, 'state' | 'incoming'>,
  ): SimulatedDomain {
    const own = { spec: { ...spec }, identity: { ...spec.identity } };
    const domain = { ...as, ...own, linkUp: true, pending: null, isAnswering: true };
    host.domains.set(spec.identity.vm, domain);
    return domain;
  }

  private remove(domain: SimulatedDomain, ending: DomainEnding): void {
    cancelPending(domain);
    if (this.host.domains.get(domain.identity.vm) !== domain) return;
    this.host.domains.delete(domain.identity.vm);
    this.changed(domain.identity.vm, 'stopped', ending);
  }

  /** A daemon that is down tells nothing. */
  private changed(vm: string, detail: string, ending?: DomainEnding): void {
    if (!this.host.powered || !this.host.daemonUp) return;
    notify(this.host, { kind: 'changed', vm, detail, ...(ending ? { ending } : {}) });
  }
}

/** A PNG of one pixel. */
const blackPixel =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==';

const disconnected = (host: string): HypervisorError =>
  new HypervisorError('disconnected', `the hypervisor of ${host} does not answer`);

function has({ disks, nics }: DomainSpec, device: DeviceName): boolean {
  return 'volume' in device
    ? disks.some(({ volume }) => volume === device.volume)
    : nics.some(({ macAddress }) => macAddress === device.macAddress);
}

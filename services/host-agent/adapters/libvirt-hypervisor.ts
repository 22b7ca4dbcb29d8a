/**
 * The hypervisor port on libvirtd and QEMU.
 *
 * Events are hints: a domain that ends while a restarted libvirtd is still finding its monitor again ends without one.
 * Whoever needs to know looks after each command of its own, and now and then.
 */
import {
  HypervisorError, type DeviceName, type DiskSource, type Domain, type DomainIdentity, type DomainSize,
  type DomainSpec, type Hypervisor, type HypervisorCapacity, type HypervisorEvent, type MigrationResult,
  type NewDevice, type SecretValue,
} from '../ports.js';
import { SerialQueue } from '@holdfast/runtime';
import type { ProbeOutcome } from '../core/index.js';
import { sameCopy } from './domain-identity.js';
import { interfacesWithLink } from './domain-nics.js';
import {
  domainXml, metadataNamespace, readIdentityElement, volumesOf,
} from './domain-xml.js';
import { capacityOf } from './libvirt-capacity.js';
import { ignoreGone, isLibvirtError, typed } from './libvirt-errors.js';
import { AgentPings, resetGuest } from './libvirt-guest.js';
import { Handover } from './libvirt-handover.js';
import { lifecycleChange, stateOf } from './libvirt-lifecycle.js';
import { LibvirtMemory, type MemoryOptions } from './libvirt-memory.js';
import { abortJob, downtimeOf, isReceiving, migrateAway, type MigrationOptions } from './libvirt-migration.js';
import { LibvirtConnection, type ConnectionEvent } from './libvirt-rpc/connection.js';
import {
  domainStateNames, errorCode, flag, lifecycleSuspended, pausedReason, procedures, suspendedMigrated, suspendedPaused,
  type DomainEventMessage, type DomainRef, type Procedure,
} from './libvirt-rpc/procedures.js';
import { defaultRpcOptions } from './libvirt-rpc/rpc.js';
import { liveDeviceXml, plugDevice, unplugDevice } from './libvirt-devices.js';
import { screenshotOf } from './libvirt-screenshot.js';
import { defineSecrets, forgetSecrets } from './libvirt-secrets.js';
import { growDomain, sizeOfDomain } from './libvirt-size.js';
import { killQemu } from './qemu-process.js';

export interface LibvirtHypervisorOptions extends MemoryOptions, MigrationOptions {
  socketPath: string;
  startTimeoutMs: number;
  /** QEMU is killed at once; libvirt waits for its end. */
  destroyTimeoutMs: number;
  reconnectFirstMs: number;
  reconnectMaxMs: number;
}

export const defaultLibvirtOptions: Omit<LibvirtHypervisorOptions, 'host' | 'accelerator'> = {
  socketPath: defaultRpcOptions.socketPath,
  cpuModel: 'qemu64',
  consoleLogDirectory: '/var/log/libvirt/qemu',
  memoryDirectory: '/var/lib/holdfast/memory',
  callTimeoutMs: 5_000,
  startTimeoutMs: 30_000,
  destroyTimeoutMs: 30_000,
  reconnectFirstMs: 100,
  reconnectMaxMs: 2_000,
  migrationTls: true,
  pkiPath: null,
};

const longCallsMax = 8;

type Destination = { spec: DomainSpec; address: string };

export class LibvirtHypervisor implements Hypervisor {
  private readonly connection: LibvirtConnection;
  private readonly listeners: ((event: HypervisorEvent) => void)[] = [];
  /** Tail of each VM's line: a check of the generation and what follows it must not be overtaken. */
  private readonly lines = new SerialQueue();
  /** Moves that leave, by the domain's UUID. */
  private readonly handovers = new Map<string, Handover>();
  /** Who waits for the downtime of a migration, by the domain's UUID. */
  private readonly downtimes = new Map<string, (downtimeMs: number) => void>();
  private readonly pings: AgentPings;
  private readonly memory: LibvirtMemory;

  constructor(private readonly options: LibvirtHypervisorOptions) {
    this.pings = new AgentPings({ ...defaultRpcOptions, socketPath: options.socketPath });
    this.connection = new LibvirtConnection(
      {
        rpc: { ...defaultRpcOptions, socketPath: options.socketPath },
        reconnectFirstMs: options.reconnectFirstMs,
        reconnectMaxMs: options.reconnectMaxMs,
        longCallsMax,
      },
      (event) => this.onConnectionEvent(event),
    );
    this.memory = new LibvirtMemory(this.connection, options);
  }

  get connected(): boolean {
    return this.connection.connected;
  }

  /**
   * One attempt. After it succeeded, a lost connection comes back by itself.
   * @throws HypervisorError
   */
  async connect(): Promise<void> {
    await typed(this.connection.connect());
  }

  async close(): Promise<void> {
    await this.connection.close();
  }

  onEvent(listener: (event: HypervisorEvent) => void): void {
    this.listeners.push(listener);
  }

  async capacity(): Promise<HypervisorCapacity> {
    return await typed(capacityOf(this.connection, this.options.accelerator, this.options.callTimeoutMs));
  }

  async list(): Promise<Domain[]> {
    const listed = await this.call(procedures.listDomains, { flags: 0 });
    const refs = listed.filter(({ uuid }) => this.handovers.get(uuid)?.isOver !== true);
    return (await Promise.all(refs.map((ref) => this.describe(ref)))).filter((domain) => domain !== null);
  }

  private alone({ identity: { vm } }: DomainSpec, begin: () => Promise<void>): Promise<void> {
    return this.inLine(vm, async () => {
      if (await this.find(vm)) throw new HypervisorError('conflict', `a copy of ${vm} already runs on this host`);
      await begin();
    });
  }

  restore(spec: DomainSpec, secrets: SecretValue[], memory: DiskSource): Promise<void> {
    return this.alone(spec, () => this.memory.start(spec, secrets, memory));
  }

  async store(
    identity: DomainIdentity, disk: DiskSource, secrets: SecretValue[], memoryMiB: number,
  ): Promise<void> {
    await this.onCopy(identity, (domain) => this.memory.save(domain, identity));
    await typed(this.memory.copyOut(identity, disk, secrets, memoryMiB));
  }

  takeBack(identity: DomainIdentity, disks: DiskSource[], secrets: SecretValue[]): Promise<void> {
    return this.inLine(identity.vm, async () => {
      if (!(await this.find(identity.vm))) await this.memory.goOn(identity, disks, secrets);
    });
  }

  start(spec: DomainSpec, secrets: SecretValue[]): Promise<void> {
    return this.alone(spec, async () => {
      await defineSecrets(this.connection, spec.disks, secrets, this.options.callTimeoutMs);
      try {
        const xml = domainXml(spec, this.options);
        await this.connection.callLong(procedures.domainCreateXml, { xml, flags: 0 }, this.options.startTimeoutMs);
      } finally {
        // QEMU has its own copy by now, or does not need one.
        const volumes = spec.disks.map((disk) => disk.volume);
        await forgetSecrets(this.connection, volumes, this.options.callTimeoutMs);
      }
    });
  }

  async shutdown(vm: string): Promise<void> {
    const domain = await this.get(vm);
    await this.call(procedures.domainShutdown, { domain, flags: flag.shutdownAcpi });
  }

  async reboot(vm: string, force: boolean): Promise<void> {
    const domain = await this.get(vm);
    if (force) await typed(resetGuest(this.connection, domain, this.options.callTimeoutMs));
    else await this.call(procedures.domainReboot, { domain, flags: flag.rebootAcpi });
  }

  async destroy(identity: DomainIdentity): Promise<void> {
    await this.inLine(identity.vm, async () => {
      const domain = await this.find(identity.vm);
      const found = domain && (await this.identityOf(domain));
      if (!domain || !found || !sameCopy(found, identity)) return;
      await killQemu(identity.vm, domain.uuid);
      await this.connection
        .callLong(procedures.domainDestroy, { domain, flags: 0 }, this.options.destroyTimeoutMs)
        .catch(ignoreGone);
    });
  }

  async prepareIncoming(disks: DiskSource[], secrets: SecretValue[]): Promise<void> {
    await typed(defineSecrets(this.connection, disks, secrets, this.options.callTimeoutMs));
  }

  async migrate(vm: string, destination: Destination, options: { timeoutMs: number }): Promise<MigrationResult> {
    const domain = await this.get(vm);
    const beganMs = performance.now();
    const handover = new Handover(vm, domain.uuid);
    this.handovers.set(domain.uuid, handover);
    const performed = this.perform(domain, destination, options.timeoutMs).finally(() => {
      handover.stop();
      this.handovers.delete(domain.uuid);
    });
    const early = handover.ended.then((downtimeMs) => ({ durationMs: performance.now() - beganMs, downtimeMs }));
    // What libvirt says of a half that has ended as it should changes nothing any more.
    performed.catch(() => undefined);
    return await Promise.race([performed, early]);
  }

  private async perform(domain: DomainRef, destination: Destination, timeoutMs: number): Promise<MigrationResult> {
    const downtime = new Promise<number>((resolve) => this.downtimes.set(domain.uuid, resolve));
    try {
      const moving = migrateAway(this.connection, domain, destination, timeoutMs, this.options, downtime);
      const result = await typed(moving);
      // libvirt also calls it done when it could not end the source's half, and lets that run on.
      if (await this.find(domain.name)) {
        throw new HypervisorError('internal', `the half of ${domain.name} that was sent is still here`);
      }
      return result;
    } finally {
      this.downtimes.delete(domain.uuid);
    }
  }

  suspend(identity: DomainIdentity): Promise<void> {
    return this.switch(identity, 'running', procedures.domainSuspend);
  }

  resume(identity: DomainIdentity): Promise<void> {
    return this.switch(identity, 'paused', procedures.domainResume);
  }

  private switch(
    identity: DomainIdentity, from: 'running' | 'paused', how: Procedure<{ domain: DomainRef }, void>,
  ): Promise<void> {
    return this.onCopy(identity, async (domain) => {
      const { state } = await this.call(procedures.domainState, { domain, flags: 0 });
      if (domainStateNames[state] === from) await this.call(how, { domain });
    });
  }

  resize(identity: DomainIdentity, size: DomainSize): Promise<void> {
    return this.onCopy(identity, (domain) => growDomain(this.connection, domain, size, this.options.callTimeoutMs));
  }

  sizeOf(identity: DomainIdentity): Promise<DomainSize> {
    return this.onCopy(identity, (domain) => sizeOfDomain(this.connection, domain, this.options.callTimeoutMs));
  }

  plug(identity: DomainIdentity, device: NewDevice): Promise<void> {
    return this.onCopy(identity, (domain) => plugDevice(this.connection, domain, identity, device, this.options));
  }

  unplug(identity: DomainIdentity, device: DeviceName): Promise<void> {
    return this.onCopy(identity, (domain) => unplugDevice(this.connection, domain, device, this.options.callTimeoutMs));
  }

  hasDevice(identity: DomainIdentity, device: DeviceName): Promise<boolean> {
    return this.onCopy(identity, async (domain) => liveDeviceXml(await this.xmlOf(domain), device) !== null);
  }

  /** In its VM's line, and only while that is exactly this copy. */
  private onCopy<T>(identity: DomainIdentity, work: (domain: DomainRef) => Promise<T>): Promise<T> {
    const { vm } = identity;
    return this.inLine(vm, async () => {
      const domain = await this.find(vm);
      const found = domain && (await this.identityOf(domain));
      if (domain && found && sameCopy(found, identity)) return await work(domain);
      throw new HypervisorError('no-domain', `no such copy of ${vm} on this host`);
    });
  }

  async abortMigration(vm: string): Promise<void> {
    const domain = await this.find(vm);
    if (domain) await typed(abortJob(this.connection, domain, this.options.callTimeoutMs));
  }

  async pingGuest(vm: string, timeoutMs: number): Promise<ProbeOutcome> {
    const domain = await this.find(vm);
    return domain ? await this.pings.ping(domain, timeoutMs) : { result: 'unknown' };
  }

  async screenshot(vm: string): Promise<Buffer> {
    const rpc = { ...defaultRpcOptions, socketPath: this.options.socketPath };
    return await typed(screenshotOf(rpc, await this.get(vm), this.options.callTimeoutMs));
  }

  async liveXml(vm: string): Promise<string> {
    return await this.xmlOf(await this.get(vm));
  }

  private xmlOf(domain: DomainRef): Promise<string> {
    return this.call(procedures.domainXml, { domain, flags: 0 });
  }

  async setLink(vm: string, up: boolean): Promise<void> {
    const domain = await this.get(vm);
    for (const xml of interfacesWithLink(await this.xmlOf(domain), up)) {
      await this.call(procedures.domainUpdateDevice, { domain, xml, flags: flag.affectLive });
    }
  }

  private async call<A, R>(procedure: Procedure<A, R>, args: A): Promise<R> {
    return typed(this.connection.call(procedure, args, this.options.callTimeoutMs));
  }

  private async find(vm: string): Promise<DomainRef | null> {
    try {
      return await this.call(procedures.domainLookupByName, { name: vm });
    } catch (error) {
      if (isLibvirtError(error, errorCode.noDomain)) return null;
      throw error;
    }
  }

  /** @throws HypervisorError `no-domain`, for a foreign domain of that name too: it is none of ours to touch */
  private async get(vm: string): Promise<DomainRef> {
    const domain = await this.find(vm);
    if (!domain || !(await this.identityOf(domain))) {
      throw new HypervisorError('no-domain', `no copy of ${vm} on this host`);
    }
    return domain;
  }

  private async identityOf(domain: DomainRef): Promise<DomainIdentity | null> {
    try {
      return readIdentityElement(
        await this.call(procedures.domainMetadata, {
          domain, type: flag.metadataElement, uri: metadataNamespace, flags: flag.affectLive,
        }),
      );
    } catch (error) {
      // Foreign, gone since it was listed, or defined without running: no copy of ours.
      const { noDomainMetadata, noDomain, operationInvalid } = errorCode;
      if (isLibvirtError(error, noDomainMetadata, noDomain, operationInvalid)) return null;
      throw error;
    }
  }

  private async describe(domain: DomainRef): Promise<Domain | null> {
    const identity = await this.identityOf(domain);
    if (!identity) return null;
    try {
      const { state, reason } = await this.call(procedures.domainState, { domain, flags: 0 });
      const name = domainStateNames[state] ?? 'nostate';
      const incoming = name === 'paused' ? await this.incoming(domain, reason) : null;
      const haltedByDisk = name === 'paused' && reason === pausedReason.diskError;
      return { identity, state: stateOf(name), incoming, ...(haltedByDisk ? { haltedByDisk } : {}) };
    } catch (error) {
      // It may end between any two questions.
      ignoreGone(error);
      return null;
    }
  }

  private async incoming(domain: DomainRef, reason: number): Promise<Domain['incoming']> {
    if (reason === pausedReason.user) return 'arrived';
    if (reason !== pausedReason.migration && reason !== pausedReason.startingUp) return null;
    const receives = await typed(isReceiving(this.connection, domain, this.options.callTimeoutMs));
    return receives ? 'receiving' : null;
  }

  private async forgetReceivedSecrets(domain: DomainRef): Promise<void> {
    await forgetSecrets(this.connection, volumesOf(await this.xmlOf(domain)), this.options.callTimeoutMs);
  }

  private inLine<T>(vm: string, work: () => Promise<T>): Promise<T> {
    return typed(this.lines.run(vm, work));
  }

  private onConnectionEvent(event: ConnectionEvent): void {
    switch (event.kind) {
      case 'connected':
        return this.emit({ kind: 'connected' });
      case 'disconnected':
        return this.emit({ kind: 'disconnected' });
      case 'reboot':
      case 'watchdog': {
        const detail = event.kind === 'reboot' ? 'rebooted' : 'watchdog';
        return this.emit({ kind: 'changed', vm: event.message.domain.name, detail });
      }
      case 'lifecycle':
        return this.onLifecycle(event.message);
      case 'job-completed':
        return this.onJobCompleted(event.message);
    }
  }

  private onJobCompleted({ domain, rest }: DomainEventMessage): void {
    const downtimeMs = downtimeOf(rest.typedParameters());
    if (downtimeMs !== null) this.downtimes.get(domain.uuid)?.(downtimeMs);
  }

  private onLifecycle({ domain, rest }: DomainEventMessage): void {
    const kind = rest.int();
    const detail = rest.int();
    if (kind === lifecycleSuspended && detail === suspendedMigrated) this.handovers.get(domain.uuid)?.paused();
    // Paused as it arrives, and not in the middle of a move: QEMU has its own copy of them.
    if (kind === lifecycleSuspended && detail === suspendedPaused) {
      void this.forgetReceivedSecrets(domain).catch(() => undefined);
    }
    this.emit({ kind: 'changed', vm: domain.name, ...lifecycleChange(kind, detail) });
  }

  private emit(event: HypervisorEvent): void {
    for (const listener of this.listeners) listener(event);
  }
}

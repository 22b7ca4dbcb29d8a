/** The agent's port to its hypervisor, over a simulated one. */
import {
  HypervisorError,
  type DeviceName,
  type DiskSource,
  type Domain,
  type DomainIdentity,
  type DomainSize,
  type DomainSpec,
  type Hypervisor,
  type HypervisorEvent,
  type MigrationResult,
  type NewDevice,
  type SecretValue,
} from '../../services/host-agent/ports.js';
import type { ProbeOutcome } from '../../services/host-agent/core/index.js';
import type { GuestAnswer } from '../world/guest.js';
import type { Hypervisor as SimHypervisor, HypervisorResult } from '../world/hypervisor.js';
import { openingSteps, type TargetStore } from '../world/target-store.js';
import type { VirtualTime } from './virtual-time.js';

export interface WorldHypervisorOptions {
  hypervisor: SimHypervisor;
  store: TargetStore;
  time: VirtualTime;
  hardware: { uuid: string; cpus: number; memoryMiB: number };
}

export class WorldHypervisor implements Hypervisor {
  private readonly listeners: ((event: HypervisorEvent) => void)[] = [];
  private opened = false;
  private readonly withAgent = new Set<string>();

  constructor(private readonly options: WorldHypervisorOptions) {}

  get connected(): boolean {
    return this.opened && this.sim.connected;
  }

  async connect(): Promise<void> {
    this.sim.onEvent = (event) => this.tell(event);
    this.opened = true;
    this.check();
  }

  async close(): Promise<void> {
    this.opened = false;
  }

  onEvent(listener: (event: HypervisorEvent) => void): void {
    this.listeners.push(listener);
  }

  async capacity(): Promise<{ uuid: string; cpus: number; memoryMiB: number; hypervisor: string }> {
    this.check();
    return { ...this.options.hardware, hypervisor: 'simulated' };
  }

  async list(): Promise<Domain[]> {
    this.check();
    return this.sim.list().map(({ identity, state, incoming: arriving, isPausedByHand, guest }) => {
      const incoming = isPausedByHand === true ? 'arrived' : arriving;
      const hasPanicked = guest.state === 'panicked' && guest.hasPanicDevice;
      return { identity: { ...identity }, state: hasPanicked ? 'panicked' : state, incoming };
    });
  }

  async start({ identity, disks, probeDevices, ...spec }: DomainSpec, secrets: SecretValue[]): Promise<void> {
    this.check();
    this.letIn(identity.generation, secrets);
    const node = this.options.store.machine.name;
    const volumes = disks.map(({ volume }) => ({ volume, node }));
    const hasPanicDevice = probeDevices?.panic === true;
    if (probeDevices?.agent) this.withAgent.add(identity.vm);
    const { cpus, memoryMiB, maxCpus, maxMemoryMiB } = spec;
    const size = { cpus, memoryMiB, maxCpus, maxMemoryMiB };
    await this.outcome((done) => this.sim.start({ identity, volumes, ...size, hasPanicDevice }, done));
  }

  async restore(
    { identity, disks, cpus, memoryMiB }: DomainSpec, secrets: SecretValue[], memory: DiskSource,
  ): Promise<void> {
    this.check();
    this.letIn(identity.generation, secrets);
    const node = this.options.store.machine.name;
    const volumes = disks.map(({ volume }) => ({ volume, node }));
    const from = { volume: memory.volume, node };
    await this.outcome((done) => this.sim.memories.restore({ identity, volumes, cpus, memoryMiB }, from, done));
  }

  async store(identity: DomainIdentity, { volume }: DiskSource, secrets: SecretValue[]): Promise<void> {
    this.check();
    this.letIn(identity.generation, secrets);
    const disk = { volume, node: this.options.store.machine.name };
    await this.outcome((done) => this.sim.memories.store(identity, disk, done));
  }

  async takeBack(identity: DomainIdentity): Promise<void> {
    this.check();
    await this.outcome((done) => this.sim.memories.takeBack(identity, done));
  }

  async shutdown(vm: string): Promise<void> {
    this.check();
    succeeded(this.sim.shutdown(vm));
  }

  async reboot(vm: string, force: boolean): Promise<void> {
    this.check();
    succeeded(this.sim.reboot(vm, force));
  }

  async destroy(identity: DomainIdentity): Promise<void> {
    this.check();
    const isGone = await this.options.time.when<boolean>((done) => this.sim.destroy(identity, done));
    if (!isGone) throw new HypervisorError('timeout', 'the hypervisor did not answer in time');
  }

  async prepareIncoming(disks: DiskSource[], secrets: SecretValue[]): Promise<void> {
    this.check();
    for (const { iqn } of disks) this.letIn(generationOf(iqn), secrets);
  }

  async migrate(
    vm: string,
    { spec, address }: { spec: DomainSpec; address: string },
  ): Promise<MigrationResult> {
    this.check();
    const to = { host: address, identity: spec.identity, paused: true };
    return await this.outcome<MigrationResult>((done) => this.sim.migrate(vm, to, done));
  }

  async screenshot(vm: string): Promise<Buffer> {
    if (this.sim.list().some(({ identity }) => identity.vm === vm)) {
      return Buffer.from('\x89PNG', 'latin1');
    }
    throw new HypervisorError('no-domain', `no copy of ${vm} on this host`);
  }

  async suspend(identity: DomainIdentity): Promise<void> {
    await this.outcome((done) => this.sim.suspend(identity, done));
  }

  async resume(identity: DomainIdentity): Promise<void> {
    this.check();
    await this.outcome((done) => this.sim.resume(identity, done));
  }

  async resize(identity: DomainIdentity, size: DomainSize): Promise<void> {
    this.check();
    await this.outcome((done) => this.sim.growth.resize(identity, size, done));
  }

  async sizeOf(identity: DomainIdentity): Promise<DomainSize> {
    this.check();
    return await this.outcome<DomainSize>((done) => this.sim.growth.sizeOf(identity, done));
  }

  async plug(identity: DomainIdentity, device: NewDevice): Promise<void> {
    this.check();
    if ('disk' in device) this.letIn(identity.generation, device.secrets);
    const node = this.options.store.machine.name;
    const plugged = 'disk' in device ? { volume: device.disk.volume, node } : { macAddress: device.nic.macAddress };
    await this.outcome((done) => this.sim.plugs.plug(identity, plugged, done));
  }

  async unplug(identity: DomainIdentity, device: DeviceName): Promise<void> {
    this.check();
    await this.outcome((done) => this.sim.plugs.unplug(identity, device, done));
  }

  async hasDevice(identity: DomainIdentity, device: DeviceName): Promise<boolean> {
    this.check();
    return await this.outcome<boolean>((done) => this.sim.plugs.hasDevice(identity, device, done));
  }

  async abortMigration(vm: string): Promise<void> {
    this.check();
    this.sim.abortMigration(vm);
  }

  async pingGuest(vm: string, timeoutMs: number): Promise<ProbeOutcome> {
    this.check();
    if (!this.withAgent.has(vm)) return { result: 'unknown' };
    const { time } = this.options;
    const answer = await time.when<GuestAnswer>((done) => this.sim.askGuest(vm, 'daemon', timeoutMs, done));
    return answer === 'failed' ? { result: answer, reason: 'its agent does not answer' } : { result: answer };
  }

  async setLink(vm: string, up: boolean): Promise<void> {
    this.check();
    succeeded(this.sim.setLink(vm, up));
  }

  private get sim(): SimHypervisor {
    return this.options.hypervisor;
  }

  /** The world has no secrets, but opens a target to one host: the one that was given its secret. */
  private letIn(generation: number, secrets: SecretValue[]): void {
    const host = this.sim.machine.name;
    for (const { volume } of secrets) {
      for (const step of openingSteps) this.options.store.step(step, volume, generation, { host, hostEpoch: 1 });
    }
  }

  private check(): void {
    if (!this.connected) throw new HypervisorError('disconnected', 'the hypervisor does not answer');
  }

  private async outcome<Value>(begin: (done: (result: HypervisorResult<Value>) => void) => void): Promise<Value> {
    return succeeded(await this.options.time.when(begin));
  }

  private tell(event: HypervisorEvent): void {
    if (this.opened) for (const listener of this.listeners) listener(event);
  }
}

function succeeded<Value>(result: HypervisorResult<Value>): Value {
  if (result.ok) return result.value;
  throw new HypervisorError(result.code, result.message);
}

function generationOf(iqn: string): number {
  return Number(iqn.slice(iqn.lastIndexOf('.g') + 2));
}

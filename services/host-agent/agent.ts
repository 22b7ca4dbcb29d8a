import { join } from 'node:path';
import { BusError } from '@holdfast/bus';
import {
  armingOf,
  clusterKey,
  clusters,
  hosts,
  pools,
  secrets,
  type HostCapacity,
  type HostRecord,
  type Observed,
} from '@holdfast/contracts';
import { Projection } from '@holdfast/runtime';
import type { HostAgentDeps } from './agent-deps.js';
import { keepSeeds } from './cloud-init.js';
import { Copies } from './copies.js';
import { defaultIsolationTiming, doomed, isLive, reconcile, type FoundDomain } from './core/index.js';
import { foundDomain } from './found-domain.js';
import { GuestWatches } from './guest-watches.js';
import { Heartbeats } from './heartbeats.js';
import { HostSecrets } from './host-secrets.js';
import { capacityNow, connectTo } from './hypervisor-connection.js';
import { LoadMeter } from './load-meter.js';
import { LocalMemory } from './local-state.js';
import { NetworkWatch } from './network-watch.js';
import { HypervisorError, type CopyStorage, type DomainIdentity, type HypervisorCapacity } from './ports.js';
import { Reports } from './reports.js';
import { SelfFence } from './self-fence.js';
import { StorageWatch } from './storage-watch.js';
import { HostWatchdog } from './watchdog.js';

const resyncMs = 5000;
/** After so many the hypervisor is asked anew what there is. */
const resyncsPerMeasure = 6;
const retryMs = 500;
/** A host that goes down cannot wait for ever until its last report is stored. */
const lastReportWithinMs = 5000;

/** The agent of one host: says what it sees, does what it is told, and destroys what must not be there. */
export class HostAgent {
  private readonly record: Projection<HostRecord>;
  private readonly sealed: Projection<typeof secrets.schema._output>;
  private readonly pools: Projection<typeof pools.schema._output>;
  private readonly cluster: Projection<typeof clusters.schema._output>;
  private readonly startedAtMs: number;
  private readonly endings = new Map<string, string>();
  private readonly heartbeats: Heartbeats;
  private readonly storageWatch: StorageWatch | null;
  private memory!: LocalMemory;
  private secrets!: HostSecrets;
  private copiesHeld: Copies | null = null;
  private guests: GuestWatches | null = null;
  private selfFence: SelfFence | null = null;
  private readonly watchdog: HostWatchdog | null;
  private readonly loadMeter: LoadMeter | null;
  private readonly networks: NetworkWatch;
  private machine: HypervisorCapacity | null = null;
  private stale: FoundDomain[] = [];
  private syncing = false;
  private syncAgain = false;
  private resyncs = 0;
  private readonly reports: Reports;
  private isLeaving = false;
  private left: Promise<void> | null = null;
  private stopped = false;
  private cancelResync: () => void = () => {};

  constructor(private readonly deps: HostAgentDeps) {
    const { bus, clock } = deps;
    this.startedAtMs = clock.nowMs();
    this.reports = new Reports({ bus, clock, report: () => this.report() });
    this.networks = new NetworkWatch({ ...deps, changed: () => this.publish() });
    this.record = new Projection(bus, hosts, bus.node);
    this.sealed = new Projection(bus, secrets, bus.node);
    this.pools = new Projection(bus, pools);
    this.storageWatch = deps.storage && this.watchStorage(deps.storage);
    this.cluster = new Projection(bus, clusters);
    this.heartbeats = new Heartbeats({
      bus,
      clock,
      pools: this.pools,
      say: () => ({
        host: bus.node,
        uuid: this.machine?.uuid ?? '',
        bootId: deps.bootId,
        epoch: this.memory.state.epoch,
      }),
      ackKey: (node) => this.secrets.ackKey(node),
      monotonicMs: () => performance.now(),
      floorRose: () => this.sync(),
      beaten: () => {
        this.selfFence?.look();
        this.watchdog?.look();
      },
    });
    this.loadMeter = deps.load
      ? new LoadMeter({
          ...{ bus, clock, source: deps.load, monotonicMs: () => performance.now() },
          copies: () => this.liveCopies(),
        })
      : null;
    this.watchdog = HostWatchdog.over(deps, {
      contact: () => this.heartbeats.known,
      nodes: () => this.pools.values().map(({ node }) => node),
      record: () => this.ownRecord(),
      isArmed: () => this.isArmed,
      isEmpty: () => this.stale.length === 0 && !Object.values(this.memory.state.vms).some(({ copy }) => isLive(copy)),
      changed: () => this.publish(),
    });
  }

  private watchStorage(storage: CopyStorage): StorageWatch {
    const { clock, log } = this.deps;
    return new StorageWatch({
      clock,
      log,
      storage,
      pools: () => this.pools.values(),
      resume: (identity) => this.goOn(identity),
      changed: () => this.publish(),
    });
  }

  /** A copy that a disk error has paused, unless the cluster or this agent has ruled it out meanwhile. */
  private async goOn({ vm, uid, incarnation, generation, hostEpoch }: DomainIdentity): Promise<void> {
    if (this.ownRecord()?.epoch !== hostEpoch || this.memory.state.vms[vm]?.copy?.held === true) return;
    const revision = this.memory.state.vms[vm]?.revision ?? 0;
    await this.copies.resume({ vm, uid, operation: null, stamp: { incarnation, hostEpoch, generation, revision } });
  }

  async start(): Promise<void> {
    const { bus, clock, log, hypervisor, incarnation, stateDirectory } = this.deps;
    this.memory = await LocalMemory.load(join(stateDirectory, 'floors.json'), incarnation, clock.nowMs());
    const keyFile = join(stateDirectory, 'seal-key.json');
    this.secrets = await HostSecrets.load(keyFile, this.sealed, bus.node);
    this.copiesHeld = new Copies({
      ...{ bus, clock, log, incarnation, hypervisor, seeds: this.deps.seeds },
      memory: this.memory,
      secrets: this.secrets,
      image: (name) => this.deps.images[name] ?? null,
      iso: (name) => join(this.deps.isoDirectory ?? '/var/lib/holdfast/isos', name),
      bridge: (network) => this.deps.bridges[network] ?? null,
      capacity: () => this.capacity(),
      currentEpoch: () => this.currentEpoch(),
      isBootKnown: () => this.ownRecord()?.bootId === this.deps.bootId,
      changed: () => {
        this.publish();
        this.guests?.look();
      },
    });
    this.guests = new GuestWatches({
      clock,
      log,
      memory: this.memory,
      prober: this.deps.prober,
      busy: () => this.copies.busy(),
      isSeeing: () => this.deps.hypervisor.connected,
      changed: () => this.publish(),
    });
    this.selfFence = new SelfFence({
      ...this.deps,
      memory: this.memory,
      heartbeats: this.heartbeats,
      copies: this.copies,
      currentEpoch: () => this.currentEpoch(),
      isArmed: () => this.isArmed,
      timing: defaultIsolationTiming,
      monotonicMs: () => performance.now(),
    });
    hypervisor.onEvent((event) => {
      if (event.kind === 'changed' && event.detail === 'rebooted') {
        this.guests?.sawReset(event.vm);
        this.copies.sawReboot(event.vm);
      }
      if (event.kind === 'changed' && event.detail === 'watchdog') this.guests?.sawWatchdog(event.vm);
      if (event.kind === 'changed' && event.ending) this.endings.set(event.vm, event.ending);
      this.sync();
      this.publish();
    });
    await this.networks.look();
    this.machine = await connectTo(this.deps, () => !this.stopped);
    // Nobody follows a migration that an agent before us began: it was given up with that agent.
    const moving = Object.entries(this.memory.state.vms).filter(([, vm]) => vm.copy?.state === 'migrating');
    await Promise.all(moving.map(([vm]) => this.abortMigration(vm)));
    await this.copies.callOffStarts();
    this.copies.endLeaving();
    await Promise.all(this.projections().map((projection) => projection.start()));
    this.record.onChange(() => this.sync());
    this.heartbeats.start(this.deps.addresses.storage);
    this.storageWatch?.start();
    this.loadMeter?.start();
    this.resync();
  }

  private get isArmed(): boolean {
    return armingOf(this.cluster.value(clusterKey), this.deps.incarnation).armed;
  }

  async stop(): Promise<void> {
    await this.watchdog?.end();
    this.stopped = true;
    this.cancelResync();
    this.heartbeats.stop();
    this.storageWatch?.stop();
    this.loadMeter?.stop();
    this.guests?.stop();
    await Promise.all(this.projections().map((projection) => projection.close()));
    await this.deps.hypervisor.close();
    await this.memory.close();
  }

  private projections(): { start(): Promise<void>; close(): Promise<void> }[] {
    return [this.record, this.sealed, this.pools, this.cluster];
  }

  /**
   * The host's operating system goes down: stops every VM, so that they run elsewhere at once, and takes none any more.
   * Resolves when that is done and stored for all to see, or when the time for it is over.
   */
  leave(): Promise<void> {
    this.left ??= this.leaveNow();
    return this.left;
  }

  private async leaveNow(): Promise<void> {
    const { log } = this.deps;
    this.isLeaving = true;
    log.info({ vms: this.liveCount() }, 'the host goes down; stopping its VMs');
    this.publish();
    await this.copiesHeld?.leave();
    this.publish();
    if (!(await this.reports.settled(lastReportWithinMs))) log.warn({}, 'the last report could not be stored');
  }

  get copies(): Copies {
    if (!this.copiesHeld) throw new HypervisorError('disconnected', 'the agent has not started yet');
    return this.copiesHeld;
  }

  get ready(): boolean {
    return this.machine !== null && this.record.ready && this.deps.hypervisor.connected;
  }

  liveCount(): number {
    return this.liveCopies().size;
  }

  private liveCopies(): ReadonlyMap<string, number> {
    const all = Object.entries(this.memory.state.vms);
    return new Map(all.flatMap(([vm, { copy }]) => (copy?.state === 'running' ? [[vm, copy.generation]] : [])));
  }

  /** The host's record, if it is of this incarnation: one from a backup says nothing of this host's epoch or boot. */
  private ownRecord(): HostRecord | null {
    const record = this.record.value(this.deps.bus.node);
    return record?.incarnation === this.deps.incarnation ? record : null;
  }

  private async currentEpoch(): Promise<number | null> {
    const { bus, log } = this.deps;
    try {
      const record = (await bus.bucket(hosts).get(bus.node))?.value;
      return record?.incarnation === this.deps.incarnation ? record.epoch : null;
    } catch (error) {
      if (!(error instanceof BusError)) throw error;
      log.warn({ err: error }, 'the host record could not be read');
      return null;
    }
  }

  /** Looks at what runs, destroys what is stale, and accepts the host's epoch once nothing older is left. */
  private sync(): void {
    if (this.syncing || this.stopped || !this.copiesHeld) {
      this.syncAgain = true;
      return;
    }
    this.syncing = true;
    this.syncAgain = false;
    this.syncOnce()
      .catch((error: unknown) => {
        if (!(error instanceof HypervisorError)) throw error;
        this.deps.log.warn({ err: error }, 'the hypervisor could not be asked; trying again');
        this.deps.clock.after(retryMs, () => this.sync());
      })
      .finally(() => {
        this.syncing = false;
        if (this.syncAgain) this.sync();
      });
  }

  private async syncOnce(): Promise<void> {
    const { hypervisor, clock, log } = this.deps;
    if (!hypervisor.connected) return;
    const busy = this.copies.busy();
    this.guests?.listing();
    const domains = await hypervisor.list();
    this.storageWatch?.saw(domains);
    const record = this.ownRecord();
    // A storage node may know first that this host was fenced, and tell it when nobody else can.
    const epoch = Math.max(record?.epoch ?? 0, this.memory.state.epoch, this.heartbeats.epochFloor);
    // What began while we were listing is not in the list: it is looked at next time.
    const alsoBusy = new Set([...busy, ...this.copies.busy()]);
    const { local, stale } = reconcile(this.memory.state, domains.map(foundDomain), {
      epoch,
      busy: alsoBusy,
      endings: this.endings,
      nowMs: clock.nowMs(),
    });
    this.endings.clear();
    await this.memory.set(local);
    keepSeeds(this.deps.seeds, this.memory.state);
    this.guests?.found(domains, alsoBusy);
    this.guests?.look();
    this.stale = stale;
    if (stale.length > 0) {
      log.warn({ stale: stale.map(({ vm, generation }) => `${vm} g${generation}`) }, 'stale copies found');
      this.publish();
      const going = doomed(stale, this.deps.incarnation, record !== null);
      await Promise.all(going.map((domain) => this.copies.destroyStale(domain)));
      if (going.length > 0) this.syncAgain = true;
      return;
    }
    if (record && record.epoch > local.epoch && record.bootId === this.deps.bootId) {
      if (alsoBusy.size > 0) return await this.endOlderWork(alsoBusy);
      await this.memory.set({ ...this.memory.state, epoch: record.epoch });
      log.info({ epoch: record.epoch }, 'no stale copy is left; epoch accepted');
    }
    this.publish();
  }

  /** Work begun under an older epoch could still bring a copy about, so the new one is not accepted before it ends. */
  private async endOlderWork(vms: ReadonlySet<string>): Promise<void> {
    await Promise.all([...vms].map((vm) => this.abortMigration(vm)));
    this.deps.clock.after(retryMs, () => this.sync());
  }

  private async abortMigration(vm: string): Promise<void> {
    await this.deps.hypervisor.abortMigration(vm).catch((error: unknown) => {
      if (!(error instanceof HypervisorError)) throw error;
      this.deps.log.info({ vm, err: error }, 'there was no migration to abort');
    });
  }

  private resync(): void {
    this.sync();
    void this.networks.look();
    if (++this.resyncs % resyncsPerMeasure === 0) void this.measure();
    this.cancelResync = this.deps.clock.after(resyncMs, () => this.resync());
  }

  private async measure(): Promise<void> {
    this.machine = (await capacityNow(this.deps.hypervisor)) ?? this.machine;
    this.publish();
  }

  private publish(): void {
    this.reports.publish();
  }

  private report(): Observed | null {
    const { deps } = this;
    const { bus } = deps;
    if (!this.machine || this.stopped) return null;
    const vms: Observed['vms'] = {};
    for (const [name, vm] of Object.entries(this.memory.state.vms)) {
      if (!vm.copy) continue;
      const storageLost = this.storageWatch?.lossOf(name, vm.copy.generation);
      vms[name] = storageLost ? { ...vm.copy, storageLost } : vm.copy;
    }
    return {
      host: bus.node,
      uuid: this.machine.uuid,
      bootId: deps.bootId,
      incarnation: deps.incarnation,
      epoch: this.memory.state.epoch,
      startedAtMs: this.startedAtMs,
      sealKey: this.secrets.publicKey,
      capacity: this.capacity(),
      addresses: deps.addresses,
      probePort: deps.probePort,
      hypervisor: deps.hypervisor.connected ? 'connected' : 'disconnected',
      leaving: this.isLeaving,
      vms,
      ...(this.memory.state.former ? { former: this.memory.state.former } : {}),
      images: Object.keys(deps.images).sort(),
      lostPools: this.storageWatch?.lostPools(),
      ...(this.watchdog ? { watchdog: this.watchdog.told() } : {}),
      staleCopies: this.stale.map(({ vm, uid, generation, hostEpoch }) => ({ vm, uid, generation, hostEpoch })),
      atMs: deps.clock.nowMs(),
    };
  }

  private capacity(): HostCapacity {
    const { uuid: _, hypervisor: __, ...found } = this.machine ?? { cpus: 1, memoryMiB: 1, uuid: '', hypervisor: '' };
    return { ...found, ...this.deps.capacity, ...this.deps.bandwidth, ...this.networks.told() };
  }
}

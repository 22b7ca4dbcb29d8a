import type { Bus, Entry, Subscription } from '@holdfast/bus';
import {
  accepted,
  armingOf,
  clusterKey,
  clusters,
  heartbeat as heartbeatContract,
  hosts,
  incidents,
  isNews,
  observed,
  pools,
  refused,
  vms,
  type Arming,
  type ClusterRecord,
  type Heartbeat,
  type HostRecord,
  type IncidentLedger,
  type Reply,
} from '@holdfast/contracts';
import { randomStream, type Env } from '@holdfast/kernel';
import {
  MachineRunner,
  Projection,
  Pruner,
  Rank,
  type Answers,
  type Clock,
  type Machine,
  type RunnerLog,
} from '@holdfast/runtime';
import {
  admitArm,
  admitWord,
  countSilence,
  defaultTiming,
  firstCluster,
  firstRecord,
  heardNow,
  isLeftIsolated,
  needsPower,
  isPowerNews,
  powerChecked,
  isCleared,
  isLate,
  leaseTimingRefusal,
  noSilence,
  peersOf,
  stepCluster,
  stepHost,
  vmOn,
  type ArmRequest,
  type DrillTiming,
  type HeardHost,
  type HostEffect,
  type HostView,
  type HostWord,
  type Silence,
  type Timing,
} from './core/index.js';
import { Drills } from './drills.js';
import { HostActions } from './host-actions.js';
import { recordIncident } from './incident-copy.js';
import type { HostFencing, HostProbe } from './ports.js';

const busCheckMs = 500;
const resyncMs = 10_000;
const dayMs = 86_400_000;
const keepIncidents = {
  endedAtMs: ({ closedAtMs }: IncidentLedger) => closedAtMs,
  keepMs: 365 * dayMs,
  keepCount: 10_000,
};

export interface FailoverDeps {
  bus: Bus;
  clock: Clock;
  log: RunnerLog;
  incarnation: string;
  probe: HostProbe;
  /** The fence devices of each host that has any. */
  fencing: ReadonlyMap<string, HostFencing>;
  timing?: Partial<Timing>;
  drillTiming?: Partial<DrillTiming>;
}

/** The thin shell around host health: listens, steps, asks, performs. */
export class Failover {
  readonly drills: Drills;
  private readonly timing: Timing;
  private readonly projections;
  private readonly rank: Rank;
  private readonly runner: MachineRunner<HostRecord, HostEffect>;
  private readonly clusterRunner: MachineRunner<ClusterRecord, never>;
  private readonly pruner: Pruner<IncidentLedger>;
  private readonly actions: HostActions;
  private readonly heard = new Map<string, HeardHost>();
  private readonly clearedAtMs = new Map<string, number>();
  private readonly seenAtMs = new Map<string, number>();
  private subscription: Subscription | null = null;
  private listeningSinceMs = 0;
  private silence = noSilence;
  private busAnswers = false;
  private cancels: (() => void)[] = [];

  constructor(private readonly deps: FailoverDeps) {
    const { bus, clock, log } = deps;
    this.timing = { ...defaultTiming, ...deps.timing };
    const refusal = leaseTimingRefusal(this.timing);
    if (refusal !== null) throw new Error(`the times of failover do not fit together: ${refusal}`);
    this.projections = {
      clusters: new Projection(bus, clusters),
      hosts: new Projection(bus, hosts),
      observed: new Projection(bus, observed),
      pools: new Projection(bus, pools),
      vms: new Projection(bus, vms),
      incidents: new Projection(bus, incidents),
    };
    this.rank = new Rank(bus, clock);
    this.pruner = new Pruner(bus, clock, this.projections.incidents, keepIncidents);
    this.actions = new HostActions(deps);
    const options = { clock, log, rank: () => this.rank.current() };
    this.drills = new Drills({
      ...deps,
      ...options,
      ...this.projections,
      actions: this.actions,
      env: () => this.env(),
      arming: () => this.arming(),
      timing: deps.drillTiming,
    });
    this.runner = new MachineRunner(this.machine(), this.projections.hosts, bus, options);
    this.clusterRunner = new MachineRunner(this.clusterMachine(), this.projections.clusters, bus, options);
  }

  async start(): Promise<void> {
    const { bus, clock } = this.deps;
    const watched = [...Object.values(this.projections), this.drills.projection];
    await Promise.all(watched.map((projection) => projection.start()));
    await this.rank.start();
    this.listeningSinceMs = clock.nowMs();
    this.subscription = await bus.listen(heartbeatContract, (message, sender) => {
      // The bus lets an agent speak for its own node only; a name in the body proves nothing.
      if (message.host === sender.node) this.hear(message);
    });
    bus.onConnectionChange((connected) => this.setBusAnswers(connected));
    this.busAnswers = bus.connected;
    this.projections.observed.onChange((host, entry, before) => {
      if (isNews(before, entry?.value ?? null)) this.meet(host);
    });
    this.projections.hosts.onChange((host, entry, before) => {
      this.seenAtMs.set(host, clock.nowMs());
      if (isCleared(before, entry?.value ?? null)) this.clearedAtMs.set(host, clock.nowMs());
    });
    this.projections.clusters.onChange(() => this.runner.pokeAll());
    this.runner.start();
    this.clusterRunner.start();
    this.drills.start();
    this.noteCluster();
    this.pruner.start();
    this.checkBus();
    this.resync();
  }

  async stop(): Promise<void> {
    for (const cancel of this.cancels) cancel();
    this.pruner.stop();
    this.runner.stop();
    this.clusterRunner.stop();
    this.drills.stop();
    await this.subscription?.close();
    await this.rank.close();
    const watched = [...Object.values(this.projections), this.drills.projection];
    await Promise.all(watched.map((projection) => projection.close()));
  }

  get ready(): boolean {
    return Object.values(this.projections).every((projection) => projection.ready);
  }

  healths(): Map<string, number> {
    const counts = new Map<string, number>();
    for (const { health } of this.projections.hosts.values()) {
      counts.set(health, (counts.get(health) ?? 0) + 1);
    }
    return counts;
  }

  /** What it brings is what the word's own command promises. */
  async hostWord(word: HostWord): Promise<Reply<never>> {
    const parts = {
      view: (host: HostRecord): HostView => this.view(host, () => null),
      arming: () => this.arming(),
      env: () => this.env(),
    };
    const reply = await this.runner.change(word.request.host, (host) => admitWord(word, host, parts));
    return reply as Reply<never>;
  }

  async arm(request: ArmRequest): Promise<Reply<{ armed: boolean; changed: boolean }>> {
    const reply = await this.clusterRunner.change(clusterKey, (known) =>
      admitArm(known, request, this.env()),
    );
    return reply as Reply<{ armed: boolean; changed: boolean }>;
  }

  private hear(message: Heartbeat): void {
    const before = this.heard.get(message.host) ?? null;
    if (isLate(message, before?.heartbeat)) return;
    const { listeningSinceMs, timing } = this;
    const now = { atMs: this.deps.clock.nowMs(), listeningSinceMs, timing };
    this.heard.set(message.host, heardNow(message, before, now));
    const record = this.projections.hosts.value(message.host);
    if (!record) this.meet(message.host);
    else if (record.health !== 'online' || record.bootId !== message.bootId) {
      this.runner.poke(message.host);
    }
  }

  /** A host nobody has a record of: made once it is both heard and has reported. */
  private meet(host: string): void {
    this.runner.poke(host);
    const report = this.projections.observed.value(host);
    if (this.projections.hosts.get(host) || !report || !this.heard.has(host)) return;
    const hasPowerSwitch = this.actions.power.has(host);
    void this.runner.change(host, (existing) => ({
      change: existing ? null : firstRecord(report, hasPowerSwitch, this.env()),
      reply: refused('exists', `${host} is known`),
    }));
  }

  private machine(): Machine<HostRecord, HostEffect> {
    return {
      noun: 'host',
      contract: hosts,
      identity: ({ host }) => host,
      isGone: () => false,
      step: (entry, answer) => stepHost(this.view(entry.value, answer)),
      perform: (effect, entry) => this.perform(effect, entry),
      onTransition: ({ incident }) => recordIncident(this.deps.bus, incident),
    };
  }

  private clusterMachine(): Machine<ClusterRecord, never> {
    return {
      noun: 'cluster',
      contract: clusters,
      identity: () => clusterKey,
      isGone: () => false,
      step: ({ value }) => {
        const { hosts: hostRecords, vms: vmRecords } = this.projections;
        return stepCluster(value, () => this.foreign(hostRecords) + this.foreign(vmRecords), this.env());
      },
      perform: (effect) => effect,
    };
  }

  /** Records that come from a backup and were not taken up yet. */
  private foreign(records: { values(): { incarnation: string }[] }): number {
    return records.values().filter(({ incarnation }) => incarnation !== this.deps.incarnation).length;
  }

  /** Without a record of the cluster nobody could tell later that the others come from a backup. */
  private noteCluster(): void {
    if (this.projections.clusters.get(clusterKey)) return;
    void this.clusterRunner.change(clusterKey, (known) => ({
      change: known ? null : firstCluster(this.foreign(this.projections.vms) > 0, this.env()),
      reply: refused('exists', 'it is known'),
    }));
  }

  private async perform(effect: HostEffect, entry: Entry<HostRecord>): Promise<Reply<unknown>> {
    if (effect.kind !== 'check-power') return await this.actions.perform(effect, entry.value);
    const checked = await this.actions.power.check(entry.value);
    if (!checked.ok) return checked;
    return await this.runner.change(entry.key, (host) => ({
      change: host && isPowerNews(host, checked.value) ? powerChecked(host, checked.value, this.env()) : null,
      reply: checked,
    }));
  }

  /** What concerns more than this host is counted only when asked for: a host that is well asks for none of it. */
  private view(host: HostRecord, answer: Answers): HostView {
    const storageNodes = (): string[] =>
      [...new Set(this.projections.pools.values().map(({ node }) => node))].sort();
    const peers = (): string[] => this.peersOf(host.host);
    const needsPowerProof = (): boolean => this.needsPowerProof(host);
    const held = (): string | null => vmOn(this.projections.vms.values(), host.host);
    const isLeft = (): boolean => isLeftIsolated(this.projections.vms.values(), host.host);
    return {
      host,
      env: this.env(),
      timing: this.timing,
      heard: this.heard.get(host.host) ?? null,
      clearedAtMs: this.clearedAtMs.get(host.host) ?? null,
      seenAtMs: this.seenAtMs.get(host.host) ?? 0,
      listeningSinceMs: this.listeningSinceMs,
      busAnswers: this.busAnswers,
      arming: this.arming(),
      observed: this.projections.observed.value(host.host),
      get storageNodes() {
        return storageNodes();
      },
      get peers() {
        return peers();
      },
      get needsPowerProof() {
        return needsPowerProof();
      },
      get isLeftIsolated() {
        return isLeft();
      },
      get held() {
        return held();
      },
      silence: () => this.countSilence(),
      answer,
    };
  }

  private peersOf(host: string): string[] {
    const heardSinceMs = this.deps.clock.nowMs() - this.timing.suspectAtLeastMs;
    const isHeardNow = (other: string): boolean => (this.heard.get(other)?.atMs ?? 0) > heardSinceMs;
    return peersOf(host, this.projections.hosts.values(), isHeardNow);
  }

  private arming(): Arming {
    return armingOf(this.projections.clusters.value(clusterKey), this.deps.incarnation);
  }

  private countSilence(): Silence {
    const hosts = this.projections.hosts
      .values()
      .filter(({ incarnation }) => incarnation === this.deps.incarnation);
    const { heard, listeningSinceMs, timing } = this;
    const now = { nowMs: this.deps.clock.nowMs(), listeningSinceMs, timing };
    this.silence = countSilence(hosts, (host) => heard.get(host) ?? null, this.silence, now);
    return this.silence;
  }

  private needsPowerProof(host: HostRecord): boolean {
    const { vms: known, pools: knownPools } = this.projections;
    const isRevocable = (pool: string): boolean => knownPools.value(pool)?.revocable === true;
    return known.values().some((vm) => needsPower(vm, host, isRevocable));
  }

  /** Silence counts only while the bus answers us: after a gap every host is given its time anew. */
  private setBusAnswers(answers: boolean): void {
    if (answers && !this.busAnswers) this.listeningSinceMs = this.deps.clock.nowMs();
    this.busAnswers = answers;
  }

  private checkBus(): void {
    const { bus, clock } = this.deps;
    const again = (): void => {
      this.cancels[0] = clock.after(busCheckMs, () => this.checkBus());
    };
    const askedAtMs = clock.nowMs();
    bus.roundTrip(busCheckMs).then(
      () => {
        // A pause of our own process looks like everybody else's silence.
        const wasPaused = clock.nowMs() - askedAtMs > 2 * busCheckMs;
        if (wasPaused) this.setBusAnswers(false);
        this.setBusAnswers(true);
        again();
      },
      () => {
        this.setBusAnswers(false);
        again();
      },
    );
  }

  private resync(): void {
    this.cancels[1] = this.deps.clock.after(resyncMs, () => {
      this.runner.pokeAll();
      this.noteCluster();
      if (this.rank.current() === 0) this.recheckPower();
      this.resync();
    });
  }

  private recheckPower(): void {
    const env = this.env();
    this.actions.power.recheck(this.projections.hosts.values(), env, (host, decide) => {
      void this.runner.change(host, (known) => ({ change: known && decide(known), reply: accepted({ host }) }));
    });
  }

  private env(): Env {
    const { clock, incarnation } = this.deps;
    return { nowMs: clock.nowMs(), random: randomStream('failover'), incarnation };
  }
}

import type { Bus } from '@holdfast/bus';
import {
  armingOf,
  attachments,
  clusterKey,
  clusters,
  defaultSettings,
  drains,
  hosts,
  isNews,
  networks,
  observed,
  operations,
  pools,
  rebalances,
  rules,
  settingsBucket,
  settingsKey,
  vms,
  volumes,
  type Asked,
  type CapacityReport,
  type DrainPlan,
  type DrainRecord,
  type Explanation,
  type NetworkRecord,
  type OperationRecord,
  type Reply,
  type RuleRecord,
  type Settings,
  type SettingsRecord,
  type VmRecord,
} from '@holdfast/contracts';
import { randomStream, type Env } from '@holdfast/kernel';
import {
  MachineRunner,
  Projection,
  Pruner,
  Rank,
  type Clock,
  type Machine,
  type RunnerLog,
} from '@holdfast/runtime';
import {
  admissionBook,
  admitCanaryCreate,
  admitCanaryDelete,
  admitCanaryEvict,
  admitDelete,
  admitMaintenance,
  admitMigrate,
  admitRule,
  admitRuleDelete,
  admitSettings,
  admitStop,
  capacityBookOf,
  explainPlacement,
  planDrain,
  hostsHolding,
  reportCapacity,
  stepVm,
  type Admission,
  type Cluster,
  type DrainEffect,
  type NetworkAdmission,
  type VmEffect,
  type VmRequest,
} from './core/index.js';
import { drainMachine } from './drains.js';
import { feedsOf, type Feeds } from './feeds.js';
import { changeOnce, endLostOperations, keepOperations, recordOperation } from './operations.js';
import { performVmEffect } from './perform.js';
import { PowerSaver } from './power-saver.js';
import { proveAll } from './prove-all.js';
import { Rebalancer } from './rebalancer.js';
import { watchRoom } from './room-watch.js';
import { changeAsAsked, networkMachine, ruleMachine, settingsMachine } from './rules.js';

const resyncMs = 10_000;

export interface SchedulerDeps {
  bus: Bus;
  clock: Clock;
  log: RunnerLog;
  incarnation: string;
}

/** The thin shell around the VM lifecycle, the rules and the drains: watches, steps, performs. */
export class Scheduler {
  private readonly projections;
  private readonly rank: Rank;
  private readonly runner: MachineRunner<VmRecord, VmEffect>;
  private readonly ruleRunner: MachineRunner<RuleRecord, never>;
  private readonly networkRunner: MachineRunner<NetworkRecord, never>;
  private readonly settingsRunner: MachineRunner<SettingsRecord, never>;
  private readonly drainRunner: MachineRunner<DrainRecord, DrainEffect>;
  private readonly pruner: Pruner<OperationRecord>;
  private readonly feeds: Feeds;
  readonly rebalancer: Rebalancer;
  private readonly powerSaver: PowerSaver;
  private cancelResync: () => void = () => {};

  constructor(private readonly deps: SchedulerDeps) {
    const { bus, clock, log } = deps;
    this.projections = {
      clusters: new Projection(bus, clusters),
      hosts: new Projection(bus, hosts),
      observed: new Projection(bus, observed),
      vms: new Projection(bus, vms),
      volumes: new Projection(bus, volumes),
      attachments: new Projection(bus, attachments),
      pools: new Projection(bus, pools),
      rebalances: new Projection(bus, rebalances),
      networks: new Projection(bus, networks),
      rules: new Projection(bus, rules),
      settings: new Projection(bus, settingsBucket),
      drains: new Projection(bus, drains),
      operations: new Projection(bus, operations),
    };
    this.feeds = feedsOf(this.projections, this.cluster, (host) => this.isForeign(host));
    this.rank = new Rank(bus, clock);
    this.pruner = new Pruner(bus, clock, this.projections.operations, keepOperations);
    const options = { clock, log, rank: () => this.rank.current() };
    this.runner = new MachineRunner(this.machine(), this.projections.vms, bus, options);
    this.ruleRunner = new MachineRunner(ruleMachine, this.projections.rules, bus, options);
    const network = networkMachine(this.cluster, () => this.env());
    this.networkRunner = new MachineRunner(network, this.projections.networks, bus, options);
    this.settingsRunner = new MachineRunner(settingsMachine, this.projections.settings, bus, options);
    const drain = drainMachine(this.cluster, bus, () => this.env());
    this.drainRunner = new MachineRunner(drain, this.projections.drains, bus, options);
    const parts = { ...options, bus, cluster: this.cluster, env: () => this.env() };
    const known = this.projections.rebalances;
    this.rebalancer = new Rebalancer({ ...parts, known, migrate: (request) => this.migrate(request) });
    this.powerSaver = new PowerSaver({ ...parts, carriers: () => this.rank.nodes() });
  }

  async start(): Promise<void> {
    await Promise.all(Object.values(this.projections).map((projection) => projection.start()));
    await this.rank.start();
    this.pokeOnChange();
    this.runner.start();
    this.ruleRunner.start();
    this.networkRunner.start();
    this.settingsRunner.start();
    this.drainRunner.start();
    this.pruner.start();
    await this.rebalancer.start();
    this.powerSaver.start();
    this.resync();
  }

  async stop(): Promise<void> {
    this.cancelResync();
    this.pruner.stop();
    this.powerSaver.stop();
    await this.rebalancer.stop();
    this.runner.stop();
    this.ruleRunner.stop();
    this.networkRunner.stop();
    this.settingsRunner.stop();
    this.drainRunner.stop();
    await this.rank.close();
    await Promise.all(Object.values(this.projections).map((projection) => projection.close()));
  }

  get ready(): boolean {
    return Object.values(this.projections).every((projection) => projection.ready);
  }

  /** The lifecycle's census, for metrics. */
  phases(): Map<string, number> {
    const counts = new Map<string, number>();
    for (const { phase } of this.projections.vms.values()) {
      counts.set(phase, (counts.get(phase) ?? 0) + 1);
    }
    return counts;
  }

  /** What takes up more, which may be refused so that all return after a loss. */
  async admitMore<Request extends VmRequest>(request: Request, how: Admit<Request>): Promise<Reply<OperationValue>> {
    await this.proveForAdmission();
    return await this.admitWithin(request, how);
  }

  stopVm(request: Parameters<typeof admitStop>[1]): Promise<Reply<OperationValue>> {
    return this.change(request, (vm) => admitStop(vm, request, this.env()));
  }

  migrate(request: Parameters<typeof admitMigrate>[1]): Promise<Reply<OperationValue>> {
    return this.change(request, (vm) => admitMigrate(vm, request, this.cluster, this.env()));
  }

  remove(request: Parameters<typeof admitDelete>[1]): Promise<Reply<OperationValue>> {
    return this.change(request, (vm) => admitDelete(vm, request, this.env()));
  }

  /** What is decided by the cluster as well. */
  admitWithin<Request extends VmRequest>(request: Request, how: Admit<Request>): Promise<Reply<OperationValue>> {
    return this.change(request, (vm) => how(vm, request, this.cluster, this.env()));
  }

  /** What is decided by the VM's own record alone. */
  admit<Request extends VmRequest>(
    request: Request,
    how: (vm: VmRecord | null, request: Request, env: Env) => Admission,
  ): Promise<Reply<OperationValue>> {
    return this.change(request, (vm) => how(vm, request, this.env()));
  }

  canaryCreate(request: Parameters<typeof admitCanaryCreate>[1]): Promise<Reply<OperationValue>> {
    return this.change(request, (vm) => admitCanaryCreate(vm, request, this.cluster, this.env()));
  }

  canaryEvict(request: Parameters<typeof admitCanaryEvict>[1]): Promise<Reply<OperationValue>> {
    return this.change(request, (vm) => admitCanaryEvict(vm, request, this.cluster, this.env()));
  }

  canaryDelete(request: Parameters<typeof admitCanaryDelete>[1]): Promise<Reply<OperationValue>> {
    return this.change(request, (vm) => admitCanaryDelete(vm, request, this.env()));
  }

  putRule(request: Parameters<typeof admitRule>[1]): Promise<Reply<RuleValue>> {
    return changeAsAsked(this.ruleRunner, request.rule, request, (rule) =>
      admitRule(rule, request, this.cluster, this.env()));
  }

  deleteRule(request: Parameters<typeof admitRuleDelete>[1]): Promise<Reply<RuleValue>> {
    return changeAsAsked(this.ruleRunner, request.rule, request, (rule) => admitRuleDelete(rule, request, this.env()));
  }

  changeNetwork<Request extends Asked & { network: string }>(
    request: Request,
    how: (known: NetworkRecord | null, request: Request, cluster: Cluster, env: Env) => NetworkAdmission,
  ): Promise<Reply<NetworkValue>> {
    return changeAsAsked(this.networkRunner, request.network, request, (known) =>
      how(known, request, this.cluster, this.env()));
  }

  setSettings(request: Parameters<typeof admitSettings>[1]): Promise<Reply<Settings>> {
    return changeAsAsked(this.settingsRunner, settingsKey, request, (known) =>
      admitSettings(known, request, this.cluster, this.env()));
  }

  async maintenance(request: Parameters<typeof admitMaintenance>[1]): Promise<Reply<HostValue>> {
    const reply = await this.drainRunner.change(request.host, (drain) =>
      admitMaintenance(drain, request, this.cluster, this.env()));
    return reply as Reply<HostValue>;
  }

  drainPlan({ host }: { host: string }): Promise<Reply<DrainPlan>> {
    return Promise.resolve(planDrain(this.cluster, host));
  }

  async explain(request: Parameters<typeof explainPlacement>[1]): Promise<Reply<Explanation>> {
    return explainPlacement(this.cluster, request);
  }

  /** What is not known yet is proven a little at a time: other work goes on in between. */
  async capacity({ lose, away = null }: CapacityQuestion): Promise<Reply<CapacityReport>> {
    await proveAll(capacityBookOf(this.feeds.placement.current()), 2000);
    return reportCapacity(this.feeds.placement.current(), lose, away);
  }

  private async proveForAdmission(): Promise<void> {
    const book = admissionBook(this.cluster, this.feeds.placement.current());
    if (book) await proveAll(book, 200);
  }

  private async change(
    request: { vm: string } & Asked,
    admit: (record: VmRecord | null) => Admission,
  ): Promise<Reply<OperationValue>> {
    const { operations: known } = this.projections;
    const nowMs = (): number => this.env().nowMs;
    const reply = await changeOnce({ bus: this.deps.bus, known, runner: this.runner, nowMs }, request, admit);
    return reply as Reply<OperationValue>;
  }

  private machine(): Machine<VmRecord, VmEffect> {
    return {
      noun: 'vm',
      contract: vms,
      identity: ({ uid }) => uid,
      isGone: ({ phase }) => phase === 'deleted',
      step: (entry, answer) => stepVm({ vm: entry.value, cluster: this.cluster, env: this.env(), answer }),
      perform: (effect, entry) => performVmEffect(effect, entry, this.cluster, this.deps.bus, this.deps.incarnation),
      onTransition: (vm, transition) => recordOperation(this.deps.bus, vm, transition),
    };
  }

  private isForeign({ incarnation }: { incarnation: string }): boolean {
    return incarnation !== this.deps.incarnation;
  }

  private readonly cluster: Cluster = {
    arming: () => armingOf(this.projections.clusters.value(clusterKey), this.deps.incarnation),
    host: (name) => this.projections.hosts.value(name),
    hosts: () => this.projections.hosts.values().filter((host) => !this.isForeign(host)),
    foreignHosts: () => this.projections.hosts.values().filter((host) => this.isForeign(host)),
    observed: (host) => this.projections.observed.value(host),
    volume: (id) => this.projections.volumes.value(id),
    attachment: (volume) => this.projections.attachments.value(volume),
    pool: (name) => this.projections.pools.value(name),
    pools: () => this.projections.pools.values(),
    // VMs placed at the same moment must see each other, or they all choose the same host.
    vms: () => this.projections.vms.intendedValues(),
    vm: (name) => this.projections.vms.intendedValue(name),
    isStored: (vm) => this.projections.vms.isStored(vm),
    networks: () => this.projections.networks.intendedValues(),
    network: (name) => this.projections.networks.intendedValue(name),
    rules: () => this.projections.rules.values(),
    settings: () => this.projections.settings.value(settingsKey)?.settings ?? defaultSettings,
    drain: (host) => this.projections.drains.value(host),
    snapshot: () => this.feeds.placement.current(),
    comingUp: () => this.feeds.comingUp,
  };

  private pokeOnChange(): void {
    const { projections } = this;
    projections.hosts.onChange((host) => {
      this.pokeVmsOn(host);
      if (projections.drains.get(host)) this.drainRunner.poke(host);
    });
    projections.observed.onChange((host, entry, before) => {
      if (isNews(before, entry?.value ?? null)) this.pokeVmsOn(host);
    });
    projections.volumes.onChange((_key, entry) => entry && this.runner.poke(entry.value.vm));
    projections.attachments.onChange((_key, entry) => entry && this.runner.poke(entry.value.vm));
    projections.rules.onChange((_id, entry) => {
      for (const vm of entry?.value.spec.vms ?? []) if (projections.vms.get(vm)) this.runner.poke(vm);
    });
    projections.drains.onChange((host) => this.pokeVmsOn(host));
    projections.vms.onChange((vm, entry, before) => {
      this.pokeDrainsOf(vm);
      const other = (entry?.value ?? before)?.rename?.other;
      if (other !== undefined && projections.vms.get(other)) this.runner.poke(other);
    });
    watchRoom(projections.vms, this.cluster, (vm) => projections.vms.get(vm) && this.runner.poke(vm));
    for (const all of [projections.clusters, projections.settings]) all.onChange(() => this.runner.pokeAll());
  }

  /** Those that run or ran there or want to come back, and those that wait for any host. */
  private pokeVmsOn(host: string): void {
    for (const vm of this.projections.vms.values()) {
      const concerns = vm.home === host || hostsHolding(vm).includes(host);
      const wantsRoom = vm.phase === 'waiting' || vm.phase === 'recovering';
      if (concerns || wantsRoom) this.runner.poke(vm.name);
    }
  }

  private pokeDrainsOf(name: string): void {
    const { drains: known, vms: records } = this.projections;
    if (known.size === 0) return;
    const vm = records.value(name);
    const holding = vm ? hostsHolding(vm) : [];
    for (const { host, left } of known.values()) {
      const isLeft = left.some((each) => each.vm === name);
      if (isLeft || holding.includes(host)) this.drainRunner.poke(host);
      // Its turn is over: that of the next one has come.
      if (isLeft && !holding.includes(host)) this.pokeVmsOn(host);
    }
  }

  /** Whatever a lost message may have left lying is found again. */
  private resync(): void {
    this.cancelResync = this.deps.clock.after(resyncMs, () => {
      this.runner.pokeAll();
      this.drainRunner.pokeAll();
      const { operations: known, vms: records } = this.projections;
      void endLostOperations(this.deps.bus, known, records, this.env());
      this.resync();
    });
  }

  private env(): Env {
    const { clock, incarnation } = this.deps;
    return { nowMs: clock.nowMs(), random: randomStream('scheduler'), incarnation };
  }
}

type Admit<Request> = (vm: VmRecord | null, request: Request, cluster: Cluster, env: Env) => Admission;
type CapacityQuestion = { lose: string | null; away?: string | null | undefined };

export type OperationValue = { operation: string; vm: string; warning?: string | undefined };
export type RuleValue = { rule: string };
export type NetworkValue = { network: string; transition: number };
export type HostValue = { host: string };

/** The twin of the scheduler's shell: watches, steps, performs, admits what people ask. */
import type {
  AttachmentRecord, ClusterRecord, DrainRecord, HostRecord, Observed, OperationRecord, PoolRecord,
  Reply, RuleRecord, SettingsRecord, Transition, VmRecord, VolumeRecord,
} from '@holdfast/contracts';
import {
  accepted, armingOf, asAsked, clusterKey, defaultSettings, isNews, refused, settingsKey,
} from '@holdfast/contracts';
import { admitDisk } from './disk-requests.js';
import { admitWord } from './word-requests.js';
import { randomStream, type Env } from '@holdfast/kernel';
import {
  admitPause, admitReboot, admitRelocate, admitResize, admitResume, type ResizeRequest,
} from '@holdfast/scheduler/core';
import {
  admitCanaryCreate, admitCanaryDelete, admitCanaryEvict,
  admitCreate,
  admitDelete,
  admitMaintenance,
  admitMigrate,
  admitRule,
  admitRuleDelete,
  admitSettings,
  admitStart,
  admitStop,
  claimsChanged,
  hostsHolding,
  lostInRestore,
  once,
  roomFreed,
  stepDrain,
  stepVm,
  workedOnBy,
  type Admission,
  type Cluster,
  type DrainEffect,
  type VmEffect,
} from '@holdfast/scheduler/core';
import type { Size } from '../check/bounds.js';
import { Process, type Machine } from '../engine/process.js';
import type { Bus } from '../world/bus.js';
import { hasBegun, recordOperation } from './operations.js';
import { stepThrough, type Plant } from './plant.js';
import { startAll, TwinProjection } from './projection.js';
import { ProjectionIndex } from './projection-index.js';
import { TwinRank } from './rank.js';
import { TwinRunner, type RunnerCounts, type TwinMachine } from './runner.js';
import { TwinPowerSaver } from './power-saver.js';
import { TwinRebalancer } from './rebalancer.js';
import { feedsOf, type Feeds } from './scheduler-feeds.js';
import { performVmEffect } from './scheduler-perform.js';

const resyncMs = 10_000;
const adminTimeoutMs = 3000;
const random = randomStream('scheduler');

/** A VM that waits for room looks at every host. */
const anyHost = '';
const hostsThatMatter = ({ phase, home, assignment, migration }: VmRecord): readonly (string | null | undefined)[] =>
  phase === 'waiting'
    ? [anyHost]
    : [...new Set([home, assignment?.host, migration?.to.host, ...(phase === 'recovering' ? [anyHost] : [])])];

export interface SchedulerParts {
  machine: Machine;
  bus: Bus;
  incarnation: string;
  counts: RunnerCounts;
  published(key: string, transition: Transition): void;
  planted: Plant;
  /** Whether agents tell loads. */
  measuresLoad(): boolean;
}

export class TwinScheduler {
  readonly process: Process;
  /** That of its configuration when it was started. */
  private incarnation = '';
  private clusters!: TwinProjection<ClusterRecord>;
  private hosts!: TwinProjection<HostRecord>;
  private observed!: TwinProjection<Observed>;
  private vms!: TwinProjection<VmRecord>;
  private vmsByHost!: ProjectionIndex<VmRecord>;
  private volumes!: TwinProjection<VolumeRecord>;
  private attachments!: TwinProjection<AttachmentRecord>;
  private pools!: TwinProjection<PoolRecord>;
  private rules!: TwinProjection<RuleRecord>;
  private settings!: TwinProjection<SettingsRecord>;
  private drains!: TwinProjection<DrainRecord>;
  private operations!: TwinProjection<OperationRecord>;
  private runner!: TwinRunner<VmRecord, VmEffect>;
  private ruleRunner!: TwinRunner<RuleRecord, never>;
  private settingsRunner!: TwinRunner<SettingsRecord, never>;
  private drainRunner!: TwinRunner<DrainRecord, DrainEffect>;
  private rank!: TwinRank;
  private feeds!: Feeds;
  private savesPower = false;

  constructor(private readonly parts: SchedulerParts) {
    this.process = new Process(parts.machine, `scheduler/${parts.machine.name}`);
  }

  start(): void {
    const { process, parts } = this;
    const { bus } = parts;
    process.start();
    this.incarnation = parts.incarnation;
    // What is planted changes what is asked of the records: then nothing is kept of them.
    const { snapshot: _, comingUp: __, ...asked } = this.known;
    this.cluster = parts.planted.cluster?.(asked) ?? this.known;
    this.clusters = new TwinProjection<ClusterRecord>(process, bus.bucket('cluster'));
    this.hosts = new TwinProjection<HostRecord>(process, bus.bucket('hosts'));
    this.observed = new TwinProjection<Observed>(process, bus.bucket('observed'));
    this.vms = new TwinProjection<VmRecord>(process, bus.bucket('vms'));
    this.vmsByHost = new ProjectionIndex(this.vms, hostsThatMatter);
    this.volumes = new TwinProjection<VolumeRecord>(process, bus.bucket('volumes'));
    this.attachments = new TwinProjection<AttachmentRecord>(process, bus.bucket('attachments'));
    this.pools = new TwinProjection<PoolRecord>(process, bus.bucket('pools'));
    this.rules = new TwinProjection<RuleRecord>(process, bus.bucket('rules'));
    this.settings = new TwinProjection<SettingsRecord>(process, bus.bucket('settings'));
    this.drains = new TwinProjection<DrainRecord>(process, bus.bucket('drains'));
    this.operations = new TwinProjection<OperationRecord>(process, bus.bucket('operations'));
    const { hosts, observed, drains, vms } = this;
    this.feeds = feedsOf({ hosts, observed, drains, vms }, this.known, this.incarnation);
    const rank = new TwinRank(bus, process, 'scheduler');
    this.rank = rank;
    const current = (): number => this.rank.current();
    const plant = parts.planted.runner;
    this.runner = new TwinRunner(this.machine(), this.vms, process, current, parts.counts, plant);
    this.ruleRunner = new TwinRunner(this.ruleMachine(), this.rules, process, current, parts.counts);
    this.settingsRunner = new TwinRunner(this.settingsMachine(), this.settings, process, current, parts.counts);
    this.drainRunner = new TwinRunner(this.drainMachine(), this.drains, process, current, parts.counts);
    const facts = [this.clusters, this.hosts, this.observed, this.vms, this.volumes, this.attachments, this.pools];
    startAll([...facts, this.rules, this.settings, this.drains, this.operations], () => {
      rank.start();
      this.hosts.onChange((host) => {
        this.pokeVmsOn(host);
        if (this.drains.get(host)) this.drainRunner.poke(host);
      });
      this.observed.onChange((host, entry, before) => {
        if (isNews(before, entry?.value ?? null)) this.pokeVmsOn(host);
      });
      this.volumes.onChange((_key, entry) => entry && this.runner.poke(entry.value.vm));
      this.attachments.onChange((_key, entry) => entry && this.runner.poke(entry.value.vm));
      bus.serve('scheduler', null, {
        process,
        handle: (name, request, reply) => this.handle(name, request, reply),
      });
      for (const all of [this.clusters, this.settings]) all.onChange(() => this.runner.pokeAll());
      this.rules.onChange((_id, entry) => entry?.value.spec.vms.forEach((vm) => this.runner.poke(vm)));
      this.drains.onChange((host) => this.pokeVmsOn(host));
      this.vms.onChange((vm, entry, before) => {
        this.pokeDrainsOf(vm);
        const now = entry?.value ?? null;
        for (const name of claimsChanged(before, now)) this.runner.poke(name);
        const other = (now ?? before)?.rename?.other;
        if (other !== undefined && this.vms.get(other)) this.runner.poke(other);
        if (!roomFreed(before, now, this.cluster)) return;
        for (const { name } of this.vmsByHost.values(anyHost)) this.runner.poke(name);
      });
      this.runner.start();
      this.ruleRunner.start();
      this.settingsRunner.start();
      this.drainRunner.start();
      if (parts.measuresLoad()) this.rebalance();
      this.savesPower = false;
      this.settings.onChange(() => this.savePower());
      this.savePower();
      this.resync();
    });
  }

  /** As long as there are no settings it would find nothing. */
  private savePower(): void {
    if (this.savesPower || !this.settings.get(settingsKey)) return;
    this.savesPower = true;
    const { process, cluster, rank } = this;
    const { bus } = this.parts;
    const parts = { process, bus, cluster, env: () => this.env(), rank: () => rank.current() };
    new TwinPowerSaver({ ...parts, carriers: () => rank.nodes() }).start();
  }

  private rebalance(): void {
    const { process, cluster, parts } = this;
    const { bus, counts } = parts;
    const rebalancer = new TwinRebalancer({
      ...{ process, bus, counts, cluster },
      env: () => this.env(),
      rank: () => this.rank.current(),
      published: (key, transition) => parts.published(key, transition),
      migrate: (request) => this.handleVm('vm-migrate', request, () => undefined),
    });
    rebalancer.start();
  }

  private handle(name: string, request: unknown, reply: (reply: Reply<unknown>) => void): void {
    const env = this.env();
    if (name === 'rule-put') {
      const asked = request as Parameters<typeof admitRule>[1];
      this.ruleRunner.change(asked.rule, (known) =>
        asAsked(known, asked, () => admitRule(known, asked, this.cluster, env)), reply);
    } else if (name === 'rule-delete') {
      const asked = request as Parameters<typeof admitRuleDelete>[1];
      this.ruleRunner.change(asked.rule, (known) =>
        asAsked(known, asked, () => admitRuleDelete(known, asked, env)), reply);
    } else if (name === 'settings-set') {
      const asked = request as Parameters<typeof admitSettings>[1];
      this.settingsRunner.change(settingsKey, (known) =>
        asAsked(known, asked, () => admitSettings(known, asked, this.cluster, env)), reply);
    } else if (name === 'host-maintenance') {
      const asked = request as Parameters<typeof admitMaintenance>[1];
      this.drainRunner.change(asked.host, (known) => admitMaintenance(known, asked, this.cluster, env), reply);
    } else this.handleVm(name, request, reply);
  }

  private handleVm(name: string, request: unknown, reply: (reply: Reply<unknown>) => void): void {
    const asked = request as { vm: string; operation: string };
    const { cluster } = this;
    const admit = (known: VmRecord | null): Admission => {
      const env = this.env();
      if (name === 'vm-create') return admitCreate(known, request as Parameters<typeof admitCreate>[1], cluster, env);
      if (name === 'vm-start') return admitStart(known, request as Parameters<typeof admitStart>[1], cluster, env);
      if (name === 'vm-stop') return admitStop(known, request as Parameters<typeof admitStop>[1], env);
      if (name === 'vm-reboot') return admitReboot(known, request as Parameters<typeof admitReboot>[1], env);
      if (name === 'vm-pause') return admitPause(known, asked, env);
      if (name === 'vm-resume') return admitResume(known, asked, env);
      if (name === 'vm-disk-add' || name === 'vm-disk-remove') return admitDisk(known, request, cluster, env);
      if (name === 'vm-resize') return admitResize(known, request as ResizeRequest, cluster, env);
      if (name === 'vm-migrate') {
        return admitMigrate(known, request as Parameters<typeof admitMigrate>[1], cluster, env);
      }
      if (name === 'vm-relocate') {
        return admitRelocate(known, request as Parameters<typeof admitRelocate>[1], cluster, env);
      }
      const word = admitWord(name, known, request, cluster, env);
      if (word) return word;
      if (name === 'vm-delete') return admitDelete(known, request as Parameters<typeof admitDelete>[1], env);
      if (name === 'canary-create') {
        return admitCanaryCreate(known, request as Parameters<typeof admitCanaryCreate>[1], cluster, env);
      }
      if (name === 'canary-evict') {
        return stepThrough(this.parts.planted.evict, known, (vm) => admitCanaryEvict(vm, asked, cluster, env));
      }
      if (name === 'canary-delete') return admitCanaryDelete(known, asked, env);
      return { change: null, reply: refused('not-found', `no command ${name}`) };
    };
    const bucket = this.parts.bus.bucket<OperationRecord>('operations');
    hasBegun(bucket, this.process, { id: asked.operation, known: this.operations }, (begun) => {
      if (begun === null) {
        reply(refused('unavailable', 'the bus does not answer', { remedy: 'try again' }));
        return;
      }
      const isKnown = (id: string): boolean => begun || this.operations.get(id) !== null;
      const decide = (known: VmRecord | null) => asAsked(known, asked, () => admit(known));
      this.runner.change(asked.vm, (known) => once(asked, isKnown, () => decide(known)), reply);
    });
  }

  *sizes(): Iterable<Size> {
    if (!this.process.alive) return;
    yield* this.runner.sizes(this.process.name);
    yield* this.drainRunner.sizes(`${this.process.name} (drains)`);
  }

  private machine(): TwinMachine<VmRecord, VmEffect> {
    const { incarnation } = this;
    const { bus, planted } = this.parts;
    return {
      noun: 'vm',
      identity: ({ uid }) => uid,
      isGone: ({ phase }) => phase === 'deleted',
      publish: (key, _state, transition) => this.parts.published(key, transition),
      follow: (vm, transition, done) =>
        recordOperation(bus.bucket('operations'), this.process, { vm, transition }, done),
      step: ({ value: vm }, answer) => {
        const view = { vm, cluster: this.cluster, env: this.env(), answer };
        return stepThrough(planted.vm, view, stepVm);
      },
      perform: (effect, entry, done) =>
        performVmEffect(effect, entry, { process: this.process, cluster: this.cluster, bus, incarnation }, done),
    };
  }

  private ruleMachine(): TwinMachine<RuleRecord, never> {
    return { ...this.idleMachine<RuleRecord>('rule'), isGone: ({ state }) => state === 'deleted' };
  }

  private settingsMachine(): TwinMachine<SettingsRecord, never> {
    return this.idleMachine<SettingsRecord>('settings');
  }

  private idleMachine<T extends RuleRecord | SettingsRecord>(noun: string): TwinMachine<T, never> {
    return {
      isIdle: true,
      noun,
      identity: ({ uid }) => uid,
      isGone: () => false,
      publish: (key, _state, transition) => this.parts.published(key, transition),
      step: ({ value }) => ({ state: value, effects: [], wakeAtMs: null }),
      perform: (_effect, _entry, done) => done(accepted({})),
    };
  }

  private drainMachine(): TwinMachine<DrainRecord, DrainEffect> {
    const { planted } = this.parts;
    return {
      noun: 'drain',
      identity: ({ uid }) => uid,
      isGone: ({ state }) => state === 'ended',
      publish: (key, _state, transition) => this.parts.published(key, transition),
      step: ({ value: drain }, answer) => {
        const view = { drain, cluster: this.cluster, env: this.env(), answer };
        return stepThrough(planted.drain, view, stepDrain);
      },
      perform: ({ host, admin, after, reason }, _entry, done) => {
        const to = { service: 'failover', node: null, name: 'host-admin' };
        this.parts.bus.request(this.process, to, { host, admin, after, reason }, adminTimeoutMs, done);
      },
    };
  }

  private cluster!: Cluster;
  private readonly known: Cluster = {
    arming: () => armingOf(this.clusters.value(clusterKey), this.incarnation),
    host: (name) => this.hosts.value(name),
    hosts: () => this.hostsOf(true),
    foreignHosts: () => this.hostsOf(false),
    observed: (host) => this.observed.value(host),
    volume: (id) => this.volumes.value(id),
    attachment: (volume) => this.attachments.value(volume),
    pool: (name) => this.pools.value(name),
    pools: () => this.pools.values(),
    vms: () => this.vms.intendedValues(),
    vm: (name) => this.vms.intendedValue(name),
    isStored: (vm) => this.vms.isStored(vm),
    networks: () => [], network: () => null,
    rules: () => this.rules.values(),
    settings: () => this.settings.value(settingsKey)?.settings ?? defaultSettings,
    drain: (host) => this.drains.value(host),
    snapshot: () => this.feeds.placement.current(),
    comingUp: () => this.feeds.comingUp,
  };

  /** Those of this incarnation, or those that a backup brought back and that were not taken up yet. */
  private hostsOf(isOwn: boolean): HostRecord[] {
    const all = this.hosts.values();
    const areOwn = all.every(({ incarnation }) => incarnation === this.incarnation);
    if (areOwn) return isOwn ? all : [];
    return all.filter(({ incarnation }) => (incarnation === this.incarnation) === isOwn);
  }

  private pokeVmsOn(host: string): void {
    for (const { name } of this.vmsByHost.values(host)) this.runner.poke(name);
    for (const { name } of this.vmsByHost.values(anyHost)) this.runner.poke(name);
  }

  private pokeDrainsOf(name: string): void {
    const vm = this.vms.value(name);
    const holding = vm ? hostsHolding(vm) : [];
    for (const { value } of this.drains.entries()) {
      const { host, left } = value;
      const isLeft = left.some((each) => each.vm === name);
      if (isLeft || holding.includes(host)) this.drainRunner.poke(host);
      // Its turn is over: that of the next one has come.
      if (isLeft && !holding.includes(host)) this.pokeVmsOn(host);
    }
  }

  private resync(): void {
    this.process.after(resyncMs, () => {
      this.runner.pokeAll();
      this.drainRunner.pokeAll();
      this.endLostOperations();
      this.resync();
    });
  }

  private endLostOperations(): void {
    const bucket = this.parts.bus.bucket<OperationRecord>('operations');
    for (const { key, value, revision } of this.operations.entries()) {
      const ended = lostInRestore(value, workedOnBy(value, this.vms), this.env());
      if (ended) bucket.update(this.process, key, ended, revision, () => undefined);
    }
  }

  private env(): Env {
    return { nowMs: this.process.nowMs(), random, incarnation: this.incarnation };
  }
}

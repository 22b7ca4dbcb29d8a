/** The twin of failover's shell: listens, steps, asks, performs. */
import {
  accepted,
  isNews,
  refused,
  type Heartbeat,
  type HostRecord,
  type Observed,
  type PoolRecord,
  type Reply,
  type Transition,
  type VmRecord,
} from '@holdfast/contracts';
import {
  admitWord,
  countSilence,
  defaultTiming,
  firstRecord,
  hostsOf,
  isCleared,
  isLate,
  isPowerNews,
  noSilence,
  peersOf,
  isLeftIsolated,
  needsPower,
  vmOn,
  powerChecked,
  stepHost,
  type HostEffect,
  type HostView,
  type HostWord,
  type ProbeKind,
  type Silence,
} from '@holdfast/failover/core';
import { randomStream, type Env } from '@holdfast/kernel';
import type { Size } from '../check/bounds.js';
import { Process, type Machine } from '../engine/process.js';
import { Pulse, type Heard } from '../engine/pulse.js';
import type { Bmc } from '../world/bmc.js';
import { busAnswerMs, type Bus } from '../world/bus.js';
import type { Network } from '../world/network.js';
import { TwinCluster } from './cluster.js';
import { TwinDrills } from './drills.js';
import { HeardHosts } from './heard-hosts.js';
import { TwinHostView, type Census } from './host-view.js';
import { stepThrough, type Plant } from './plant.js';
import { startAll, TwinProjection, type Entry } from './projection.js';
import { bmcHangs, powerOf, TwinPower } from './power.js';
import { ProjectionIndex } from './projection-index.js';
import { TwinRank } from './rank.js';
import { TwinRunner, type Answers, type RunnerCounts, type TwinMachine } from './runner.js';

const busCheckMs = 500;
const resyncMs = 10_000;
const probeTimeoutMs = 400;
const storageViewTimeoutMs = 400;
const revokeTimeoutMs = 6000;
const leaseCloseTimeoutMs = 3000;
const random = randomStream('failover');
const none = (): null => null;

export interface FailoverParts {
  machine: Machine;
  bus: Bus;
  network: Network;
  bmc(host: string): Bmc | null;
  outlet(host: string): Bmc | null;
  /** What a connection to the agent's health port would find, the way there apart. */
  agentState(host: string): 'answers' | 'refused' | 'hung';
  incarnation: string;
  counts: RunnerCounts;
  published(key: string, transition: Transition): void;
  planted: Plant;
}

export class TwinFailover {
  readonly process: Process;
  private readonly power: TwinPower;
  /** That of its configuration when it was started. */
  private incarnation = '';
  private hosts!: TwinProjection<HostRecord>;
  private observed!: TwinProjection<Observed>;
  private pools!: TwinProjection<PoolRecord>;
  private vms!: TwinProjection<VmRecord>;
  private vmsByHost!: ProjectionIndex<VmRecord>;
  private runner!: TwinRunner<HostRecord, HostEffect>;
  private cluster!: TwinCluster;
  private drills!: TwinDrills;
  private rank!: TwinRank;
  private heard!: HeardHosts;
  private listeningSinceMs = 0;
  private silence = noSilence;
  private clearedAtMs = new Map<string, number>();
  private seenAtMs = new Map<string, number>();
  private busAnswers = false;
  private busChecks!: Pulse;

  constructor(private readonly parts: FailoverParts) {
    this.process = new Process(parts.machine, `failover/${parts.machine.name}`);
    this.power = new TwinPower(this.process, parts);
  }

  start(): void {
    const { process, parts } = this;
    const { bus } = parts;
    process.start();
    this.clearedAtMs = new Map();
    this.seenAtMs = new Map();
    this.incarnation = parts.incarnation;
    this.heard = new HeardHosts(parts.machine);
    this.hosts = new TwinProjection<HostRecord>(process, bus.bucket('hosts'));
    this.observed = new TwinProjection<Observed>(process, bus.bucket('observed'));
    this.pools = new TwinProjection<PoolRecord>(process, bus.bucket('pools'));
    this.vms = new TwinProjection<VmRecord>(process, bus.bucket('vms'));
    this.vmsByHost = new ProjectionIndex(this.vms, hostsOf);
    const rank = new TwinRank(bus, process, 'failover');
    this.rank = rank;
    const ranked = (): number => rank.current();
    this.runner = new TwinRunner(this.machine(), this.hosts, process, ranked, parts.counts, parts.planted.runner);
    this.cluster = new TwinCluster(
      { ...parts, process, env: () => this.env(), rank: () => rank.current() },
      { hosts: this.hosts, vms: this.vms },
    );
    this.drills = new TwinDrills({
      ...{ ...parts, process, hosts: this.hosts, observed: this.observed, vms: this.vms },
      env: () => this.env(),
      rank: () => rank.current(),
      arming: () => this.cluster.arming,
      power: this.power,
    });
    const watched = [this.cluster.records, this.hosts, this.observed, this.pools, this.vms, this.drills.records];
    startAll(watched, () => {
      rank.start();
      this.listeningSinceMs = process.nowMs();
      this.silence = noSilence;
      bus.listen('heartbeat', process, (message) => this.hear(message as Heartbeat));
      this.busAnswers = bus.isConnected(process.machine.name);
      this.observed.onChange((host, entry, before) => {
        if (isNews(before, entry?.value ?? null)) this.meet(host);
      });
      bus.serve('failover', null, { process, handle: (name, request, reply) => this.handle(name, request, reply) });
      this.cluster.records.onChange(() => this.runner.pokeAll());
      this.hosts.onChange((host, entry, before) => {
        this.seenAtMs.set(host, process.nowMs());
        if (isCleared(before, entry?.value ?? null)) this.clearedAtMs.set(host, process.nowMs());
        const heard = this.heard.get(host);
        if (heard && !this.isQuiet(heard.message)) heard.wake();
      });
      this.runner.start();
      this.cluster.start();
      this.drills.start();
      this.busChecks = new Pulse(process, busCheckMs + busAnswerMs, () => null, (ms) => this.checkBusAgain(ms));
      this.checkBus();
      this.resync();
    });
  }

  private hear(message: Heartbeat): Heard<Heartbeat> | null {
    const { host } = message;
    if (isLate(message, this.heard.get(host)?.message)) return null;
    const heard = this.heard.renew(message, this.listeningSinceMs);
    if (this.isQuiet(message)) return heard;
    if (this.hosts.get(host)) this.runner.poke(host);
    else this.meet(host);
    return null;
  }

  /** Nothing follows from such a beat. */
  private isQuiet({ host, bootId }: Heartbeat): boolean {
    const record = this.hosts.value(host);
    return record?.health === 'online' && record.bootId === bootId;
  }

  private meet(host: string): void {
    this.runner.poke(host);
    const report = this.observed.value(host);
    if (this.hosts.get(host) || !report || !this.heard.get(host)) return;
    const hasPowerSwitch = this.power.has(host);
    this.runner.change(
      host,
      (existing) => ({
        change: existing ? null : firstRecord(report, hasPowerSwitch, this.env()),
        reply: refused('exists', `${host} is known`),
      }),
      () => undefined,
    );
  }

  private handle(name: string, request: unknown, reply: (reply: Reply<unknown>) => void): void {
    if (name === 'ha-arm' || name === 'drill-begin') {
      if (name === 'ha-arm') this.cluster.arm(request, reply);
      else this.drills.begin(request, reply);
      return;
    }
    const word = { name, request } as HostWord;
    const { confirmed = (view) => view } = this.parts.planted;
    const parts = {
      view: (host: HostRecord): HostView => confirmed(this.view(host, none)),
      arming: () => this.cluster.arming,
      env: () => this.env(),
    };
    this.runner.change(word.request.host, (host) => admitWord(word, host, parts), reply);
  }

  *sizes(): Iterable<Size> {
    if (this.process.alive) yield* this.runner.sizes(this.process.name);
  }

  private machine(): TwinMachine<HostRecord, HostEffect> {
    return {
      noun: 'host',
      identity: ({ host }) => host,
      isGone: () => false,
      publish: (key, _state, transition) => this.parts.published(key, transition),
      step: ({ value }, answer) => stepThrough(this.parts.planted.host, this.view(value, answer), stepHost),
      perform: (effect, entry, done) => this.perform(effect, entry, done),
    };
  }

  private perform(effect: HostEffect, entry: Entry<HostRecord>, done: (reply: Reply<unknown>) => void): void {
    const { incarnation } = this;
    const { bus } = this.parts;
    const host = entry.value;
    const incident = host.incident?.id ?? null;
    if (effect.kind === 'probe') this.probe(host.host, (kind) => done(accepted({ kind })));
    else if (effect.kind === 'storage-view') {
      const to = { service: 'storage', node: effect.node, name: 'host-view' };
      bus.request(this.process, to, { host: host.host }, storageViewTimeoutMs, done);
    } else if (effect.kind === 'revoke') {
      const { node, epochFloor } = effect;
      const to = { service: 'storage', node, name: 'revoke-host' };
      const request = { incarnation, host: host.host, epochFloor, incident };
      bus.request(this.process, to, request, revokeTimeoutMs, done);
    } else if (effect.kind === 'floors') {
      const to = { service: 'storage', node: effect.node, name: 'floors' };
      bus.request(this.process, to, { incarnation, host: host.host }, storageViewTimeoutMs, done);
    } else if (effect.kind === 'lease-close') this.closeLease(effect, host.host, done);
    else if (effect.kind === 'power-off') this.power.off(host, done);
    else if (effect.kind === 'power-on') this.power.on(host, done);
    else if (effect.kind === 'peer-probe') {
      const to = { service: 'host-agent', node: effect.peer, name: 'probe-peer' };
      bus.request(this.process, to, { host: host.host }, storageViewTimeoutMs, done);
    } else if (effect.kind === 'power-view') this.power.view(host, done);
    else this.checkPower(host, done);
  }

  private closeLease(
    { node, epochFloor, waitMs }: Extract<HostEffect, { kind: 'lease-close' }>,
    host: string,
    done: (reply: Reply<unknown>) => void,
  ): void {
    const { incarnation, process } = this;
    const to = { service: 'storage', node, name: 'lease-close' };
    this.parts.bus.request(process, to, { incarnation, host, epochFloor }, leaseCloseTimeoutMs, (closed) => {
      if (!closed.ok) return done(closed);
      const { renewedAgoMs } = closed.value as { renewedAgoMs: number };
      process.after(waitMs - renewedAgoMs, () => done(closed));
    });
  }

  private probe(host: string, done: (kind: ProbeKind) => void): void {
    const unanswered = { afterMs: probeTimeoutMs, result: 'silent' as const };
    const act = (answer: (kind: ProbeKind) => void): void => this.tryAgent(host, answer);
    this.process.perform({ kind: 'probe', key: host, act, unanswered, travels: true }, done);
  }

  private tryAgent(host: string, done: (kind: ProbeKind) => void): void {
    const { network } = this.parts;
    const isReached = network.connects(this.process.machine.name, host, 'management');
    const state = isReached ? this.parts.agentState(host) : 'silent';
    const isSlow = state === 'hung' || state === 'silent';
    this.process.after(isSlow ? probeTimeoutMs : network.delayMs(`probe/${host}`) + 1, () => done(state));
  }

  private checkPower(host: HostRecord, done: (reply: Reply<unknown>) => void): void {
    const act = (answer: typeof done): void => this.askDevices(host, answer);
    this.process.perform({ kind: 'check power', key: host.host, act, unanswered: bmcHangs, travels: true }, done);
  }

  private askDevices(host: HostRecord, done: (reply: Reply<unknown>) => void): void {
    this.power.look(host, (devices) => {
      const found = powerOf(devices);
      if (found === null) {
        done(refused('unavailable', devices.map(({ detail }) => detail).join('; ')));
        return;
      }
      this.runner.change(
        host.host,
        (known) => ({
          change: known && isPowerNews(known, found) ? powerChecked(known, found, this.env()) : null,
          reply: accepted(found),
        }),
        done,
      );
    });
  }

  private view(host: HostRecord, answer: Answers): HostView {
    const { listeningSinceMs, busAnswers } = this;
    return new TwinHostView(
      {
        host,
        env: this.env(),
        timing: defaultTiming,
        heard: this.heard.view(host.host),
        clearedAtMs: this.clearedAtMs.get(host.host) ?? null,
        seenAtMs: this.seenAtMs.get(host.host) ?? 0,
        listeningSinceMs,
        busAnswers,
        arming: this.cluster.arming,
        observed: this.observed.value(host.host),
        answer,
      },
      this.census,
    );
  }

  /** Of all hosts and all VMs. */
  private readonly census: Census = {
    storageNodes: () => [...new Set(this.pools.values().map(({ node }) => node))].sort(),
    peers: (host) => peersOf(host, this.hosts.values(), (other) => this.heard.isHeardNow(other)),
    needsPowerProof: (host) => this.needsPowerProof(host),
    isLeftIsolated: (host) => isLeftIsolated(this.vmsByHost.values(host), host),
    held: (host) => vmOn(this.vmsByHost.values(host), host),
    silence: () => this.countSilence(),
  };

  private countSilence(): Silence {
    const hosts = this.hosts.values().filter(({ incarnation }) => incarnation === this.incarnation);
    const now = { nowMs: this.process.nowMs(), listeningSinceMs: this.listeningSinceMs, timing: defaultTiming };
    this.silence = countSilence(hosts, (host) => this.heard.view(host), this.silence, now);
    return this.silence;
  }

  private needsPowerProof(host: HostRecord): boolean {
    const isRevocable = (pool: string): boolean => this.pools.value(pool)?.revocable === true;
    for (const vm of this.vmsByHost.values(host.host)) if (needsPower(vm, host, isRevocable)) return true;
    return false;
  }

  private setBusAnswers(answers: boolean): void {
    if (answers && !this.busAnswers) this.listeningSinceMs = this.process.nowMs();
    this.busAnswers = answers;
  }

  private checkBus(): void {
    const askedAtMs = this.process.nowMs();
    this.parts.bus.roundTrip(this.process, busCheckMs, (answers) => this.busChecked(answers, askedAtMs));
  }

  private busChecked(answers: boolean, askedAtMs: number): void {
    const { process } = this;
    const wasPaused = process.nowMs() - askedAtMs > 2 * busCheckMs;
    const isAsBefore = answers && !wasPaused && this.busAnswers;
    this.setBusAnswers(answers && !wasPaused);
    if (answers && wasPaused) this.setBusAnswers(true);
    if (isAsBefore && this.parts.bus.isSettled(process.machine.name)) this.busChecks.rest();
    else process.task(busCheckMs, () => this.checkBus());
  }

  /** The bus answers on and on: goes on after an answer of that time. */
  private checkBusAgain(answeredMs: number): void {
    const { process } = this;
    const { nowMs } = process.loop;
    const askMs = answeredMs + busCheckMs;
    if (nowMs <= askMs) process.task(askMs - nowMs, () => this.checkBus());
    else {
      const askedAtMs = process.machine.clockAtMs(askMs);
      process.task(askMs + busAnswerMs - nowMs, () => this.busChecked(true, askedAtMs));
    }
  }

  private resync(): void {
    this.process.after(resyncMs, () => {
      this.runner.pokeAll();
      this.cluster.note();
      this.resync();
    });
  }

  private env(): Env {
    return { nowMs: this.process.nowMs(), random, incarnation: this.incarnation };
  }
}

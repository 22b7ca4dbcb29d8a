/** A whole cluster in virtual time: its plant, its services, and what can be done to them. */
import { isNews, type Observed, type Reply } from '@holdfast/contracts';
import { deriveId } from '@holdfast/kernel';
import { watchBounds, type Sized } from '../check/bounds.js';
import { Checker } from '../check/checker.js';
import { HistoryCheck } from '../check/history.js';
import { watchSelfFence } from '../check/self-fence.js';
import { Loop } from '../engine/loop.js';
import { Machine, Process } from '../engine/process.js';
import { TwinAgent } from '../twin/agent.js';
import type { AgentDisk } from '../twin/agent-memory.js';
import { TwinFailover } from '../twin/failover.js';
import { TwinHistory } from '../twin/history.js';
import { nothingPlanted, type Plant } from '../twin/plant.js';
import type { RunnerCounts } from '../twin/runner.js';
import { TwinScheduler } from '../twin/scheduler.js';
import { TwinStorage } from '../twin/storage.js';
import { Bmc } from './bmc.js';
import { bootIdOf, uuidOf } from './boot-id.js';
import { Bus } from './bus.js';
import { Database } from './database.js';
import { EventStream } from './event-stream.js';
import type { GuestTrouble } from './guest.js';
import { Hypervisor, usualTimes } from './hypervisor.js';
import { Network } from './network.js';
import { TargetStore } from './target-store.js';
import { watchedHosts } from './watched-hosts.js';
import { WatchdogTimer } from './watchdog-timer.js';
import { storageOf, type HostSpec, type StorageSpec, type WorldOptions } from './world-options.js';

export type { HostSpec, StorageSpec, WorldOptions } from './world-options.js';

export interface SimHost {
  name: string;
  machine: Machine;
  hypervisor: Hypervisor;
  agent: TwinAgent;
  bmc: Bmc;
  /** A second device that can switch it off; null for most. */
  outlet: Bmc | null;
  watchdog: WatchdogTimer | null;
  spec: HostSpec;
  uuid: string;
  /** What its agent remembers. */
  disk: AgentDisk;
  boots: number;
  /** It is on its way up. */
  isBooting: boolean;
  hasEverRun: boolean;
}

export interface Replica {
  service: 'scheduler' | 'failover' | 'api';
  node: string;
  process: Process;
  start(): void;
}

export interface StorageNode {
  name: string;
  machine: Machine;
  store: TargetStore;
  service: TwinStorage;
}

export class World {
  readonly loop: Loop;
  readonly network: Network;
  readonly bus: Bus;
  readonly checker: Checker;
  readonly hosts = new Map<string, SimHost>();
  readonly storageNodes = new Map<string, StorageNode>();
  readonly replicas: Replica[] = [];
  readonly controlNodes: string[] = [];
  /** Where requests of people come from. */
  readonly edge: Process;
  /** What services are configured with when they start; another after a restore. */
  incarnation: string;
  /** Volumes that a restore made unknown, and where they are: nobody may delete them. */
  readonly unknownVolumes = new Map<string, TargetStore>();
  readonly counts: RunnerCounts = { conflicts: 0, restless: 0 };
  readonly planted: Plant;
  /** Where the public events are kept; null where nobody follows them. */
  readonly database: Database | null;
  readonly history: HistoryCheck | null;

  constructor(readonly options: WorldOptions) {
    this.planted = options.planted ?? nothingPlanted;
    this.loop = new Loop(options.seed);
    this.network = new Network(this.loop);
    this.incarnation = deriveId('sim', options.seed);
    const names = Object.keys(options.hosts);
    const isApart = options.control === 'apart';
    const count = options.controlCount ?? (names.length >= 5 || isApart ? 3 : Math.min(3, names.length));
    const usualNodes = (isApart ? ['ctl1', 'ctl2', 'ctl3'] : names).slice(0, count);
    this.controlNodes = [...(options.controlNodes ?? usualNodes)];
    this.bus = new Bus(this.loop, this.network, this.controlNodes);
    // They are there before anything fails: each has a leader that can be lost.
    this.checker = new Checker(this.loop, {
      hypervisors: () => this.hypervisors(),
      memoryMiB: (host) => this.host(host).spec.memoryMiB,
      store: (node) => this.storageNode(node).store,
      stores: () => [...this.storageNodes.values()].map(({ store }) => store),
      isHealthy: (host) => this.isHealthy(host),
      isPowerLiar: (host) => this.host(host).bmc.state === 'lying' || this.powerLiars.has(host),
    });
    this.checker.watch(this.bus);
    this.bus.events = options.keepsHistory ? new EventStream(this.bus) : null;
    this.database = options.keepsHistory ? new Database() : null;
    this.history = this.database && new HistoryCheck(this.bus, this.database);
    watchBounds(this.loop, () => this.programs(), (text) => this.checker.broken('bounds', text));
    watchSelfFence(this.loop, () => watchedHosts(this), (text) => this.checker.broken('self-fence', text));
    this.bus.bucket<Observed>('observed').isNews = isNews;
    this.bus.bucket('pools').isNews = (before, after) => JSON.stringify(before) !== JSON.stringify(after);
    for (const name of names) this.addHost(name, options.hosts[name] as HostSpec);
    for (const spec of storageOf(options.storageNodes)) this.addStorageNode(spec);
    if (options.swappedBmcs) {
      const [a, b] = options.swappedBmcs;
      this.host(a).bmc.wiredTo = b;
      this.host(b).bmc.wiredTo = a;
    }
    if (isApart) for (const name of this.controlNodes) this.addMachine(name);
    for (const node of this.controlNodes) this.addReplicas(node);
    this.edge = new Process(this.addMachine('edge'), 'edge');
    this.planted.world?.(this);
    options.prepare?.(this);
    this.edge.start();
    for (const { service } of this.storageNodes.values()) service.start();
    for (const replica of this.replicas) if (replica.process.machine.powered) replica.start();
    for (const host of this.hosts.values()) if (host.machine.powered) this.boot(host);
  }

  /** BMCs that lied at some time: what they proved, nobody could know better. */
  readonly powerLiars = new Set<string>();

  /** Hosts that a fault, or a person, keeps switched off. */
  readonly heldOff = new Set<string>();
  /** VMs whose guest gets into trouble each time that it has booted. */
  readonly sickGuests = new Map<string, GuestTrouble>();
  /** Some of the VMs that people create have probes. */
  probesGuests = false;
  /** What VMs want, where loads are measured. */
  wantedCpus: ((vm: string) => number) | null = null;

  host(name: string): SimHost {
    const host = this.hosts.get(name);
    if (!host) throw new Error(`there is no host ${name}`);
    return host;
  }

  storageNode(name: string): StorageNode {
    const node = this.storageNodes.get(name);
    if (!node) throw new Error(`there is no storage node ${name}`);
    return node;
  }

  private readonly sized: Sized[] = [];

  /** Everything that says how much it holds. */
  private *programs(): Iterable<Sized> {
    yield* this.sized;
    for (const { agent } of this.hosts.values()) yield agent;
    for (const { service } of this.storageNodes.values()) yield service;
    for (const { processes } of this.network.machines.values()) yield* processes;
  }

  *hypervisors(): Iterable<Hypervisor> {
    for (const { hypervisor } of this.hosts.values()) yield hypervisor;
  }

  /** Nothing is wrong with it, or with the way to it that is its own. */
  isHealthy(name: string): boolean {
    const { machine, agent } = this.host(name);
    const isUp = machine.powered && agent.process.alive && agent.hasBegun && !agent.process.isFrozen;
    return isUp && this.network.isWhole(name);
  }

  /** A host that fencing switches off was out before: that is no new fault. */
  powerOff(name: string, why: 'fault' | 'fencing' = 'fault'): void {
    const host = this.host(name);
    host.isBooting = false;
    if (!host.machine.powered) return;
    this.checker.note('plant.power-off', name, { host: name });
    if (why === 'fault') this.checker.faultAtMs.set(name, this.loop.nowMs);
    host.watchdog?.stop();
    host.machine.powerOff();
    host.hypervisor.powerOff();
    this.network.changed();
  }

  powerOn(name: string): void {
    const host = this.host(name);
    if (host.machine.powered || host.isBooting) return;
    host.isBooting = true;
    const [least, most] = this.options.bootMs;
    this.loop.after(least + this.loop.random(`boot/${name}`).integer(most - least + 1), () => {
      if (!host.isBooting) return;
      host.isBooting = false;
      host.machine.powered = true;
      host.hypervisor.powerOn();
      this.network.changed();
      this.boot(host);
      for (const replica of this.replicas) if (replica.node === name && !replica.process.alive) replica.start();
    });
  }

  /** By its watchdog: it boots again unless somebody keeps it off. */
  private reset(name: string): void {
    this.checker.note('plant.watchdog', name, { host: name });
    this.checker.witnessed('watchdog-reset');
    this.powerOff(name, 'fencing');
    if (!this.heldOff.has(name)) this.powerOn(name);
  }

  startAgent(host: SimHost): void {
    if (host.machine.powered && !host.agent.process.alive) host.agent.start(bootIdOf(host));
  }

  storagePower(name: string, on: boolean): void {
    const { machine, store, service } = this.storageNode(name);
    if (machine.powered === on) return;
    this.checker.note('plant.storage', `${name} ${on ? 'on' : 'off'}`);
    if (on) {
      machine.powered = true;
      store.daemonUp = true;
      service.start();
    } else {
      machine.powerOff();
    }
    this.network.changed();
  }

  /** A person switches it off, and nobody on again before they do. */
  holdOff(name: string, isOff: boolean): void {
    if (isOff) {
      this.heldOff.add(name);
      this.powerOff(name);
    } else if (this.heldOff.delete(name)) this.powerOn(name);
  }

  /** A control node of its own; one that is a host has the host's switch. */
  controlPower(name: string, on: boolean): void {
    if (this.hosts.has(name)) return this.holdOff(name, !on);
    const machine = this.network.machines.get(name) as Machine;
    if (on) machine.powered = true;
    else machine.powerOff();
    this.network.changed();
    for (const { node, process, start } of this.replicas) if (on && node === name && !process.alive) start();
  }

  freezeHost(name: string, frozen: boolean): void {
    this.host(name).machine.freeze(frozen);
    this.checker.faultAtMs.set(name, this.loop.nowMs);
    this.network.changed();
  }

  /** Restarts a program a while after it dies, as its supervisor would. */
  supervise(process: Process, start: () => void, delayMs: number): void {
    process.onCrash = () => {
      process.onCrash = () => undefined;
      this.loop.after(delayMs, () => {
        if (!process.alive && process.machine.powered) start();
      });
    };
  }

  /** A person asks the scheduler, once. */
  ask(name: string, request: { vm: string; [field: string]: unknown }): void {
    const operation = deriveId('operation', this.options.seed, this.loop.nowMs, name, request.vm);
    this.send('scheduler', name, { operation, ...request }, (reply) => {
      if (!reply.ok) this.checker.note('refused', `${name} ${request.vm}: ${reply.refusal.message}`);
    });
  }

  /** A request of a person's, to whichever replica hears it. */
  send(
    service: 'scheduler' | 'failover',
    name: string,
    request: object,
    answered: (reply: Reply<unknown>) => void,
  ): void {
    this.bus.request(this.edge, { service, node: null, name }, request, 5000, answered);
  }

  private boot(host: SimHost): void {
    host.boots += 1;
    host.hasEverRun = true;
    this.checker.note('plant.boot', host.name, { host: host.name });
    host.agent.start(bootIdOf(host));
  }

  private addMachine(name: string): Machine {
    const machine = new Machine(this.loop, name);
    this.network.machines.set(name, machine);
    return machine;
  }

  private addHost(name: string, spec: HostSpec): void {
    const machine = this.addMachine(name);
    machine.powered = spec.power === 'on';
    const hypervisor = new Hypervisor(
      machine,
      {
        network: this.network,
        stores: { at: (node) => this.storageNode(node).store },
        watcher: this.checker,
        hypervisor: (host) => this.hosts.get(host)?.hypervisor ?? null,
        sickGuests: this.sickGuests,
      },
      this.options.times ?? usualTimes,
    );
    const watchdogMs = this.options.watchdogsMs?.[name];
    const watchdog = watchdogMs === undefined ? null : new WatchdogTimer(this.loop, watchdogMs, () => this.reset(name));
    const disk: AgentDisk = { state: null };
    const uuid = uuidOf(name);
    const incarnation = (): string => this.incarnation;
    const agent = new TwinAgent({
      machine,
      bus: this.bus,
      network: this.network,
      hypervisor,
      disk,
      uuid,
      capacity: { cpus: spec.cpus, memoryMiB: spec.memoryMiB },
      get incarnation() {
        return incarnation();
      },
      storage: (node) => this.storageNodes.get(node)?.service ?? null,
      agentState: (host) => ({ kind: this.agentState(host), bootId: this.host(host).agent.bootId }),
      planted: this.planted,
      wantedCpus: () => this.wantedCpus,
      watchdog,
    });
    const plant = {
      isPowered: (host: string) => this.host(host).machine.powered,
      cutPower: (host: string) => this.powerOff(host, 'fencing'),
      givePower: (host: string) => this.powerOn(host),
      uuid: uuidOf,
    };
    const bmc = new Bmc(this.loop, name, plant);
    const outlet = spec.outlet ? new Bmc(this.loop, name, plant, 'outlet') : null;
    const state = { bmc, outlet, watchdog, boots: 0, isBooting: false, hasEverRun: false };
    this.hosts.set(name, { name, machine, hypervisor, agent, spec, uuid, disk, ...state });
  }

  private addStorageNode({ name, pools }: StorageSpec): void {
    const machine = this.addMachine(name);
    const store = new TargetStore(machine, this.checker);
    const incarnation = (): string => this.incarnation;
    const service = new TwinStorage({
      ...{ machine, bus: this.bus, store, pools },
      get incarnation() {
        return incarnation();
      },
      counts: this.counts,
      published: (key, transition) => this.checker.published(key, transition),
      planted: this.planted,
    });
    this.storageNodes.set(name, { name, machine, store, service });
  }

  private addReplicas(node: string): void {
    const machine = this.network.machines.get(node) as Machine;
    const incarnation = (): string => this.incarnation;
    const parts = {
      machine,
      bus: this.bus,
      network: this.network,
      get incarnation() {
        return incarnation();
      },
      counts: this.counts,
      published: (...told: Parameters<Checker['published']>) => this.checker.published(...told),
      planted: this.planted,
      bmc: (host: string) => this.bmcOf(host),
      outlet: (host: string) => this.hosts.get(host)?.outlet ?? null,
      agentState: (host: string) => this.agentState(host),
      measuresLoad: () => this.wantedCpus !== null,
    };
    for (const service of ['scheduler', 'failover'] as const) {
      const twin = service === 'scheduler' ? new TwinScheduler(parts) : new TwinFailover(parts);
      this.replicas.push({ service, node, process: twin.process, start: () => twin.start() });
      this.sized.push(twin);
    }
    if (this.bus.events === null || this.database === null) return;
    const follower = new TwinHistory(machine, this.bus.events, this.database);
    this.replicas.push({ service: 'api', node, process: follower.process, start: () => follower.start() });
  }

  private bmcOf(name: string): Bmc | null {
    const host = this.hosts.get(name);
    return host && host.spec.hasBmc !== false ? host.bmc : null;
  }

  private agentState(name: string): 'answers' | 'refused' | 'hung' {
    const { process } = this.host(name).agent;
    if (!process.alive) return process.machine.frozen ? 'hung' : 'refused';
    return process.isFrozen ? 'hung' : 'answers';
  }
}

import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { BusServer, type Bus } from '@holdfast/bus';
import {
  bmcAlone,

  FailoverModule,
  SimulatedPower,
  type HostProbe,
  type ProbeAnswer,
} from '@holdfast/failover';
import {
  HostAgent,
  HostAgentModule,
  PeerProbe,
  SimulatedHypervisor,
  SimulatedProber,
  SimulatedSeedImages,
  SimulatedWorld,
  type WatchdogDevice,
} from '@holdfast/host-agent';
import { systemClock, type RunnerLog } from '@holdfast/runtime';
import { SchedulerModule } from '@holdfast/scheduler';
import { MemoryFloors, SimulatedSan, StorageModule } from '@holdfast/storage';
import type { DynamicModule, INestMicroservice } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { BRIDGES } from './plan.js';

const loopback = '127.0.0.1';

export interface SimulatedOptions {
  hosts: number;
  stateDirectory: string;
  incarnation: string;
  /** The bus of one principal: the in-memory one in tests, the real one in `up --simulated`. */
  connect(principal: { service: string; node: string }): Promise<Bus>;
  log: RunnerLog;
  hostCpus?: number;
  hostMemoryMiB?: number;
  /** The watchdog of each host that has one. */
  watchdogs?: ReadonlyMap<string, WatchdogDevice>;
}

interface SimulatedHostParts {
  name: string;
  uuid: string;
  address: string;
  /** New at every power-on, as the kernel's is. */
  bootId: string;
  power: SimulatedPower;
  agent: { app: INestMicroservice; bus: Bus } | null;
}

/** The services of a whole cluster in this process, over simulated hypervisors, SAN and BMCs. */
export class SimulatedCluster {
  readonly san = new SimulatedSan();
  readonly world = new SimulatedWorld({
    canLogIn: ({ iqn, chapUser }, { password }) =>
      this.san.login({ iqn, initiatorAddress: loopback, chapUser, chapPassword: password }) !== null,
    canWrite: (iqn) => this.san.mayWrite(iqn, loopback),
  });
  private readonly hosts = new Map<string, SimulatedHostParts>();
  private readonly apps: INestMicroservice[] = [];
  private readonly buses: Bus[] = [];
  private readonly floors = new MemoryFloors();
  private incarnation: string;

  constructor(private readonly options: SimulatedOptions) {
    this.incarnation = options.incarnation;
    for (let index = 1; index <= options.hosts; index += 1) this.addHost(`h${index}`, index);
  }

  get hostNames(): string[] {
    return [...this.hosts.keys()];
  }

  async start(): Promise<void> {
    const { log } = this.options;
    const { incarnation } = this;
    const shared = { clock: systemClock, log, incarnation };
    const storageDirectory = await this.directory('san1');
    await this.run('storage', 'san1', (bus) =>
      StorageModule.with({
        ...shared,
        bus,
        store: this.san,
        floors: this.floors,
        pool: 'pool1',
        chapKeyFile: join(storageDirectory, 'chap.key'),
        heartbeat: { address: loopback, port: 0 },
      }),
    );
    await this.run('scheduler', 'control1', (bus) => SchedulerModule.with({ ...shared, bus }));
    const fencing = new Map([...this.hosts].map(([name, { power }]) => [name, bmcAlone(power)]));
    await this.run('failover', 'control1', (bus) =>
      FailoverModule.with({ ...shared, bus, probe: this.probe(), fencing }),
    );
    for (const host of this.hosts.values()) await this.startAgent(host);
  }

  async stop(): Promise<void> {
    for (const host of this.hosts.values()) await this.stopAgent(host);
    for (const app of this.apps.splice(0).reverse()) await app.close();
    for (const bus of this.buses.splice(0)) await bus.close();
  }

  /** Every service starts again, configured with that incarnation; hypervisors, SAN and BMCs go on meanwhile. */
  async startAs(incarnation: string): Promise<void> {
    this.incarnation = incarnation;
    await this.start();
  }

  /** Pulls the plug or puts it back, as a person at the rack would. */
  async power(name: string, state: 'on' | 'off'): Promise<void> {
    this.host(name).power.change(state);
    if (state === 'on') await this.startAgent(this.host(name));
  }

  /** As the host's operating system would: its agent stops its VMs and says so, then the power goes. */
  async shutdown(name: string): Promise<void> {
    await this.host(name).agent?.app.get(HostAgent).leave();
    await this.power(name, 'off');
  }

  /** From now on its BMC does not answer. */
  loseBmc(name: string): void {
    this.host(name).power.fail('timeout');
  }

  /** The agent's process; what the hypervisor runs goes on without it. */
  async agent(name: string, action: 'start' | 'stop'): Promise<void> {
    const host = this.host(name);
    if (action === 'stop') await this.stopAgent(host);
    else await this.startAgent(host);
  }

  private host(name: string): SimulatedHostParts {
    const host = this.hosts.get(name);
    if (!host) throw new Error(`there is no host ${name}; there are ${this.hostNames.join(', ')}`);
    return host;
  }

  private addHost(name: string, index: number): void {
    const uuid = randomUUID();
    const address = `127.0.1.${index}`;
    const { hostCpus: cpus = 8, hostMemoryMiB: memoryMiB = 16_384 } = this.options;
    this.world.addHost({ name, address, uuid, cpus, memoryMiB });
    const power = new SimulatedPower({
      systemUuid: uuid,
      onChange: (state) => this.onPower(name, state),
    });
    this.hosts.set(name, { name, uuid, address, bootId: randomUUID(), power, agent: null });
  }

  private onPower(name: string, state: 'on' | 'off'): void {
    if (state === 'on') {
      this.host(name).bootId = randomUUID();
      this.world.powerOn(name);
      return;
    }
    this.world.powerOff(name);
    void this.stopAgent(this.host(name));
  }

  private async startAgent(host: SimulatedHostParts): Promise<void> {
    if (host.agent) return;
    const { log } = this.options;
    const { incarnation } = this;
    const bus = await this.options.connect({ service: 'host-agent', node: host.name });
    const module = HostAgentModule.with({
      clock: systemClock,
      log,
      incarnation,
      bus,
      bootId: host.bootId,
      hypervisor: new SimulatedHypervisor(this.world, host.name),
      storage: null,
      prober: new SimulatedProber(this.world, host.name),
      seeds: new SimulatedSeedImages(),
      addresses: { management: host.address, storage: loopback },
      probePort: 1,
      stateDirectory: await this.directory(host.name),
      capacity: null,
      images: { tiny: { kernel: '/tiny/kernel', initrd: '/tiny/initrd', commandLine: '' } },
      bridges: BRIDGES,
      watchdog: this.options.watchdogs?.get(host.name) ?? null,
      peerProbe: new PeerProbe(this.probe()),
      consoleFile: (vm) => join(this.options.stateDirectory, host.name, `${vm}.log`),
    });
    host.agent = { app: await this.boot(module, bus), bus };
  }

  private async stopAgent(host: SimulatedHostParts): Promise<void> {
    const { agent } = host;
    if (!agent) return;
    host.agent = null;
    // Cut off first: a dead process says no goodbye.
    await agent.bus.close();
    await agent.app.close();
  }

  private probe(): HostProbe {
    return {
      probe: async (address): Promise<ProbeAnswer> => {
        const host = [...this.hosts.values()].find((candidate) => candidate.address === address);
        if (!host || host.power.actual === 'off') return { kind: 'silent' };
        return host.agent ? { kind: 'answers', bootId: host.bootId } : { kind: 'refused' };
      },
    };
  }

  private async run(
    service: string,
    node: string,
    module: (bus: Bus) => DynamicModule,
  ): Promise<void> {
    const bus = await this.options.connect({ service, node });
    this.buses.push(bus);
    this.apps.push(await this.boot(module(bus), bus));
  }

  private async boot(module: DynamicModule, bus: Bus): Promise<INestMicroservice> {
    const app = await NestFactory.createMicroservice(module, {
      strategy: new BusServer(bus),
      logger: false,
    });
    await app.listen();
    return app;
  }

  private async directory(name: string): Promise<string> {
    const directory = join(this.options.stateDirectory, name);
    await mkdir(directory, { recursive: true, mode: 0o700 });
    return directory;
  }
}


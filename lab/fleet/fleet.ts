/**
 * Many agents on one machine, on a real bus of three servers, with the failover service as it is shipped; no
 * namespaces, no hypervisors, no storage. For what only numbers bring out.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectNats, type Bus } from '@holdfast/bus';
import { hosts as hostsContract, type HostRecord } from '@holdfast/contracts';
import { LabError } from '../errors.js';
import { freePort } from '../free-port.js';
import { nodeEnvironment, nodeFlags } from '../services.js';
import { repositoryDirectory } from '../tools.js';
import type { Beats } from './agent-messages.js';
import { AgentsProcess } from './agents-process.js';
import { startLoopbackBus, type LoopbackBus } from './loopback-bus.js';
import { OwnedProcess } from './owned-process.js';

const loopback = '127.0.0.1';
const replicas = ['control1', 'control2', 'control3'];
/** A process of more could not keep the time of its heartbeats. */
const agentsPerProcess = 250;
export const maxFleetHosts = 2000;

export interface FleetOptions {
  /** How many there may be; none runs yet. */
  hosts: number;
  progress(step: string): void;
}

/** CPU time of each since it was started, and memory. */
export interface FleetUse {
  failover: { replica: string; cpuMs: number; residentMiB: number; heapMiB: number }[];
  busCpuMs: number;
  agentsCpuMs: number;
  atMs: number;
}

export class Fleet {
  private readonly owned: OwnedProcess[] = [];
  private readonly failovers: { replica: string; process: OwnedProcess; metricsUrl: string }[] = [];
  private readonly agentProcesses: AgentsProcess[] = [];
  private readonly records = new Map<string, HostRecord>();
  private readonly suspicions: { host: string; atMs: number }[] = [];
  private bus!: LoopbackBus;
  private connection: Bus | null = null;
  private startedCount = 0;

  private constructor(
    private readonly directory: string,
    private readonly options: FleetOptions,
  ) {}

  /** With no agents yet. If it fails, nothing is left of it. */
  static async start(options: FleetOptions): Promise<Fleet> {
    const { hosts } = options;
    if (!Number.isInteger(hosts) || hosts < 1 || hosts > maxFleetHosts) {
      throw new LabError('invalid-argument', `hosts: give a whole number from 1 to ${maxFleetHosts}`);
    }
    const fleet = new Fleet(await mkdtemp(join(tmpdir(), 'holdfast-fleet-')), options);
    try {
      await fleet.startControl();
      return fleet;
    } catch (error) {
      await fleet.close();
      throw error;
    }
  }

  /** The replica whose word comes first: replicas rank by name. */
  get actingReplica(): string {
    return replicas[0] ?? '';
  }

  /** Starts agents until there are so many; resolves when all of them are online. */
  async grow(count: number, signal: AbortSignal): Promise<void> {
    const names = Array.from({ length: count - this.startedCount }, (_, index) => nameOf(this.startedCount + index));
    this.startedCount = Math.max(this.startedCount, count);
    const orders = this.agentProcesses.map((process, index) => {
      const mine = names.filter((name) => this.processOf(name) === this.agentProcesses[index]);
      const hosts = mine.map((name) => ({ name, seed: this.bus.seedOf('host-agent', name) }));
      return process.order({ kind: 'start', hosts });
    });
    await Promise.all(orders);
    signal.throwIfAborted();
  }

  onlineCount(): number {
    return [...this.records.values()].filter(({ health }) => health === 'online').length;
  }

  isOnline(host: string): boolean {
    return this.records.get(host)?.health === 'online';
  }

  /** Its connection is closed without a word; resolves with the time of its last heartbeat. */
  async killAgent(host: string): Promise<number> {
    const { lastBeatAtMs } = await this.processOf(host).order({ kind: 'kill', host });
    return lastBeatAtMs ?? 0;
  }

  async startAgent(host: string): Promise<void> {
    await this.processOf(host).order({ kind: 'start', hosts: [{ name: host, seed: '' }] });
  }

  /** Every host that came to be suspected since then, in this order; by failover's own clock. */
  suspectedSince(atMs: number): { host: string; atMs: number }[] {
    return this.suspicions.filter((suspicion) => suspicion.atMs >= atMs);
  }

  async use(): Promise<FleetUse> {
    const sumMs = async (processes: readonly OwnedProcess[]): Promise<number> =>
      (await Promise.all(processes.map((process) => process.cpuMs()))).reduce((sum, each) => sum + each, 0);
    return {
      failover: await Promise.all(this.failovers.map(async ({ replica, process, metricsUrl }) => ({
        replica,
        cpuMs: await process.cpuMs(),
        residentMiB: await process.residentMiB(),
        heapMiB: await heapMiB(metricsUrl),
      }))),
      busCpuMs: await sumMs(this.bus.processes),
      agentsCpuMs: await sumMs(this.agentProcesses.map(({ process }) => process)),
      atMs: performance.now(),
    };
  }

  /** Of all agents since it was last asked. */
  async beats(): Promise<Beats> {
    const counted = await Promise.all(this.agentProcesses.map((process) => process.order({ kind: 'count' })));
    const each = counted.flatMap(({ beats }) => beats ?? []);
    return {
      sent: each.reduce((sum, { sent }) => sum + sent, 0),
      late: each.reduce((sum, { late }) => sum + late, 0),
      longestGapMs: Math.max(0, ...each.map(({ longestGapMs }) => longestGapMs)),
    };
  }

  async close(): Promise<void> {
    await this.connection?.close().catch(() => undefined);
    await Promise.all(this.owned.splice(0).reverse().map((process) => process.kill()));
    await rm(this.directory, { recursive: true, force: true });
  }

  private async startControl(): Promise<void> {
    const { hosts, progress } = this.options;
    progress('starting 3 NATS servers');
    const names = Array.from({ length: hosts }, (_, index) => nameOf(index));
    this.bus = await startLoopbackBus({
      directory: this.directory,
      serverCount: 3,
      incarnation: randomUUID(),
      principals: [
        ...names.map((node) => ({ service: 'host-agent', node })),
        ...replicas.map((node) => ({ service: 'failover', node })),
        { service: 'api', node: 'control1' },
      ],
      started: (process) => this.owned.push(process),
    });
    progress(`starting ${replicas.length} replicas of failover`);
    for (const replica of replicas) await this.startFailover(replica);
    await this.watch();
    const { servers, caFile, incarnation } = this.bus;
    for (let index = 0; index * agentsPerProcess < hosts; index += 1) {
      const process = await AgentsProcess.start(`agents${index + 1}`, join(this.directory, `agents${index + 1}.log`));
      this.owned.push(process.process);
      this.agentProcesses.push(process);
      const directory = join(this.directory, 'agents');
      await process.order({ kind: 'connect', servers, caFile, incarnation, directory });
    }
  }

  private async startFailover(replica: string): Promise<void> {
    const own = join(this.directory, replica);
    await mkdir(own, { recursive: true, mode: 0o700 });
    const seedFile = join(own, 'failover.seed');
    await writeFile(seedFile, this.bus.seedOf('failover', replica), { mode: 0o600 });
    const port = await freePort();
    const { servers, caFile, incarnation } = this.bus;
    const config = {
      service: 'failover',
      node: replica,
      incarnation,
      nats: { servers, seedFile, caFile },
      http: { address: loopback, port },
      stateDirectory: own,
      bmcs: {},
    };
    const file = join(own, 'config.json');
    await writeFile(file, JSON.stringify(config), { mode: 0o600 });
    const main = join(repositoryDirectory(), 'services', 'failover', 'dist', 'main.js');
    const process_ = await OwnedProcess.start({
      name: `failover on ${replica}`,
      command: process.execPath,
      args: [...nodeFlags, main, '--config', file],
      logFile: join(own, 'failover.log'),
      env: nodeEnvironment,
    });
    this.owned.push(process_);
    this.failovers.push({ replica, process: process_, metricsUrl: `http://${loopback}:${port}/metrics` });
  }

  /** Sees the hosts' records as the API does. */
  private async watch(): Promise<void> {
    const { servers, caFile } = this.bus;
    const seed = this.bus.seedOf('api', 'control1');
    this.connection = await connectNats({ servers, caFile, seed, service: 'api', node: 'control1' });
    await this.connection.bucket(hostsContract).watch({
      onChange: ({ key, value }) => this.see(key, value),
      onReady: () => undefined,
    });
  }

  private see(host: string, record: HostRecord | null): void {
    if (record === null) return;
    const openedAtMs = (of: HostRecord | undefined): number => of?.incident?.openedAtMs ?? 0;
    const isNew = openedAtMs(record) > openedAtMs(this.records.get(host));
    if (isNew) this.suspicions.push({ host, atMs: openedAtMs(record) });
    this.records.set(host, record);
  }

  private processOf(host: string): AgentsProcess {
    // In turn, so that ten agents among many are spread as all are.
    const process = this.agentProcesses[Number(host.slice(1)) % this.agentProcesses.length];
    if (!process) throw new LabError('unknown-node', `${host} is none of the fleet`);
    return process;
  }
}

const nameOf = (index: number): string => `h${index + 1}`;

async function heapMiB(metricsUrl: string): Promise<number> {
  const response = await fetch(metricsUrl, { signal: AbortSignal.timeout(10_000) }).catch(() => null);
  const text = (await response?.text()) ?? '';
  return Math.round(Number(/^nodejs_heap_size_used_bytes\{[^}]*\} (\S+)$/m.exec(text)?.[1] ?? 0) / 2 ** 20);
}

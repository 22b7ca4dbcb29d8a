import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MemoryBroker, type Bus } from '@holdfast/bus';
import {
  accepted,
  agentConsole,
  agentScreenshot,
  asAsked,
  eventOf,
  eventSubject,
  hosts,
  incidents,
  networksOf,
  noTransitions,
  observed,
  ofAskedProject,
  operations,
  pools,
  refused,
  replica,
  vmBoot,
  vmNicAdd,
  vmNicRemove,
  vmCdrom,
  vmCreate,
  vmDelete,
  vmDescribe,
  vmDiskAdd,
  vmDiskRemove,
  vmMigrate,
  vmPause,
  vmRename,
  vmSuspend,
  vmReboot,
  vmRelocate,
  vmResize,
  vmResume,
  vmSet,
  vms,
  vmStart,
  vmStop,
  withTransition,
  type Asked,
  type HostRecord,
  type IncidentLedger,
  type Observed,
  type OperationRecord,
  type Reply,
  type VmRecord,
} from '@holdfast/contracts';
import { deriveId } from '@holdfast/kernel';
import { createLog, type RunningService } from '@holdfast/runtime';
import { startApi } from '../api.js';
import { apiConfigSchema, type ApiConfig } from '../config.js';
import { refusedOn, serveNetworks } from './fake-networks.js';
import { servePeople, type People } from './fake-people.js';
import { servePolicies } from './fake-policies.js';

/*
 * For tests only: an API on the in-memory bus, over owners of records that do as they are told at
 * once.
 */

export const incarnation = 'test';
const startMs = 1_700_000_000_000;
const uuid = (): string => randomUUID();
const portal = { address: '10.0.1.1', port: 3260 };

export function hostRecord(host: string): HostRecord {
  return {
    host,
    uuid: uuid(),
    bootId: uuid(),
    pastBootIds: [],
    epoch: 1,
    health: 'online',
    admin: 'active',
    labels: {},
    addresses: { management: '10.0.0.1', storage: '10.0.1.1' },
    probePort: 9000,
    power: { state: 'verified', detail: '' },
    reason: '',
    evidence: [],
    incident: null,
    ...noTransitions(incarnation, startMs),
  };
}

export function observedRecord(host: string): Observed {
  return {
    host,
    uuid: uuid(),
    bootId: uuid(),
    incarnation,
    epoch: 1,
    startedAtMs: startMs,
    sealKey: 'key',
    capacity: { cpus: 4, memoryMiB: 2048 },
    addresses: { management: '10.0.0.1', storage: '10.0.1.1' },
    probePort: 9000,
    hypervisor: 'connected',
    leaving: false,
    vms: {},
    staleCopies: [],
    atMs: startMs,
  };
}

export function incidentLedger(id: string, host: string): IncidentLedger {
  return {
    id,
    host,
    verdict: 'dead',
    epoch: 2,
    state: 'fenced',
    lastHeardAtMs: startMs,
    openedAtMs: startMs + 600,
    fencingAtMs: startMs + 900,
    provenAtMs: startMs + 1100,
    closedAtMs: null,
    resumed: null,
    views: [{ view: 'storage:san1', says: 'not heard for 700 ms', atMs: startMs + 700 }],
    proofs: [
      { kind: 'storage-revoked', from: 'san1', status: 'asked', atMs: startMs + 901, detail: '' },
      {
        kind: 'storage-revoked',
        from: 'san1',
        status: 'obtained',
        atMs: startMs + 1100,
        detail: '2 targets are gone',
      },
    ],
    decisions: [],
  };
}

function vmRecord(name: string, spec: VmRecord['spec'], host: string): VmRecord {
  return {
    name,
    uid: `uid-${name}`,
    spec,
    volumes: [],
    desired: 'running',
    generation: 1,
    phase: 'running',
    reason: '',
    assignment: { host, hostEpoch: 1, generation: 1 },
    migration: null,
    leftovers: [],
    force: false,
    reboot: null,
    operation: null,
    incident: null,
    wish: null,
    chosen: null,
    home: null,
    failures: { starts: 0, hosts: [] },
    phaseSinceMs: startMs,
    ...noTransitions(incarnation, startMs),
  };
}

type Change = (vm: VmRecord) => VmRecord;

/**
 * Carries out what the API asks of the scheduler, at once, and keeps the records that the API
 * shows.
 */
export class FakeScheduler {
  /** Operations stay running until `end` is called. */
  holds = false;
  /** All VMs return from any loss. */
  isRoomy = false;
  readonly asked: { command: string; request: unknown }[] = [];
  private readonly sequence = new Map<string, number>();

  constructor(readonly bus: Bus) {}

  async serve(): Promise<void> {
    await this.bus.serve(vmCreate, async (request) => {
      this.asked.push({ command: 'create', request });
      const { operation, vm: name, spec } = request;
      const known = await this.bus.bucket(operations).get(operation);
      if (known) return accepted({ operation, vm: name });
      if (await this.bus.bucket(vms).get(name)) {
        return refused('exists', `there is a VM ${name} already`, {
          field: 'name',
          remedy: 'choose another name, or delete that VM first',
        });
      }
      if (request.host !== null && !['h1', 'h2'].includes(request.host)) {
        return refused('not-found', `there is no host ${request.host}`, { field: 'host' });
      }
      if (spec.memoryMiB > 2048) {
        return refused('no-capacity', `no host has ${spec.memoryMiB} MiB: h1 has 2048 MiB`, {
          field: 'memoryMiB',
          remedy: 'give at most 2048 MiB',
        });
      }
      const notItsOwn = await refusedOn(this.bus, networksOf(spec), request);
      if (notItsOwn) return notItsOwn;
      const { project, words } = request;
      const uid = deriveId(incarnation, 'vm', name, operation);
      const record = { ...vmRecord(name, spec, request.host ?? 'h1'), uid, ...words, project };
      const created = this.noted(record, operation, 'vm.created', 'is created');
      const done = { change: created, reply: accepted({ operation, vm: name }) };
      const { change, reply } = asAsked(null, request, () => done);
      if (!change) return reply;
      await this.record(operation, 'create', record);
      await this.bus.bucket(vms).create(name, change);
      return reply;
    });
    await this.bus.serve(vmStart, (request) => this.change('start', request, running));
    await this.bus.serve(vmReboot, (request) => this.change('reboot', request, running));
    await this.bus.serve(vmPause, (request) =>
      this.change('pause', request, (vm) => ({ ...vm, pausedGeneration: vm.assignment?.generation })),
    );
    await this.bus.serve(vmResume, (request) =>
      this.change('resume', request, (vm) => ({ ...vm, pausedGeneration: undefined })),
    );
    await this.bus.serve(vmStop, (request) => this.change('stop', request, stopped));
    await this.bus.serve(vmRename, (request) => this.change('rename', request, (vm) => vm));
    await this.bus.serve(vmSuspend, (request) => this.change('suspend', request, stopped));
    await this.bus.serve(vmMigrate, (request) =>
      this.change('migrate', request, (vm) => ({
        ...vm,
        assignment: { host: request.host ?? 'h2', hostEpoch: 1, generation: vm.generation + 1 },
      })),
    );
    await this.bus.serve(vmRelocate, (request) =>
      this.change('relocate', request, (vm) => ({
        ...vm,
        assignment: { host: request.host, hostEpoch: 1, generation: vm.generation + 1 },
      })),
    );
    await this.bus.serve(vmResize, (request) =>
      this.change('resize', request, (vm) => {
        const { cpus = vm.spec.cpus, memoryMiB = vm.spec.memoryMiB } = request.size;
        if (request.atNextStart) return { ...vm, nextSize: { cpus, memoryMiB } };
        return { ...vm, spec: { ...vm.spec, cpus, memoryMiB } };
      }),
    );
    await this.bus.serve(vmDiskAdd, (request) =>
      this.change('disk-add', request, (vm) => {
        const volume = { volume: `${vm.name}-disk-more`, pool: 'san', node: 'san1', sizeMiB: request.sizeMiB };
        return { ...vm, volumes: [...vm.volumes, volume] };
      }),
    );
    await this.bus.serve(vmDiskRemove, (request) =>
      this.change('disk-remove', request, (vm) =>
        ({ ...vm, volumes: vm.volumes.filter(({ volume }) => volume !== request.volume) })),
    );
    await this.bus.serve(vmSet, (request) =>
      this.change('set', request, (vm) => {
        const policy = { ...vm.spec.policy, ...(request.policy as Partial<VmRecord['spec']['policy']>) };
        return { ...vm, spec: { ...vm.spec, policy } };
      }),
    );
    await this.bus.serve(vmNicAdd, async (request) => {
      const vm = (await this.bus.bucket(vms).get(request.vm))?.value;
      const notItsOwn = vm && await refusedOn(this.bus, [request.network], { ...request, project: vm.project });
      if (notItsOwn && ofAskedProject(vm, request)) return notItsOwn;
      return await this.change('nic-add', request, ({ spec, ...known }) =>
        ({ ...known, spec: { ...spec, nics: [...(spec.nics ?? []), { nic: 7, network: request.network }] } }));
    });
    await this.bus.serve(vmNicRemove, (request) => this.change('nic-remove', request, (vm) => vm));
    await this.bus.serve(vmBoot, (request) =>
      this.change('boot', request, ({ spec: { boot: _, ...spec }, ...vm }) =>
        ({ ...vm, spec: { ...spec, ...(request.order && { boot: request.order }) } })),
    );
    await this.bus.serve(vmCdrom, (request) =>
      this.change('cdrom', request, (vm) => ({ ...vm, spec: { ...vm.spec, cdrom: request.iso } })),
    );
    await this.bus.serve(vmDescribe, (request) =>
      this.change('describe', request, (vm) => {
        const { labels, ...words } = request.words;
        return { ...vm, ...words, labels: { ...vm.labels, ...labels?.set } };
      }),
    );
    await serveNetworks(this.bus);
    await servePolicies(this.bus, this.asked, () => this.isRoomy);
    await this.bus.serve(vmDelete, (request) =>
      this.change('delete', request, (vm) => ({ ...vm, phase: 'deleted', assignment: null })),
    );
  }

  /** Ends an operation that was held. */
  async end(id: string, state: OperationRecord['state'], reason = ''): Promise<void> {
    const bucket = this.bus.bucket(operations);
    const entry = await bucket.get(id);
    if (!entry) throw new Error(`no operation ${id}`);
    const endedAtMs = state === 'running' ? null : entry.value.startedAtMs + 1500;
    await bucket.update(id, { ...entry.value, state, reason, endedAtMs }, entry.revision);
  }

  async replaceVm(name: string, change: Change): Promise<void> {
    const bucket = this.bus.bucket(vms);
    const entry = await bucket.get(name);
    if (entry) await bucket.update(name, change(entry.value), entry.revision);
  }

  /** The moment of a renaming when there are two records of one VM. */
  async beginRename(name: string, to: string): Promise<void> {
    const bucket = this.bus.bucket(vms);
    const record = (await bucket.get(name))?.value;
    if (!record) throw new Error(`no VM ${name}`);
    this.sequence.set(to, this.sequence.get(name) ?? 0);
    await bucket.create(to, { ...record, name: to, rename: { is: 'new', other: name, isTaken: true } });
    await this.replaceVm(name, (vm) => ({ ...vm, rename: { is: 'old', other: to } }));
  }

  /** The end of it: the old record leaves without an event. */
  async endRename(name: string, to: string): Promise<void> {
    await this.replaceVm(name, (vm) => ({ ...vm, phase: 'deleted' }));
    const bucket = this.bus.bucket(vms);
    const entry = await bucket.get(name);
    if (!entry || !(await bucket.remove(name, entry.revision))) throw new Error(`no VM ${name}`);
    await this.replaceVm(to, ({ rename: _, ...vm }) => this.noted(vm, null, 'vm.renamed', `was ${name}`));
    await this.publishNewest(to);
  }

  /** The newest transition as a public event, as the deriver would publish it. */
  async publishNewest(name: string): Promise<void> {
    const entry = await this.bus.bucket(vms).get(name);
    const transition = entry?.value.transitions.at(-1);
    if (!entry || !transition) throw new Error(`no transition of ${name}`);
    const about = { service: 'scheduler', noun: 'vm', key: name, identity: entry.value.uid };
    await this.bus.publishEvent(
      eventSubject(transition.event, name),
      eventOf(entry.value, transition, about),
    );
  }

  noted(
    record: VmRecord,
    operation: string | null,
    event: string,
    does: string,
    incident: string | null = null,
  ): VmRecord {
    const number = (this.sequence.get(record.name) ?? 0) + 1;
    this.sequence.set(record.name, number);
    const text = `${record.name} ${does}`;
    return withTransition(record, startMs + number * 100, { event, text, operation, incident });
  }

  private async record(id: string, kind: OperationRecord['kind'], { name: vm, project }: VmRecord): Promise<void> {
    const ended = !this.holds;
    await this.bus.bucket(operations).create(id, {
      id,
      incarnation,
      kind,
      vm,
      project,
      state: ended ? 'done' : 'running',
      reason: ended ? '' : 'starting',
      startedAtMs: startMs,
      endedAtMs: ended ? startMs + 1200 : null,
    });
  }

  private async change(
    kind: OperationRecord['kind'],
    request: Asked & { vm: string },
    change: Change,
  ): Promise<Reply<{ operation: string; vm: string }>> {
    this.asked.push({ command: kind, request });
    const { operation, vm: name } = request;
    if (await this.bus.bucket(operations).get(operation)) return accepted({ operation, vm: name });
    const entry = await this.bus.bucket(vms).get(name);
    if (!entry || entry.value.phase === 'deleted' || !ofAskedProject(entry.value, request)) {
      return refused('not-found', `there is no VM ${name}`, { field: 'name' });
    }
    if (kind === 'start' && entry.value.phase === 'running') {
      return refused('conflict', `${name} runs already`, { remedy: 'stop it first' });
    }
    const { change: next, reply } = asAsked(entry.value, request, () => ({
      change: this.noted(change(entry.value), operation, `vm.${kind}-done`, `went through ${kind}`),
      reply: accepted({ operation, vm: name }),
    }));
    if (!next) return reply;
    await this.record(operation, kind, next);
    await this.bus.bucket(vms).update(name, next, entry.revision);
    return reply;
  }
}

const running: Change = (vm) => ({
  ...vm,
  phase: 'running',
  assignment: { host: 'h1', hostEpoch: 1, generation: vm.generation },
});
const stopped: Change = (vm) => ({ ...vm, phase: 'stopped', assignment: null });

export interface FakeCluster extends People {
  api: RunningService<ApiConfig>;
  token: string;
  tokenFile: string;
  directory: string;
  broker: MemoryBroker;
  scheduler: FakeScheduler;
  close(): Promise<void>;
}

async function serveHosts(broker: MemoryBroker, failover: Bus): Promise<void> {
  for (const host of ['h1', 'h2']) {
    await failover.bucket(hosts).create(host, hostRecord(host));
    const agent = broker.connect({ service: 'host-agent', node: host });
    await agent.bucket(observed).put(host, observedRecord(host));
    await agent.serve(agentConsole, ({ vm }) =>
      Promise.resolve(accepted({ text: `${vm} says hello from ${host}\n` })),
    );
    await agent.serve(agentScreenshot, ({ vm, screenshot, part }) => {
      const bytes = Buffer.from(`${vm} on ${host}, part ${part}.`).toString('base64');
      return Promise.resolve(accepted({ screenshot: screenshot ?? uuid(), parts: 3, bytes }));
    });
  }
}

/** Two hosts, one storage node, one replica of everything, and an API on the loopback. */
export async function startFakeCluster(settings: Partial<ApiConfig> = {}): Promise<FakeCluster> {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-api-'));
  const tokenFile = join(directory, 'token');
  const token = randomUUID() + randomUUID();
  await writeFile(tokenFile, `${token}\n`, { mode: 0o600 });

  const broker = new MemoryBroker();
  const people = await servePeople(broker);
  const { failover } = people;
  await serveHosts(broker, failover);
  await failover.bucket(incidents).create('incident-1', incidentLedger('incident-1', 'h9'));
  const storage = broker.connect({ service: 'storage', node: 'san1' });
  await storage.bucket(pools).put('san1', {
    pool: 'default',
    node: 'san1',
    portal,
    capacityBytes: 10 * 1024 ** 3,
    freeBytes: 8 * 1024 ** 3,
    revocable: true,
    heartbeatPort: 9001,
    startedAtMs: startMs,
  });
  const scheduler = new FakeScheduler(broker.connect({ service: 'scheduler', node: 'control' }));
  await scheduler.serve();

  const bus = broker.connect({ service: 'api', node: 'control' });
  const config = apiConfigSchema.parse({
    service: 'api',
    node: 'control',
    incarnation,
    nats: { servers: ['memory'], seedFile: '/dev/null' },
    http: { address: '127.0.0.1', port: 0 },
    stateDirectory: directory,
    logLevel: 'silent',
    tokenFile,
    ...settings,
  });
  const api = await startApi(config, bus, { log: createLog(config) });
  for (const one of [scheduler.bus, failover]) {
    one.broadcast(replica, {
      service: one.service,
      replica: 'a',
      startedAtMs: startMs,
      sequence: 1,
    });
  }
  return {
    api,
    token,
    tokenFile,
    directory,
    broker,
    scheduler,
    ...people,
    close: async () => {
      await api.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

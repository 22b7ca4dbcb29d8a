import {
  accepted,
  refused,
  vmSpecSchema,
  type AttachmentRecord,
  type HostRecord,
  type Observed,
  type PoolRecord,
  type Reply,
  type VmRecord,
  type VolumeRecord,
} from '@holdfast/contracts';
import {
  defaultTiming,
  firstRecord,
  powerChecked,
  stepHost,
  type HostEffect,
  type HostView,
} from '../../services/failover/core/index.js';
import {
  admitCreate,
  admitDelete,
  admitMigrate,
  admitStart,
  admitStop,
  stepVm,
  type Admission,
  type Cluster,
  type VmEffect,
} from '../../services/scheduler/core/index.js';
import { envAt, ToyHost } from './toy-host.js';
import { ToyStorage } from './toy-storage.js';

export const tickMs = 100;
type Answers = Map<string, { atMs: number; reply: Reply<unknown> }>;
interface Facts {
  hosts: Map<string, HostRecord>;
  observed: Map<string, Observed>;
  volumes: Map<string, VolumeRecord>;
  attachments: Map<string, AttachmentRecord>;
}

/** What goes wrong at the n-th effect that anybody performs. */
export type Fault =
  | 'restart' // everybody forgets what was answered, agents restart
  | 'lose-request'
  | 'lose-answer'
  | 'repeat' // delivered twice at once
  | 'replay'; // delivered again much later

export const faults: Fault[] = ['restart', 'lose-request', 'lose-answer', 'repeat', 'replay'];

/** The real cores, run by turns, over hosts and a storage node of cardboard. */
export class World {
  nowMs = 1_000_000;
  effectCount = 0;
  readonly log: string[] = [];
  readonly storage = new ToyStorage((label) => this.note(label));
  readonly hosts = new Map<string, ToyHost>();
  readonly hostRecords = new Map<string, HostRecord>();
  readonly vms = new Map<string, VmRecord>();
  private readonly observed = new Map<string, Observed>();
  private readonly heard = new Map<string, NonNullable<HostView['heard']>>();
  private readonly storageHeard = new Map<string, number>();
  private vmAnswers = new Map<string, Answers>();
  private hostAnswers = new Map<string, Answers>();
  private readonly past: Facts[] = [];
  private replays: { dueMs: number; run: () => void }[] = [];
  private revision = 0;
  private operations = 0;

  constructor(
    private readonly options: {
      /** Ticks that the scheduler's facts are old. */
      lagTicks?: number;
      fault?: { kind: Fault; at: number };
      /** Its VMs have no volume: nothing but proof keeps a second copy from running. */
      isDiskless?: boolean;
    } = {},
  ) {
    for (const name of ['h1', 'h2', 'h3']) {
      this.hosts.set(
        name,
        new ToyHost(name, (volumes, generation) =>
          volumes.every((volume) => this.storage.hasTarget(volume, generation)),
        ),
      );
    }
    this.until(() => [...this.hosts.keys()].every((name) => this.hostRecords.get(name)?.health === 'online'));
    this.effectCount = 0;
  }

  host(name: string): ToyHost {
    const host = this.hosts.get(name);
    if (!host) throw new Error(`no host ${name}`);
    return host;
  }

  vm(name = 'web1'): VmRecord {
    const vm = this.vms.get(name);
    if (!vm) throw new Error(`no VM ${name}`);
    return vm;
  }

  ask(kind: 'create' | 'start' | 'stop' | 'delete' | 'migrate', host: string | null = null, vm = 'web1'): string {
    this.operations += 1;
    const request = { operation: `op${this.operations}`, vm };
    const known = this.vms.get(vm) ?? null;
    const env = envAt(this.nowMs);
    const disks = this.options.isDiskless ? [] : [{ sizeMiB: 64 }];
    const spec = vmSpecSchema.parse({ cpus: 1, memoryMiB: 128, disks });
    const admission: Record<typeof kind, () => Admission> = {
      create: () => admitCreate(known, { ...request, spec, start: true, host }, this.cluster, env),
      start: () => admitStart(known, { ...request, host }, this.cluster, env),
      stop: () => admitStop(known, { ...request, force: false }, env),
      delete: () => admitDelete(known, request, env),
      migrate: () => admitMigrate(known, { ...request, host }, this.cluster, env),
    };
    const { change, reply } = admission[kind]();
    if (!reply.ok) throw new Error(reply.refusal.message);
    if (change) this.vms.set(vm, change);
    return request.operation;
  }

  /** The end that an operation came to, from the record's own history. */
  ended(operation: string, vm = 'web1'): unknown {
    const states = this.vm(vm)
      .transitions.filter((transition) => transition.operation === operation)
      .map(({ data }) => data['operationState']);
    return states.findLast((state) => state === 'done' || state === 'failed');
  }

  /** Turns until it holds; bounded, for a story that does not converge has failed. */
  until(holds: () => boolean, maxTicks = 600): void {
    for (let tick = 0; tick < maxTicks; tick += 1) {
      if (holds()) return;
      this.tick();
    }
    const states = [...this.vms.values()].map(({ name, phase, reason }) => `${name} ${phase}: ${reason}`);
    const healths = [...this.hostRecords.values()].map(({ host, health }) => `${host} ${health}`);
    throw new Error(`no end: ${[...states, ...healths, ...this.log.slice(-12)].join('\n')}`);
  }

  /** Lets whatever is still on its way arrive. */
  rest(ticks = 100): void {
    for (let tick = 0; tick < ticks; tick += 1) this.tick();
  }

  tick(): void {
    this.nowMs += tickMs;
    for (const host of this.hosts.values()) {
      const { move } = host;
      if (move) host.finishMove(this.host(move.to), this.nowMs);
      host.look(this.hostRecords.get(host.name) ?? null, this.nowMs);
      this.hear(host);
    }
    this.checkWriters();
    for (const name of this.hosts.keys()) this.runHost(name);
    this.storage.run(this.nowMs);
    for (const name of this.vms.keys()) this.runVm(name);
    const due = this.replays.filter(({ dueMs }) => dueMs <= this.nowMs);
    this.replays = this.replays.filter((replay) => !due.includes(replay));
    for (const { run } of due) run();
    this.checkWriters();
    const { storage } = this;
    this.past.push({
      hosts: new Map(this.hostRecords),
      observed: new Map(this.observed),
      volumes: new Map(storage.volumes),
      attachments: new Map(storage.attachments),
    });
    if (this.past.length > 50) this.past.shift();
  }

  /** Copies that can write to the volume now. */
  writers(volume: string): string[] {
    return [...this.hosts.values()].flatMap((host) =>
      host.domains
        .filter(({ incoming, generation, vm }) => {
          const owns = this.vms.get(vm)?.volumes.some((each) => each.volume === volume) === true;
          return owns && !incoming && this.storage.hasTarget(volume, generation);
        })
        .map(({ generation }) => `${host.name} g${generation}`),
    );
  }

  private checkWriters(): void {
    for (const vm of this.vms.values()) {
      if (vm.volumes.length > 0) continue;
      const copies = [...this.hosts.values()].flatMap((host) =>
        host.domains.filter((domain) => domain.vm === vm.name && !domain.incoming).map(() => host.name),
      );
      if (copies.length > 1) throw new Error(`two copies: ${copies.join()}\n${this.log.join('\n')}`);
    }
    for (const [volume, targets] of this.storage.targets) {
      const writers = this.writers(volume);
      if (writers.length > 1) throw new Error(`two writers on ${volume}: ${writers.join()}\n${this.log.join('\n')}`);
      const holders = this.storage.attachments.get(volume)?.holders ?? [];
      const open = [...targets].filter((generation) => holders.some((holder) => holder.generation === generation));
      if (open.length > 2) throw new Error(`${open.length} targets of ${volume}`);
    }
  }

  private hear(host: ToyHost): void {
    const { name, uuid, bootId } = host;
    if (host.isPowered) this.storageHeard.set(name, this.nowMs);
    if (!host.answers) return;
    const { epoch } = host.memory;
    const heartbeat = { host: name, uuid, bootId, epoch, sequence: 1, sentAtMs: this.nowMs };
    this.heard.set(name, { heartbeat, atMs: this.nowMs });
    this.observed.set(name, host.observed(this.nowMs));
    if (!this.hostRecords.has(name)) {
      this.hostRecords.set(name, firstRecord(host.observed(this.nowMs), true, envAt(this.nowMs)));
    }
  }

  private get facts(): Facts {
    const past = this.past.at(-1 - (this.options.lagTicks ?? 0));
    if (past && this.options.lagTicks) return past;
    const { volumes, attachments } = this.storage;
    return { hosts: this.hostRecords, observed: this.observed, volumes, attachments };
  }

  private readonly pool: PoolRecord = {
    pool: 'san',
    node: 'san1',
    portal: { address: '10.1.0.9', port: 3260 },
    capacityBytes: 1e12,
    freeBytes: 1e12,
    revocable: true,
    heartbeatPort: 1,
    startedAtMs: 0,
  };

  private readonly cluster: Cluster = {
    arming: () => ({ armed: true, text: '' }),
    host: (name) => this.facts.hosts.get(name) ?? null,
    hosts: () => [...this.facts.hosts.values()],
    observed: (host) => this.facts.observed.get(host) ?? null,
    volume: (id) => this.facts.volumes.get(id) ?? null,
    attachment: (volume) => this.facts.attachments.get(volume) ?? null,
    pool: (name) => (name === 'san' ? this.pool : null),
    pools: () => [this.pool],
    vms: () => [...this.vms.values()],
    vm: (name) => this.vms.get(name) ?? null,
    rules: () => [],
    drain: () => null,
  };

  private runVm(name: string): void {
    const answers = this.vmAnswers.get(name) ?? (new Map() as Answers);
    this.vmAnswers.set(name, answers);
    for (let round = 0; round < 32; round += 1) {
      const vm = this.vm(name);
      const answer = (key: string) => answers.get(key) ?? null;
      const step = stepVm({ vm, cluster: this.cluster, env: envAt(this.nowMs), answer });
      if (step.state !== vm) {
        this.revision += 1;
        this.vms.set(name, step.state);
        this.log.push(`${this.nowMs} ${name} ${step.state.phase}: ${step.state.reason}`);
        continue;
      }
      for (const effect of step.effects) {
        this.perform(answers, effect, () => this.carryOut(effect, vm));
      }
      return;
    }
    throw new Error(`VM ${name} does not come to rest`);
  }

  private carryOut(effect: VmEffect, vm: VmRecord): Reply<unknown> {
    const { revision } = this;
    switch (effect.kind) {
      case 'create-volume':
      case 'delete-volume':
      case 'attach':
      case 'detach':
        return this.storage.request(effect, vm, this.nowMs);
      default:
        return this.host(effect.host).command(effect, vm, revision, this.nowMs);
    }
  }

  private runHost(name: string): void {
    const answers = this.hostAnswers.get(name) ?? (new Map() as Answers);
    this.hostAnswers.set(name, answers);
    for (let round = 0; round < 32; round += 1) {
      const host = this.hostRecords.get(name);
      if (!host) return;
      const step = stepHost(this.hostView(host, answers));
      if (step.state !== host) {
        this.hostRecords.set(name, step.state);
        this.log.push(`${this.nowMs} ${name} ${step.state.health}: ${step.state.reason}`);
        continue;
      }
      for (const effect of step.effects) this.perform(answers, effect, () => this.doTo(host, effect));
      return;
    }
    throw new Error(`host ${name} does not come to rest`);
  }

  private hostView(host: HostRecord, answers: Answers): HostView {
    const all = [...this.hostRecords.values()].filter(({ health }) => health !== 'fenced' && health !== 'joining');
    const isSilent = ({ host: name }: HostRecord): boolean =>
      this.nowMs - (this.heard.get(name)?.atMs ?? 0) >= defaultTiming.suspectAfterMs;
    return {
      host,
      env: envAt(this.nowMs),
      timing: defaultTiming,
      heard: this.heard.get(host.host) ?? null,
      listeningSinceMs: 0,
      busAnswers: true,
      arming: { armed: true, text: '' },
      observed: this.observed.get(host.host) ?? null,
      storageNodes: ['san1'],
      needsPowerProof: false,
      hostCount: all.length,
      silentCount: all.filter(isSilent).length,
      answer: (key) => answers.get(key) ?? null,
    };
  }

  private doTo(record: HostRecord, effect: HostEffect): Reply<unknown> {
    const host = this.host(record.host);
    switch (effect.kind) {
      case 'probe':
        return accepted({ kind: host.answers ? 'answers' : 'silent' });
      case 'storage-view': {
        const heardAgoMs = this.nowMs - (this.storageHeard.get(record.host) ?? 0);
        return accepted({ heardAgoMs, sessions: 0 });
      }
      case 'revoke':
        return this.storage.revokeHost(record.host, effect.epochFloor, this.nowMs);
      case 'power-off':
        if (!host.bmcUp) return refused('unavailable', 'the BMC does not answer');
        host.losePower();
        return accepted({ state: 'off' });
      case 'check-power': {
        const found = { state: 'verified' as const, detail: '' };
        const known = this.hostRecords.get(record.host);
        if (known?.power.state === 'unchecked') {
          this.hostRecords.set(record.host, powerChecked(known, found, envAt(this.nowMs)));
        }
        return accepted(found);
      }
    }
  }

  private perform(
    answers: Answers,
    effect: { key: string; resendMs?: number },
    run: () => Reply<unknown>,
  ): void {
    const before = answers.get(effect.key);
    if (before && this.nowMs - before.atMs < (effect.resendMs ?? 1000)) return;
    const { fault } = this.options;
    const isHit = fault !== undefined && this.effectCount + 1 === fault.at;
    const isLost = isHit && (fault.kind === 'lose-request' || fault.kind === 'lose-answer');
    const reply = isHit && fault.kind === 'lose-request' ? refused('unavailable', 'lost') : run();
    answers.set(effect.key, { atMs: this.nowMs, reply: isLost ? refused('unavailable', 'lost') : reply });
    if (isHit && fault.kind === 'repeat') run();
    if (isHit && fault.kind === 'replay') this.replays.push({ dueMs: this.nowMs + 3000, run: () => void run() });
    this.log.push(`${this.nowMs} ${effect.key} ${reply.ok ? 'ok' : reply.refusal.message}`);
    this.note(effect.key);
  }

  /** Counts every effect, those of storage too, and restarts everybody after the n-th. */
  private note(_label: string): void {
    this.effectCount += 1;
    const { fault } = this.options;
    if (fault?.kind !== 'restart' || this.effectCount !== fault.at) return;
    this.vmAnswers = new Map();
    this.hostAnswers = new Map();
    this.storage.restart();
    for (const host of this.hosts.values()) host.restartAgent(this.nowMs);
  }
}

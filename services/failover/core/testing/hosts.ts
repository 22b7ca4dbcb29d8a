/** A host, what is heard of it, and the view a replica has. */
import {
  noTransitions,
  type Arming,
  type Heartbeat,
  type HostRecord,
  type Observed,
  type Reply,
} from '@holdfast/contracts';
import { randomStream, type Env } from '@holdfast/kernel';
import {
  countSilence,
  defaultTiming,
  noSilence,
  stepHost,
  type HostStep,
  type HostView,
  type Silence,
} from '../index.js';

export const startMs = 1_000_000;
export const uuid = '00000000-0000-4000-8000-000000000001';
export const boot1 = '00000000-0000-4000-8000-0000000000b1';
export const boot2 = '00000000-0000-4000-8000-0000000000b2';

export function envAt(nowMs: number): Env {
  return { nowMs, random: randomStream('test'), incarnation: 'inc1' };
}

export function hostRecord(patch: Partial<HostRecord> = {}): HostRecord {
  return {
    ...noTransitions('inc1', startMs),
    host: 'h1',
    uuid,
    bootId: boot1,
    pastBootIds: [],
    epoch: 2,
    health: 'online',
    admin: 'active',
    labels: {},
    addresses: { management: '10.0.0.1', storage: '10.1.0.1' },
    probePort: 1,
    power: { state: 'verified', detail: '' },
    reason: '',
    evidence: [],
    incident: null,
    ...patch,
  };
}

export function heartbeat(bootId = boot1, machine = uuid): Heartbeat {
  return { host: 'h1', uuid: machine, bootId, epoch: 2, sequence: 1, sentAtMs: startMs };
}

export function observed(patch: Partial<Observed> = {}): Observed {
  return {
    host: 'h1',
    uuid,
    bootId: boot1,
    incarnation: 'inc1',
    epoch: 2,
    startedAtMs: 0,
    sealKey: 'key',
    capacity: { cpus: 4, memoryMiB: 4096 },
    addresses: { management: '10.0.0.1', storage: '10.1.0.1' },
    probePort: 1,
    hypervisor: 'connected',
    leaving: false,
    vms: {},
    staleCopies: [],
    atMs: startMs,
    ...patch,
  };
}

/** One host seen by one replica over time: facts are set, `run` steps until the record rests. */
export class Watched {
  nowMs = startMs;
  heard: HostView['heard'] = { heartbeat: heartbeat(), atMs: startMs, rhythm: null };
  clearedAtMs: number | null = null;
  seenAtMs = 0;
  listeningSinceMs = 0;
  observed: Observed | null = observed();
  storageNodes = ['san1'];
  peers: string[] = [];
  busAnswers = true;
  arming: Arming = { armed: true, text: '', reconciles: true };
  hostCount = 10;
  silentCount = 1;
  manySilentAtMs = noSilence.manySilentAtMs;
  sharedLabel: string | null = null;
  /** Of the silent ones, and of the others. */
  labels: { silent: Record<string, string>; others: Record<string, string> } = { silent: {}, others: {} };
  needsPowerProof = false;
  isLeftIsolated = false;
  held: string | null = null;
  readonly answers = new Map<string, { atMs: number; reply: Reply<unknown> }>();

  constructor(public host: HostRecord = hostRecord()) {}

  view(): HostView {
    const { host, heard, observed: seen, storageNodes, busAnswers } = this;
    const { needsPowerProof, isLeftIsolated, arming } = this;
    return {
      host,
      env: envAt(this.nowMs),
      timing: defaultTiming,
      heard,
      clearedAtMs: this.clearedAtMs,
      seenAtMs: this.seenAtMs,
      listeningSinceMs: this.listeningSinceMs,
      busAnswers,
      arming,
      observed: seen,
      storageNodes,
      peers: this.peers,
      needsPowerProof,
      isLeftIsolated,
      held: this.held,
      silence: () => this.silence(),
      answer: (key) => this.answers.get(key) ?? null,
    };
  }

  private silence(): Silence {
    const hosts = Array.from({ length: this.hostCount }, (_, index) =>
      hostRecord({ host: `host${index}`, labels: index < this.silentCount ? this.labels.silent : this.labels.others }),
    );
    const heard = new Set(hosts.slice(this.silentCount).map(({ host }) => host));
    const now = { nowMs: this.nowMs, listeningSinceMs: 0, timing: defaultTiming };
    const justNow = { heartbeat: heartbeat(), atMs: this.nowMs, rhythm: null };
    const silence = countSilence(hosts, (host) => (heard.has(host) ? justNow : null), this, now);
    this.manySilentAtMs = silence.manySilentAtMs;
    this.sharedLabel = silence.sharedLabel;
    return silence;
  }

  run(): HostStep {
    for (let round = 0; round < 32; round += 1) {
      const step = stepHost(this.view());
      if (step.state === this.host) return step;
      this.host = step.state;
    }
    throw new Error(`no rest: ${this.host.health} ${this.host.reason}`);
  }

  after(delayMs: number): HostStep {
    this.nowMs += delayMs;
    return this.run();
  }

  hear(bootId = boot1): HostStep {
    this.nowMs += 1;
    this.heard = { heartbeat: heartbeat(bootId), atMs: this.nowMs, rhythm: this.heard?.rhythm ?? null };
    return this.run();
  }

  answer(keyStart: string, reply: Reply<unknown>): HostStep {
    const { effects } = stepHost(this.view());
    const effect = effects.find(({ key }) => key.startsWith(keyStart));
    if (!effect) throw new Error(`nobody asks for ${keyStart}: ${effects.map(({ key }) => key).join()}`);
    this.answers.set(effect.key, { atMs: this.nowMs, reply });
    return this.run();
  }

  asked(): string[] {
    return stepHost(this.view()).effects.map(({ kind }) => kind);
  }
}

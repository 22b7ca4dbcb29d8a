import {
  accepted,
  refused,
  type AttachmentRecord,
  type Reply,
  type VmRecord,
  type VolumeRecord,
} from '@holdfast/contracts';
import type { VmEffect } from '../../services/scheduler/core/index.js';
import {
  admitAttach,
  admitDetach,
  admitRevokeHost,
  admitVolumeCreate,
  admitVolumeDelete,
  stepAttachment,
  stepVolume,
  type AttachmentEffect,
} from '../../services/storage/core/index.js';
import { envAt } from './toy-host.js';

type Answers = Map<string, { atMs: number; reply: Reply<unknown> }>;
type StorageEffect = Extract<VmEffect, { kind: 'create-volume' | 'delete-volume' | 'attach' | 'detach' }>;

/** One storage node: targets and floors of cardboard, real cores. */
export class ToyStorage {
  readonly volumes = new Map<string, VolumeRecord>();
  readonly attachments = new Map<string, AttachmentRecord>();
  readonly targets = new Map<string, Set<number>>();
  readonly floors = { volumes: new Map<string, number>(), hosts: new Map<string, number>() };
  /** In memory only: lost when the service restarts. */
  private answers = new Map<string, Answers>();

  constructor(private readonly onEffect: (label: string) => void) {}

  hasTarget(volume: string, generation: number): boolean {
    return this.targets.get(volume)?.has(generation) === true;
  }

  restart(): void {
    this.answers = new Map();
  }

  /** tgtd dies and comes back empty. */
  loseTargets(): void {
    this.targets.clear();
  }

  request(effect: StorageEffect, vm: VmRecord, nowMs: number): Reply<unknown> {
    const { volume } = effect;
    const env = envAt(nowMs);
    const about = { operation: null, incident: null };
    if (effect.kind === 'create-volume') {
      const spec = { volume, pool: 'san', vm: vm.name, sizeMiB: 64, image: 'tiny', operation: null };
      return this.take(this.volumes, volume, admitVolumeCreate(this.volumes.get(volume) ?? null, spec, 'san1', env));
    }
    const known = this.volumes.get(volume) ?? null;
    if (effect.kind === 'delete-volume') return this.take(this.volumes, volume, admitVolumeDelete(known, env));
    const record = this.attachments.get(volume) ?? null;
    if (effect.kind === 'detach') {
      const { floor, only } = effect;
      const reply = this.take(this.attachments, volume, admitDetach(record, { floor, only, ...about }, env, known));
      const holders = this.attachments.get(volume)?.holders ?? [];
      const isLeft = holders.some(({ generation }) => (only === null ? generation < floor : generation === only));
      return reply.ok && isLeft ? refused('unavailable', 'not proven yet') : reply;
    }
    const { generation, host, hostEpoch, mode } = effect;
    const request = { volume, vm: vm.name, generation, host, hostEpoch, mode, ...about };
    const at = { volume: known, floors: this.floorsOf(volume), portal: { address: '10.1.0.9', port: 3260 } };
    return this.take(this.attachments, volume, admitAttach(record, request, at, env));
  }

  revokeHost(host: string, epochFloor: number, nowMs: number): Reply<unknown> {
    this.floors.hosts.set(host, Math.max(epochFloor, this.floors.hosts.get(host) ?? 0));
    const request = { host, epochFloor, incident: null };
    for (const [volume, record] of this.attachments) {
      this.take(this.attachments, volume, admitRevokeHost(record, request, envAt(nowMs)));
    }
    const isLeft = [...this.attachments.values()].some(({ holders }) =>
      holders.some((holder) => holder.host === host && holder.hostEpoch < epochFloor),
    );
    return isLeft ? refused('unavailable', 'not proven yet') : accepted({ attachments: [] });
  }

  run(nowMs: number): void {
    for (const volume of this.volumes.keys()) this.runVolume(volume, nowMs);
    for (const volume of this.attachments.keys()) this.runAttachment(volume, nowMs);
  }

  private runVolume(volume: string, nowMs: number): void {
    const answers = this.answersOf(`volume/${volume}`);
    for (let round = 0; round < 16; round += 1) {
      const record = this.volumes.get(volume) as VolumeRecord;
      const holderCount = this.attachments.get(volume)?.holders.length ?? 0;
      const answer = (key: string) => answers.get(key) ?? null;
      const { state, effects } = stepVolume(record, { holderCount, answer }, envAt(nowMs));
      this.volumes.set(volume, state);
      if (state !== record) continue;
      if (effects.length === 0) return;
      for (const { key, kind } of effects) {
        answers.set(key, { atMs: nowMs, reply: accepted({}) });
        this.onEffect(`storage ${kind} ${volume}`);
      }
      return;
    }
    throw new Error(`volume ${volume} does not come to rest`);
  }

  private runAttachment(volume: string, nowMs: number): void {
    const answers = this.answersOf(`attachment/${volume}`);
    for (let round = 0; round < 32; round += 1) {
      const record = this.attachments.get(volume) as AttachmentRecord;
      const facts = {
        ...this.floorsOf(volume),
        targets: this.targets.get(volume) ?? new Set<number>(),
        canSeal: () => true,
        answer: (key: string) => answers.get(key) ?? null,
      };
      const { state, effects } = stepAttachment(record, facts, envAt(nowMs));
      this.attachments.set(volume, state);
      if (state !== record) continue;
      if (effects.length === 0) return;
      for (const effect of effects) {
        this.perform(volume, effect);
        answers.set(effect.key, { atMs: nowMs, reply: accepted({}) });
        this.onEffect(`storage ${effect.key} ${volume}`);
      }
      // A restart in between has lost what was answered; the next round asks again.
      if (this.answersOf(`attachment/${volume}`) !== answers) return;
    }
    throw new Error(`attachment ${volume} does not come to rest`);
  }

  private perform(volume: string, effect: AttachmentEffect): void {
    const targets = this.targets.get(volume) ?? new Set<number>();
    this.targets.set(volume, targets);
    if (effect.kind === 'open') targets.add(effect.holder.generation);
    else if (effect.kind === 'delete') targets.delete(effect.generation);
    else {
      raise(this.floors.volumes, volume, effect.generation);
      raise(this.floors.hosts, effect.host, effect.hostEpoch);
    }
  }

  private floorsOf(volume: string) {
    return {
      volumeFloor: this.floors.volumes.get(volume) ?? 0,
      hostFloor: (host: string) => this.floors.hosts.get(host) ?? 0,
    };
  }

  private answersOf(key: string): Answers {
    const known = this.answers.get(key) ?? (new Map() as Answers);
    this.answers.set(key, known);
    return known;
  }

  private take<T>(
    records: Map<string, T>,
    key: string,
    { change, reply }: { change: T | null; reply: Reply<unknown> },
  ): Reply<unknown> {
    if (change) records.set(key, change);
    return reply;
  }
}

function raise(floors: Map<string, number>, key: string, value: number | null): void {
  if (value !== null) floors.set(key, Math.max(value, floors.get(key) ?? 0));
}

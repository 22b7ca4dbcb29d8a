/** The twin of the storage service's shell: starts closed, keeps floors durable, answers when a thing is proven. */
import {
  accepted, refused, storageDeafAfterMs,
  type AttachmentRecord,
  type ClusterRecord,
  type Holder, type Observed, type Reply, type Transition, type VolumeRecord,
} from '@holdfast/contracts';
import { randomStream, type Env } from '@holdfast/kernel';
import {
  admitAttach,
  admitDetach,
  admitVolumeCreate,
  admitVolumeDelete,
  deletedFloor,
  isBelowFloors,
  stepAttachment,
  stepVolume,
  type AttachmentEffect,
  type VolumeEffect,
} from '@holdfast/storage/core';
import type { Size } from '../check/bounds.js';
import { Process, type Machine } from '../engine/process.js';
import { HeardBySender, type Heard } from '../engine/pulse.js';
import type { Bus } from '../world/bus.js';
import type { DurableFloors, TargetStore } from '../world/target-store.js';
import type { Plant } from './plant.js';
import { startAll, TwinProjection, type Entry } from './projection.js';
import { ProjectionIndex } from './projection-index.js';
import { HostRevocation, type RevokeRequest } from './host-revocation.js';
import { TwinLeases, type CloseRequest } from './leases.js';
import { beginAttachment, TwinRestored } from './restored.js';
import { TwinRunner, type RunnerCounts, type TwinMachine } from './runner.js';
import {
  daemonHangs, floorsFor, floorsIn, goneWithVolume, openedBy, publishPools, reopened, TargetsSeen, Waiting,
  withRaised,
  type PoolSpec, type FloorsOf,
} from './storage-parts.js';
import { TargetWork } from './target-work.js';
import { VolumeWork, type NameRequest } from './volume-work.js';

const lookAtTargetsMs = 2000;
const publishPoolMs = 10_000;
const proofTimeoutMs = 5000;
const random = randomStream('storage');

export interface StorageParts {
  machine: Machine;
  bus: Bus;
  store: TargetStore;
  pools: readonly PoolSpec[];
  incarnation: string;
  counts: RunnerCounts;
  published(key: string, transition: Transition): void;
  planted: Plant;
}

type AttachRequest = Parameters<typeof admitAttach>[1] & { incarnation: string };
type DetachRequest = Parameters<typeof admitDetach>[1] & { incarnation: string; volume: string };
type VolumeRequest = Parameters<typeof admitVolumeCreate>[1] & { incarnation: string };
type Answer = (reply: Reply<unknown>) => void;

export class TwinStorage {
  readonly process: Process;
  /** That of its configuration when it was started. */
  private incarnation = '';
  private clusters!: TwinProjection<ClusterRecord>;
  private volumes!: TwinProjection<VolumeRecord>;
  private attachments!: TwinProjection<AttachmentRecord>;
  private attachmentsByHost!: ProjectionIndex<AttachmentRecord>;
  private volumeWork!: VolumeWork;
  private observed!: TwinProjection<Observed>;
  private volumeRunner!: TwinRunner<VolumeRecord, VolumeEffect>;
  private attachmentRunner!: TwinRunner<AttachmentRecord, AttachmentEffect>;
  private floors: DurableFloors = { volumes: {}, hosts: {} };
  private targets!: TargetsSeen;
  private targetWork!: TargetWork;
  private waiting!: Waiting;
  private restored!: TwinRestored;
  private revocation!: HostRevocation;
  private heard!: HeardBySender<null>;
  private leases!: TwinLeases;
  private isOpen = false;

  constructor(private readonly parts: StorageParts) {
    this.process = new Process(parts.machine, `storage/${parts.machine.name}`);
  }

  start(): void {
    const { process, parts } = this;
    const { bus } = parts;
    process.start();
    this.incarnation = parts.incarnation;
    this.isOpen = false;
    this.heard = new HeardBySender(parts.machine, storageDeafAfterMs);
    if (parts.planted.forgetsFloors) parts.store.floors = { volumes: {}, hosts: {} };
    this.floors = parts.store.floors;
    this.clusters = new TwinProjection<ClusterRecord>(process, bus.bucket('cluster'));
    this.volumes = new TwinProjection<VolumeRecord>(process, bus.bucket('volumes'));
    this.attachments = new TwinProjection<AttachmentRecord>(process, bus.bucket('attachments'));
    this.attachmentsByHost = new ProjectionIndex(this.attachments, ({ holders }) => holders.map(({ host }) => host));
    this.volumeWork = new VolumeWork(process, parts, this.volumes, this.attachments);
    this.observed = new TwinProjection<Observed>(process, bus.bucket('observed'));
    const { clusters, volumes, attachments, incarnation, heard } = this;
    const raise = (change: Partial<DurableFloors>, done: () => void): void => this.raise(change, done);
    this.leases = new TwinLeases({ process, node: parts.machine.name, heard, floors: () => this.floors, raise });
    this.restored = new TwinRestored(
      { node: parts.machine.name, incarnation, store: parts.store, raise },
      { clusters, volumes, attachments },
    );
    this.waiting = new Waiting(process, proofTimeoutMs);
    this.attachments.onChange(() => this.waiting.look());
    this.targets = new TargetsSeen(parts.store);
    this.targetWork = new TargetWork({
      process,
      store: parts.store,
      planted: parts.planted,
      seal: ({ host, iqn }, done) =>
        bus.bucket<{ iqn: string }>('secrets').put(process, host, { iqn }, ({ ok }) => done(ok)),
      mayOpen: (volume, holder) => this.mayOpen(volume, holder),
      changed: () => this.targets.refresh(),
    });
    const rank = (): number => 0;
    const { counts, planted } = parts;
    const { runner } = planted;
    this.volumeRunner = new TwinRunner(this.volumeMachine(), this.volumes, process, rank, counts, runner);
    this.attachmentRunner = new TwinRunner(this.attachmentMachine(), this.attachments, process, rank, counts, runner);
    this.revocation = new HostRevocation({
      process,
      node: parts.machine.name,
      held: this.attachmentsByHost,
      runner: this.attachmentRunner,
      waiting: this.waiting,
      restored: this.restored,
      planted: parts.planted,
      floors: () => this.floors,
      raise,
      env: () => this.env(),
    });
    bus.serve('storage', parts.machine.name, {
      process,
      handle: (name, request, reply) => this.handle(name, request, reply),
    });
    startAll([this.clusters, this.volumes, this.attachments, this.observed], () => {
      this.targets.refresh();
      this.isOpen = true;
      this.attachments.onChange((volume) => this.volumeRunner.poke(volume));
      this.observed.onChange((host) => this.pokeOpeningTo(host));
      this.clusters.onChange(() => {
        this.attachmentRunner.pokeAll();
        this.restored.sweep();
      });
      this.volumeRunner.start();
      this.attachmentRunner.start();
      this.lookAtTargets();
      this.publishPool();
    });
  }

  /** A beat of that host came on the storage network, and is acknowledged; null when nobody is there to hear it. */
  hear(host: string, epoch: number): { heard: Heard<null>; epochFloor: number } | null {
    if (!this.process.alive || this.process.isFrozen) return null;
    return { heard: this.leases.hear(host, epoch), epochFloor: this.floors.hosts[host] ?? 0 };
  }

  *sizes(): Iterable<Size> {
    const { process, waiting, targetWork } = this;
    if (!process.alive) return;
    yield* this.volumeRunner.sizes(`${process.name} (volumes)`);
    yield* this.attachmentRunner.sizes(`${process.name} (attachments)`);
    yield* waiting.sizes(process.name);
    yield* targetWork.sizes(process.name);
  }

  private handle(name: string, request: unknown, reply: Answer): void {
    if (name === 'host-view') this.hostView((request as { host: string }).host, reply);
    else if (!this.isOpen) reply(refused('unavailable', 'this storage node is starting'));
    else if ((request as { incarnation: string }).incarnation !== this.incarnation) {
      reply(refused('stale', "not this cluster's incarnation"));
    } else if (name === 'floors') this.revocation.floorsOf((request as { host: string }).host, reply);
    else if (name === 'lease-close') this.leases.close(request as CloseRequest, reply);
    else if (name === 'revoke-host') this.revocation.revoke(request as RevokeRequest, reply);
    else if (name === 'volume-create') this.createVolume(request as VolumeRequest, reply);
    else if (name === 'volume-delete') {
      const { volume } = request as { volume: string };
      const remove = (): void =>
        this.volumeRunner.change(volume, (known) => admitVolumeDelete(known, this.env()), reply);
      if (this.volumes.get(volume)) remove();
      else this.raise({ volumes: { [volume]: deletedFloor } }, remove);
    } else this.changeAccess(name, request as AttachRequest & DetachRequest, reply);
  }

  private changeAccess(name: string, request: AttachRequest & DetachRequest, reply: Answer): void {
    const refusal = this.restored.refuse(request.volume);
    if (refusal) reply(refusal);
    else if (name === 'attach') this.attach(request, reply);
    else if (name === 'detach') this.detach(request, reply);
    else this.nameVolume(request, reply);
  }

  private nameVolume(request: NameRequest, reply: Answer): void {
    const { volumeRunner: volumes, attachmentRunner: attachments } = this;
    this.volumeWork.name(request, { volumes, attachments, env: () => this.env() }, reply);
  }

  private createVolume({ incarnation: _, ...asked }: VolumeRequest, reply: Answer): void {
    const source = this.volumeWork.sourceOf(asked);
    const at = () => ({ node: this.parts.machine.name, ...this.floorsOf(asked.volume), source });
    this.volumeRunner.change(asked.volume, (known) => admitVolumeCreate(known, asked, at(), this.env()), reply);
  }

  private attach(request: AttachRequest, reply: Answer): void {
    const { volume, generation, host } = request;
    const planted = this.parts.planted;
    const at = {
      volume: this.volumes.value(volume),
      isCopied: this.volumeWork.isCopied(volume),
      portal: { address: this.parts.machine.name, port: 3260 },
      floors: planted.checksNoFloor ? { volumeFloor: 0, hostFloor: () => 0 } : this.floorsOf(volume),
    };
    this.attachmentRunner.change(
      volume,
      (record) => {
        const seen = planted.checksNoFloor && record ? { ...record, newest: 0 } : record;
        const admission = admitAttach(seen, request, at, this.env());
        if (!planted.keepsOlderHolders || !admission.change) return admission;
        return { ...admission, change: { ...admission.change, holders: reopened(admission.change.holders) } };
      },
      (answer) => {
        if (!answer.ok) {
          reply(answer);
          return;
        }
        const find = (): Holder | undefined =>
          this.attachments
            .value(volume)
            ?.holders.find((holder) => holder.generation === generation && holder.host === host);
        const isDecided = (): boolean => find()?.phase !== 'opening';
        this.waiting.until(isDecided, () => {
          const holder = find();
          if (holder?.phase === 'open') reply(accepted({ holder }));
          else if (holder) reply(refused('unavailable', `volume ${volume} is not open yet`));
          else reply(refused('stale', `generation ${generation} was shut out again`));
        });
      },
    );
  }

  private detach(request: DetachRequest, reply: Answer): void {
    const { volume, floor, only } = request;
    this.attachmentRunner.change(
      volume,
      (record) => admitDetach(record, request, this.env(), this.volumes.value(volume)),
      (answer) => {
        if (!answer.ok) {
          reply(answer);
          return;
        }
        const isLeft = (holder: Holder): boolean =>
          only === null ? holder.generation < floor : holder.generation === only;
        const isFree = (): boolean => !(this.attachments.value(volume)?.holders ?? []).some(isLeft);
        this.waiting.until(isFree, (held) => {
          if (held) reply(accepted({ provenAtMs: this.process.nowMs() }));
          else reply(refused('unavailable', 'its revocation is not proven yet'));
        });
      },
    );
  }

  private hostView(host: string, reply: Answer): void {
    reply(accepted({ node: this.parts.machine.name, ...this.heard.viewOf(host), sessions: 0 }));
  }

  private volumeMachine(): TwinMachine<VolumeRecord, VolumeEffect> {
    return {
      noun: 'volume',
      identity: ({ volume }) => volume,
      isGone: ({ state }) => state === 'deleted',
      publish: (key, _state, transition) => this.parts.published(key, transition),
      step: ({ key, value }, answer) => {
        if (value.node !== this.parts.machine.name) return { state: value, effects: [], wakeAtMs: null };
        const holderCount = this.attachments.value(key)?.holders.length ?? 0;
        const { reconciles } = this.restored;
        const { volumeFloor } = this.floorsOf(key);
        const copies = this.volumeWork.factsOf(key, value);
        return stepVolume(value, { holderCount, volumeFloor, ...copies, reconciles, answer }, this.env());
      },
      perform: (effect, entry, done) => this.performVolume(effect, entry, done),
    };
  }

  private performVolume(effect: VolumeEffect, entry: Entry<VolumeRecord>, done: Answer): void {
    const { key, value } = entry;
    const { kind } = effect;
    if (kind === 'take-up') {
      done(this.restored.takeUp(key, () => beginAttachment(this.attachmentRunner, value, this.env())));
      return;
    }
    const act = (answer: Answer): void => this.changeVolume(kind, entry, answer);
    const about = { kind: `${kind} volume`, key, travels: false };
    const go = (): void => this.process.perform({ ...about, act, unanswered: daemonHangs }, done);
    if (kind === 'create') go();
    else this.raise({ volumes: { [key]: deletedFloor } }, go);
  }

  private changeVolume(kind: 'create' | 'delete', { key, value }: Entry<VolumeRecord>, done: Answer): void {
    this.volumeWork.change(kind, key, value, (reply) => {
      if (!reply.ok || kind === 'create' || !this.attachments.get(key)) {
        done(reply);
        return;
      }
      this.attachmentRunner.change(key, (record) => goneWithVolume(record, this.env()), done);
    });
  }

  private attachmentMachine(): TwinMachine<AttachmentRecord, AttachmentEffect> {
    return {
      noun: 'attachment',
      identity: ({ volume }) => volume,
      isGone: ({ state }) => state === 'gone',
      publish: (key, _state, transition) => this.parts.published(key, transition),
      step: ({ key, value }, answer) => {
        const isOthers = value.node !== this.parts.machine.name || value.state === 'gone';
        if (isOthers) return { state: value, effects: [], wakeAtMs: null };
        const facts = {
          ...this.floorsOf(key),
          used: this.floors.openedVolumes?.[key] ?? 0,
          reconciles: this.restored.reconciles,
          targets: this.targets.generations(key),
          canSeal: (host: string) => this.observed.get(host) !== null,
          answer,
        };
        return stepAttachment(value, facts, this.env());
      },
      perform: (effect, { key }, done) => this.performAttachment(effect, key, done),
    };
  }

  private performAttachment(effect: AttachmentEffect, volume: string, done: Answer): void {
    if (effect.kind === 'raise-floors') {
      this.raise(floorsIn(effect, volume), () => done(accepted({})));
      return;
    }
    const go = (): void => this.targetWork.perform(effect, volume, done);
    if (effect.kind === 'delete') go();
    else this.raise(openedBy(effect.holder, volume), go);
  }

  /** Looked at once more in the very moment of opening: what was asked for may have been revoked meanwhile. */
  private mayOpen(volume: string, holder: Holder): boolean {
    if (this.parts.planted.opensRevoked) return true;
    const { generation } = holder;
    const still = this.attachments
      .value(volume)
      ?.holders.some((each) => each.generation === generation && each.phase === 'opening');
    return still === true && !isBelowFloors(holder, this.floorsOf(volume));
  }

  /** On disk when it calls back. */
  private raise(change: Partial<DurableFloors>, done: () => void): void {
    const { store } = this.parts;
    const act = (stored: (result: null) => void): void =>
      void this.process.after(2, () => {
        this.floors = store.floors = withRaised(store.floors, change);
        // Its next heartbeat brings it news.
        for (const host of Object.keys(change.hosts ?? {})) this.heard.get(host)?.wake();
        stored(null);
      });
    const key = [...Object.keys(change.volumes ?? {}), ...Object.keys(change.hosts ?? {})].join(' ');
    this.process.perform({ kind: 'raise floors of', key, act, travels: false }, done);
  }

  private readonly floorsOf = (volume: string): FloorsOf => floorsFor(this.floors, volume);

  /** A host that reports can be given its secrets: what waits for that goes on. */
  private pokeOpeningTo(host: string): void {
    for (const { volume, holders } of this.attachmentsByHost.values(host)) {
      const isOpening = holders.some((holder) => holder.host === host && holder.phase === 'opening');
      if (isOpening) this.attachmentRunner.poke(volume);
    }
  }

  private lookAtTargets(): void {
    this.process.after(lookAtTargetsMs, () => {
      // Planted bug: nor does it look at what has come of that.
      if (this.targets.look() && !this.parts.planted.opensRevoked) this.attachmentRunner.pokeAll();
      this.restored.sweep();
      this.lookAtTargets();
    });
  }

  private publishPool(): void {
    publishPools(this.parts.bus, this.process, this.parts.pools, this.parts.store.volumes.images);
    this.process.after(publishPoolMs, () => this.publishPool());
  }

  private env(): Env {
    return { nowMs: this.process.nowMs(), random, incarnation: this.incarnation };
  }
}

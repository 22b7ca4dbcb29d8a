import type { Bus, Entry } from '@holdfast/bus';
import {
  accepted,
  attachments,
  clusters,
  hostView,
  observed,
  refused,
  volumes,
  type AttachmentRecord,
  type leaseClose,
  type Holder,
  type Reply,
  type VolumeRecord,
} from '@holdfast/contracts';
import { randomStream, unreachable, type Env } from '@holdfast/kernel';
import {
  MachineRunner,
  Projection,
  SerialQueue,
  type Clock,
  type Machine,
  type RunnerLog,
} from '@holdfast/runtime';
import {
  admitAttach,
  admitDetach,
  isBelowFloors,
  stepAttachment,
  type AttachmentEffect,
} from './core/index.js';
import { AckKeys } from './ack-keys.js';
import { FollowVolume } from './follow-volume.js';
import { HostListener } from './host-listener.js';
import { HostRevocation, type RevokeRequest } from './host-revocation.js';
import { noFloors, type Floors, type FloorStore, type TargetStore } from './ports.js';
import { Restored } from './restored.js';
import { PoolRecordPublisher } from './pool-record.js';
import { ChapSecrets } from './secrets.js';
import { seenWithin } from './seen-within.js';
import { TargetView } from './target-view.js';
import { asReply, Volumes } from './volumes.js';

const lookAtTargetsMs = 2000;
/** A request that waits for proof is answered by then, proven or not; its caller asks again. */
const proofTimeoutMs = 5000;

export interface StorageDeps {
  bus: Bus;
  clock: Clock;
  log: RunnerLog;
  incarnation: string;
  store: TargetStore;
  floors: FloorStore;
  pool: string;
  chapKeyFile: string;
  heartbeat: { address: string; port: number };
}

type AttachRequest = Parameters<typeof admitAttach>[1] & { incarnation: string };
type DetachRequest = Parameters<typeof admitDetach>[1] & { incarnation: string; volume: string };
type NameRequest = Parameters<Volumes['name']>[0] & { incarnation: string };
type VolumeRequest = Parameters<Volumes['create']>[0] & { incarnation: string };

/** The judge on one storage node: the thin shell around volumes and attachments. */
export class Storage {
  private readonly projections;
  private readonly targets: TargetView;
  private readonly listener: HostListener;
  private ackKeys: AckKeys | null = null;
  /** Opening and deleting targets of one volume never overlap. */
  private readonly targetWork = new SerialQueue();
  private readonly poolRecord: PoolRecordPublisher;
  private readonly volumes: Volumes;
  private readonly attachmentRunner: MachineRunner<AttachmentRecord, AttachmentEffect>;
  private readonly restored: Restored;
  private readonly revocation: HostRevocation;
  private floors: Floors = noFloors;
  private secrets: ChapSecrets | null = null;
  private cancelLook: () => void = () => {};
  /** Closed until the floors are loaded and the targets listed: before that nothing can be judged. */
  private isOpen = false;

  constructor(private readonly deps: StorageDeps) {
    const { bus, clock, log, store } = deps;
    this.projections = {
      clusters: new Projection(bus, clusters),
      volumes: new Projection(bus, volumes),
      attachments: new Projection(bus, attachments),
      observed: new Projection(bus, observed),
    };
    this.targets = new TargetView(store);
    this.listener = new HostListener(clock, {
      node: bus.node,
      epochFloor: (host) => this.floors.hosts[host] ?? 0,
      ackKey: (host) => this.secrets?.ackKey(host) ?? null,
    });
    const raise = (change: Partial<Floors>): Promise<void> => this.raise(change);
    const floorOf = (volume: string): number => this.floorsOf(volume).volumeFloor;
    this.restored = new Restored({ ...deps, floorOf, raise }, this.projections, this.targets);
    this.poolRecord = new PoolRecordPublisher(deps, () => this.restored.unknownVolumes());
    // Storage runs once on each node and is the only one to act here, so nobody else is waited for.
    const options = { clock, log, rank: () => 0 };
    const { volumes: volumeRecords, attachments: attachmentRecords } = this.projections;
    this.attachmentRunner = new MachineRunner(this.attachmentMachine(), attachmentRecords, bus, options);
    this.revocation = new HostRevocation({
      node: bus.node,
      clock,
      attachments: attachmentRecords,
      runner: this.attachmentRunner,
      restored: this.restored,
      floors: () => this.floors,
      raise,
      renewedAgoMs: (host) => this.listener.renewedAgoMs(host),
      until: (condition) => this.until(condition),
      env: () => this.env(),
    });
    const follow = new FollowVolume(this.attachmentRunner, this.projections, () => this.env());
    const attached = {
      holderCount: (volume: string) => attachmentRecords.value(volume)?.holders.length ?? 0,
      isOpen: (volume: string) =>
        attachmentRecords.value(volume)?.holders.some(({ phase }) => phase === 'open') === true,
      newest: (volume: string) => attachmentRecords.value(volume)?.newest ?? 0,
      forget: (volume: string) => follow.forget(volume),
      rename: (volume: string) => follow.rename(volume),
      reconciles: () => this.restored.reconciles,
      takeUp: (volume: VolumeRecord) => this.restored.takeUp(volume.volume, () => follow.begin(volume)),
    };
    this.volumes = new Volumes(deps, volumeRecords, attached, {
      of: floorOf,
      raise: (volume, floor) => raise({ volumes: { [volume]: floor } }),
    });
  }

  /** Floors first: without them the node stays closed. */
  async start(): Promise<void> {
    const { bus, log, heartbeat, chapKeyFile, floors } = this.deps;
    this.floors = await floors.load();
    this.secrets = await ChapSecrets.load(chapKeyFile, bus);
    this.ackKeys = new AckKeys(this.projections.observed, this.secrets, log);
    await Promise.all(Object.values(this.projections).map((projection) => projection.start()));
    await this.targets.refresh();
    this.isOpen = true;
    const heartbeatPort = await this.listener.start(heartbeat.address, heartbeat.port);
    this.projections.attachments.onChange((volume) => this.volumes.poke(volume));
    this.projections.observed.onChange((host) => this.pokeOpeningTo(host));
    this.projections.clusters.onChange(() => {
      this.attachmentRunner.pokeAll();
      void this.restored.sweep();
    });
    this.volumes.start();
    this.attachmentRunner.start();
    this.lookAtTargets();
    await this.poolRecord.start(heartbeatPort);
  }

  async stop(): Promise<void> {
    this.cancelLook();
    this.volumes.stop();
    this.attachmentRunner.stop();
    this.listener.stop();
    this.poolRecord.stop();
    await Promise.all(Object.values(this.projections).map((projection) => projection.close()));
  }

  get ready(): boolean {
    return this.isOpen && this.targets.available;
  }

  targetCount(): number {
    return this.targets.all.length;
  }

  async createVolume(request: VolumeRequest): Promise<Reply<{ state: VolumeRecord['state'] }>> {
    const { incarnation, ...volume } = request;
    return this.refuseForeign(incarnation) ?? (await this.volumes.create(volume));
  }

  async deleteVolume(request: {
    incarnation: string;
    volume: string;
  }): Promise<Reply<{ state: VolumeRecord['state'] }>> {
    return this.refuseForeign(request.incarnation) ?? (await this.volumes.remove(request.volume));
  }

  async nameVolume(request: NameRequest): Promise<Reply<{ vm: string }>> {
    const { incarnation, ...named } = request;
    return this.refuseForeign(incarnation) ?? this.restored.refuse(named.volume) ?? (await this.volumes.name(named));
  }

  async attach(request: AttachRequest): Promise<Reply<{ holder: Holder }>> {
    const foreign = this.refuseForeign(request.incarnation) ?? this.restored.refuse(request.volume);
    if (foreign) return foreign;
    const { volume, generation, host } = request;
    const reply = await this.attachmentRunner.change(volume, (record) =>
      admitAttach(
        record,
        request,
        {
          volume: this.projections.volumes.value(volume),
          isCopied: this.volumes.isCopied(volume),
          floors: this.floorsOf(volume),
          portal: this.deps.store.portal,
        },
        this.env(),
      ),
    );
    if (!reply.ok) return reply;
    const find = (): Holder | undefined =>
      this.projections.attachments
        .value(volume)
        ?.holders.find((holder) => holder.generation === generation && holder.host === host);
    await this.until(() => {
      const holder = find();
      return !holder || holder.phase !== 'opening';
    });
    const holder = find();
    if (holder?.phase === 'open') return accepted({ holder });
    if (!holder) return refused('stale', `generation ${generation} was shut out again`);
    return refused('unavailable', `volume ${volume} is not open to ${host} yet`);
  }

  async detach(request: DetachRequest): Promise<Reply<{ provenAtMs: number }>> {
    const foreign = this.refuseForeign(request.incarnation) ?? this.restored.refuse(request.volume);
    if (foreign) return foreign;
    const { volume, floor, only } = request;
    const reply = await this.attachmentRunner.change(volume, (record) =>
      admitDetach(record, request, this.env(), this.projections.volumes.value(volume)),
    );
    if (!reply.ok) return reply;
    const isLeft = (holder: Holder): boolean =>
      only === null ? holder.generation < floor : holder.generation === only;
    const isGone = (): boolean =>
      !(this.projections.attachments.value(volume)?.holders ?? []).some(isLeft);
    if (await this.until(isGone)) return accepted({ provenAtMs: this.deps.clock.nowMs() });
    return refused('unavailable', `volume ${volume}: its revocation is not proven yet`);
  }

  async revokeHost(request: RevokeRequest & { incarnation: string }): ReturnType<HostRevocation['revoke']> {
    return this.refuseForeign(request.incarnation) ?? (await this.revocation.revoke(request));
  }

  async closeLease(request: typeof leaseClose.request._output): ReturnType<HostRevocation['closeLease']> {
    const { incarnation, host, epochFloor } = request;
    return this.refuseForeign(incarnation) ?? (await this.revocation.closeLease(host, epochFloor));
  }

  floorsOfHost(request: { incarnation: string; host: string }): Reply<{ node: string; hostEpoch: number }> {
    return this.refuseForeign(request.incarnation) ?? this.revocation.floorsOf(request.host);
  }

  hostView(host: string): Reply<typeof hostView.value._output> {
    const { listener } = this;
    const held = this.holders().filter((holder) => holder.host === host);
    const sessions = this.targets.sessionsOf(new Set(held.map(({ iqn }) => iqn)));
    const heardAgoMs = listener.heardAgoMs(host);
    return accepted({ node: this.deps.bus.node, heardAgoMs, hearsForMs: listener.hearsForMs(), sessions });
  }

  private refuseForeign(incarnation: string): Reply<never> | null {
    if (!this.isOpen) return refused('unavailable', 'this storage node is starting');
    if (incarnation === this.deps.incarnation) return null;
    return refused('stale', `incarnation ${incarnation} is not this cluster's`);
  }

  private async raise(change: Partial<Floors>): Promise<void> {
    this.floors = await this.deps.floors.raise(change);
  }

  private attachmentMachine(): Machine<AttachmentRecord, AttachmentEffect> {
    return {
      noun: 'attachment',
      contract: attachments,
      identity: ({ volume }) => volume,
      isGone: ({ state }) => state === 'gone',
      step: ({ key, value }, answer) => {
        if (value.node !== this.deps.bus.node || value.state === 'gone') {
          return { state: value, effects: [], wakeAtMs: null };
        }
        const facts = {
          ...this.floorsOf(key),
          used: this.floors.openedVolumes[key] ?? 0,
          reconciles: this.restored.reconciles,
          targets: this.targets.generations(key),
          canSeal: (host: string) => this.projections.observed.get(host) !== null,
          answer,
        };
        return stepAttachment(value, facts, this.env());
      },
      perform: (effect, entry) => this.performAttachment(effect, entry),
    };
  }

  private async performAttachment(
    effect: AttachmentEffect,
    { key: volume }: Entry<AttachmentRecord>,
  ): Promise<Reply<unknown>> {
    switch (effect.kind) {
      case 'raise-floors': {
        const { generation, host, hostEpoch } = effect;
        await this.raise({
          ...(generation === null ? {} : { volumes: { [volume]: generation } }),
          ...(hostEpoch === null ? {} : { hosts: { [host]: hostEpoch } }),
        });
        return accepted({});
      }
      case 'delete': {
        return await this.targetWork.run(volume, async () => {
          const { store } = this.deps;
          const reply = await asReply(() => store.deleteTarget(volume, effect.generation));
          await this.targets.refresh();
          return reply;
        });
      }
      case 'open':
        return await this.open(volume, effect.holder);
      default:
        return unreachable(effect, 'the effect');
    }
  }

  /** The password goes to the host's sealed records first, then the target opens, if it still may. */
  private async open(volume: string, holder: Holder): Promise<Reply<unknown>> {
    const host = this.projections.observed.value(holder.host);
    if (!host || !this.secrets) return refused('unavailable', `${holder.host} has not reported its key`);
    const isLive = (live: string): boolean => this.holders().some((each) => each.iqn === live);
    await this.secrets.seal(holder, host.sealKey, isLive);
    const { generation, iqn, chapUser } = holder;
    const chapPassword = this.secrets.password(iqn);
    const initiatorAddress = host.addresses.storage;
    const target = { volume, generation, iqn, initiatorAddress, chapUser, chapPassword };
    // Noted first: a number that was opened once is known for ever, also if every record of it is lost.
    await this.raise({ openedVolumes: { [volume]: generation }, openedHosts: { [holder.host]: holder.hostEpoch } });
    return await this.targetWork.run(volume, async () => {
      const still = this.projections.attachments
        .value(volume)
        ?.holders.some((each) => each.generation === generation && each.phase === 'opening');
      if (!still || isBelowFloors(holder, this.floorsOf(volume))) {
        return refused('stale', `generation ${generation} was shut out while it was being opened`);
      }
      const reply = await asReply(() => this.deps.store.openTarget(target));
      await this.targets.refresh();
      return reply;
    });
  }

  private holders(): Holder[] {
    return this.projections.attachments.values().flatMap((record) => record.holders);
  }

  private floorsOf(volume: string): { volumeFloor: number; hostFloor(host: string): number } {
    return {
      volumeFloor: this.floors.volumes[volume] ?? 0,
      hostFloor: (host) => this.floors.hosts[host] ?? 0,
    };
  }

  /** A host that reports can be given its secrets: what waits for that goes on. */
  private pokeOpeningTo(host: string): void {
    this.ackKeys?.offer(host);
    for (const { volume, holders } of this.projections.attachments.values()) {
      const isOpening = holders.some((holder) => holder.host === host && holder.phase === 'opening');
      if (isOpening) this.attachmentRunner.poke(volume);
    }
  }

  /** A target daemon that restarted has forgotten its targets; that must not go unnoticed. */
  private lookAtTargets(): void {
    const look = async (): Promise<void> => {
      if (await this.targets.look()) this.attachmentRunner.pokeAll();
      await this.restored.sweep();
      this.ackKeys?.offerAll();
      this.lookAtTargets();
    };
    this.cancelLook = this.deps.clock.after(lookAtTargetsMs, () => void look());
  }

  private until(condition: () => boolean): Promise<boolean> {
    return seenWithin(proofTimeoutMs, condition, this.projections.attachments, this.deps.clock);
  }

  private env(): Env {
    const { clock, incarnation } = this.deps;
    return { nowMs: clock.nowMs(), random: randomStream('storage'), incarnation };
  }
}

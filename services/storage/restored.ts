import type { Bus } from '@holdfast/bus';
import {
  accepted,
  armingOf,
  clusterKey,
  refused,
  type AttachmentRecord,
  type ClusterRecord,
  type Reply,
  type VolumeRecord,
} from '@holdfast/contracts';
import type { Clock, Projection, RunnerLog } from '@holdfast/runtime';
import { deletedFloor } from './core/index.js';
import { TargetStoreError, type Floors, type TargetState, type TargetStore } from './ports.js';
import type { TargetView } from './target-view.js';

const listedForMs = 5000;
const maxUnknown = 1000;

/**
 * What a storage node does when its records come from a backup: it knows better than they do who was given access
 * since. Nothing is touched before a person has armed the cluster; data that no record names is never touched.
 */
export class Restored {
  private listing: { atMs: number; volumes: Promise<Set<string>> } | null = null;

  constructor(
    private readonly deps: {
      bus: Bus;
      clock: Clock;
      log: RunnerLog;
      incarnation: string;
      store: TargetStore;
      floorOf(volume: string): number;
      raise(change: Partial<Floors>): Promise<void>;
    },
    private readonly records: {
      clusters: Projection<ClusterRecord>;
      volumes: Projection<VolumeRecord>;
      attachments: Projection<AttachmentRecord>;
    },
    private readonly targets: TargetView,
  ) {}

  /** Records from a backup may be taken up. */
  get reconciles(): boolean {
    return armingOf(this.records.clusters.value(clusterKey), this.deps.incarnation).reconciles;
  }

  /** Until its records are taken up nobody gets access to a volume, nor loses it. */
  refuse(volume: string): Reply<never> | null {
    const { volumes, attachments } = this.records;
    const records = [volumes.value(volume), attachments.value(volume)];
    if (records.every((record) => record === null || record.incarnation === this.deps.incarnation)) return null;
    return refused('unavailable', `the record of ${volume} comes from a backup and is not taken up yet`);
  }

  /** Nobody has access here that the records of this incarnation do not name: only then a revocation is whole. */
  get isSettled(): boolean {
    const { clusters, attachments } = this.records;
    const cluster = clusters.value(clusterKey);
    const isOwn = cluster?.incarnation === this.deps.incarnation;
    if (isOwn && cluster.restoredAtMs === null) return true;
    const own = attachments.values().filter(({ node, state }) => node === this.deps.bus.node && state === 'active');
    if (own.some(({ incarnation }) => incarnation !== this.deps.incarnation)) return false;
    if (!isOwn) return cluster === null;
    return this.targets.available && this.targets.all.every((target) => this.isNamed(target));
  }

  /** Answers whether its data is there, once the record of who has access was taken up. */
  async takeUp(volume: string, begin: () => Promise<void>): Promise<Reply<{ isThere: boolean; isDeleted: boolean }>> {
    const attachment = this.records.attachments.value(volume);
    if (attachment === null) await begin();
    if (attachment?.incarnation !== this.deps.incarnation && attachment?.state !== 'gone') {
      return refused('unavailable', `who had access to ${volume} is not settled yet`);
    }
    try {
      const isThere = (await this.volumesHere()).has(volume);
      return accepted({ isThere, isDeleted: this.deps.floorOf(volume) === deletedFloor });
    } catch (error) {
      if (!(error instanceof TargetStoreError)) throw error;
      return refused('unavailable', error.message);
    }
  }

  /** Targets of volumes that no record names: access is taken back for ever, the data stays. */
  async sweep(): Promise<void> {
    const { deps, records } = this;
    const cluster = records.clusters.value(clusterKey);
    if (!this.reconciles || cluster?.restoredAtMs == null) return;
    const strangers = this.targets.all.filter(({ volume }) => !records.attachments.get(volume));
    for (const { volume, generation } of strangers) {
      try {
        await deps.raise({ volumes: { [volume]: generation + 1 } });
        await deps.store.deleteTarget(volume, generation);
        deps.log.warn({ volume, generation }, 'a target that no record names is gone; its volume stays');
      } catch (error) {
        if (!(error instanceof TargetStoreError)) throw error;
        deps.log.warn({ volume, generation, err: error }, 'a target that no record names could not be deleted yet');
      }
    }
    if (strangers.length > 0) await this.targets.refresh();
  }

  /** Volumes with data and without a record, for people to look at. */
  async unknownVolumes(): Promise<string[]> {
    if (this.records.clusters.value(clusterKey)?.restoredAtMs == null) return [];
    const here = await this.volumesHere();
    return [...here].filter((volume) => !this.records.volumes.get(volume)).slice(0, maxUnknown);
  }

  private volumesHere(): Promise<Set<string>> {
    const nowMs = this.deps.clock.nowMs();
    if (this.listing === null || nowMs - this.listing.atMs > listedForMs) {
      const listed = this.deps.store.listVolumes();
      this.listing = { atMs: nowMs, volumes: listed.then((found) => new Set(found.map(({ volume }) => volume))) };
    }
    return this.listing.volumes;
  }

  private isNamed({ volume, generation }: TargetState): boolean {
    const holders = this.records.attachments.value(volume)?.holders ?? [];
    return holders.some((holder) => holder.generation === generation);
  }
}

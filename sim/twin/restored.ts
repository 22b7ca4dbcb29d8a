/** The twin of what a storage node does when its records come from a backup. */
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
import type { Env } from '@holdfast/kernel';
import { deletedFloor, emptyRecord, type AttachmentEffect } from '@holdfast/storage/core';
import type { DurableFloors, TargetStore } from '../world/target-store.js';
import type { TwinProjection } from './projection.js';
import type { TwinRunner } from './runner.js';

export class TwinRestored {
  constructor(
    private readonly parts: {
      node: string;
      incarnation: string;
      store: TargetStore;
      raise(change: Partial<DurableFloors>, done: () => void): void;
    },
    private readonly records: {
      clusters: TwinProjection<ClusterRecord>;
      volumes: TwinProjection<VolumeRecord>;
      attachments: TwinProjection<AttachmentRecord>;
    },
  ) {}

  get reconciles(): boolean {
    return armingOf(this.records.clusters.value(clusterKey), this.parts.incarnation).reconciles;
  }

  refuse(volume: string): Reply<never> | null {
    const { volumes, attachments } = this.records;
    const records = [volumes.value(volume), attachments.value(volume)];
    if (records.every((record) => record === null || record.incarnation === this.parts.incarnation)) return null;
    return refused('unavailable', 'it comes from a backup and is not taken up yet');
  }

  get isSettled(): boolean {
    const { node, incarnation, store } = this.parts;
    const { clusters, attachments } = this.records;
    const cluster = clusters.value(clusterKey);
    const isOwn = cluster?.incarnation === incarnation;
    if (isOwn && cluster.restoredAtMs === null) return true;
    for (const record of attachments.values()) {
      if (record.node === node && record.state === 'active' && record.incarnation !== incarnation) return false;
    }
    if (!isOwn) return cluster === null;
    return store.isUp && store.targets().every(({ volume, generation }) => this.isNamed(volume, generation));
  }

  /** Answers whether its data is there, once the record of who has access was taken up. */
  takeUp(volume: string, begin: () => void): Reply<{ isThere: boolean; isDeleted: boolean }> {
    const attachment = this.records.attachments.value(volume);
    if (attachment === null) begin();
    if (attachment?.incarnation !== this.parts.incarnation && attachment?.state !== 'gone') {
      return refused('unavailable', 'who had access is not settled yet');
    }
    if (!this.parts.store.isUp) return refused('unavailable', 'the target daemon does not answer');
    const { store } = this.parts;
    const isDeleted = store.floors.volumes[volume] === deletedFloor;
    return accepted({ isThere: store.volumes.has(volume), isDeleted });
  }

  /** Targets of volumes that no record names: access is taken back for ever, the data stays. */
  sweep(): void {
    const { store } = this.parts;
    const cluster = this.records.clusters.value(clusterKey);
    if (!this.reconciles || cluster?.restoredAtMs == null || !store.isUp) return;
    for (const { volume, generation } of store.targets()) {
      if (this.records.attachments.get(volume)) continue;
      this.parts.raise({ volumes: { [volume]: generation + 1 } }, () => void store.delete(volume, generation));
    }
  }

  private isNamed(volume: string, generation: number): boolean {
    const holders = this.records.attachments.value(volume)?.holders ?? [];
    return holders.some((holder) => holder.generation === generation);
  }
}

/** A volume that a backup brought back without a record of who had access: made as if that had come along. */
export function beginAttachment(
  runner: TwinRunner<AttachmentRecord, AttachmentEffect>,
  volume: VolumeRecord,
  env: Env,
): void {
  const { incarnation } = volume;
  runner.change(
    volume.volume,
    (known) => ({ change: known ? null : emptyRecord(volume, { ...env, incarnation }), reply: accepted({}) }),
    () => undefined,
  );
}

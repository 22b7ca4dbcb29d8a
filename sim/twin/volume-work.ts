/** What a storage service does with the volumes of its node, and which of them are being copied. */
import {
  accepted, copiedFrom, refused, type AttachmentRecord, type Reply, type VolumeRecord,
} from '@holdfast/contracts';
import { admitVolumeName, renamed, type AttachmentEffect, type VolumeEffect } from '@holdfast/storage/core';
import type { Env } from '@holdfast/kernel';
import type { Process } from '../engine/process.js';
import type { TargetStore } from '../world/target-store.js';
import type { Plant } from './plant.js';
import type { TwinProjection } from './projection.js';
import type { TwinRunner } from './runner.js';
import { daemonReply, fillMs, withVolume, type PoolSpec } from './storage-parts.js';

const usualMs = 20;

export type NameRequest = Parameters<typeof admitVolumeName>[1];

export interface VolumeParts {
  store: TargetStore;
  planted: Plant;
  pools: readonly PoolSpec[];
}

export class VolumeWork {
  constructor(
    private readonly process: Process,
    private readonly parts: VolumeParts,
    private readonly volumes: TwinProjection<VolumeRecord>,
    private readonly attachments: TwinProjection<AttachmentRecord>,
  ) {
    const { store, planted } = parts;
    // What copied for the service died with it.
    store.volumes.copying.clear();
    store.volumes.copiesOpen = planted.copiesOpen === true;
  }

  sourceOf(copy: Parameters<typeof copiedFrom>[0]): VolumeRecord | null {
    return this.volumes.value(copiedFrom(copy) ?? '');
  }

  factsOf(volume: string, record: VolumeRecord): { isSourceOpen: boolean; isCopied(): boolean } {
    return { isSourceOpen: this.isSourceOpen(record), isCopied: () => this.isCopied(volume) };
  }

  private isSourceOpen(copy: VolumeRecord): boolean {
    const from = copiedFrom(copy);
    if (from === null || this.parts.planted.copiesOpen) return false;
    return this.attachments.value(from)?.holders.some(({ phase }) => phase === 'open') === true;
  }

  isCopied(volume: string): boolean {
    const isCopy = (each: VolumeRecord): boolean => each.state === 'creating' && copiedFrom(each) === volume;
    return this.volumes.values().some(isCopy) && !this.parts.planted.copiesOpen;
  }

  /** The record of who has access follows. */
  name(
    request: NameRequest,
    by: {
      volumes: TwinRunner<VolumeRecord, VolumeEffect>;
      attachments: TwinRunner<AttachmentRecord, AttachmentEffect>;
      env(): Env;
    },
    done: (reply: Reply<unknown>) => void,
  ): void {
    const { volume } = request;
    const newest = (): number => this.attachments.value(volume)?.newest ?? 0;
    by.volumes.change(volume, (known) => admitVolumeName(known, request, newest(), by.env()), (reply) => {
      if (!reply.ok) done(reply);
      else {
        const follow = (record: AttachmentRecord | null) => renamed(record, this.volumes.value(volume));
        by.attachments.change(volume, (record) => ({ change: follow(record), reply }), done);
      }
    });
  }

  change(kind: 'create' | 'delete', volume: string, record: VolumeRecord, done: (reply: Reply<unknown>) => void): void {
    const { store, planted, pools } = this.parts;
    const { copying } = store.volumes;
    const begun = kind === 'create' ? this.beginCopy(volume, record) : accepted({});
    if (!begun.ok) {
      done(begun);
      return;
    }
    const isCopy = copying.has(volume) && kind === 'create';
    const isThere = planted.showsHalfFilled === true && store.volumes.has(volume);
    const isFilled = kind === 'create' && record.source !== undefined && !isThere;
    if (isFilled && planted.showsHalfFilled) store.volumes.createPartial(volume, record.sizeMiB * 2 ** 20);
    this.process.after(isFilled ? fillMs : usualMs, () => {
      const isGivenUp = isCopy && !copying.has(volume);
      const givenUp = isGivenUp ? refused('unavailable', 'it was deleted meanwhile') : null;
      const reply = givenUp ?? withVolume(store, kind, record, pools);
      if (isFilled) store.volumes.fill(volume);
      copying.delete(volume);
      done(reply);
    });
  }

  private beginCopy(volume: string, record: VolumeRecord): Reply<unknown> {
    const from = copiedFrom(record);
    if (from === null || this.parts.store.volumes.has(volume)) return accepted({});
    return daemonReply(this.parts.store.beginCopy(volume, from));
  }
}

/** What becomes of the record of who has access when that of its volume changes. */
import { accepted, type AttachmentRecord, type Reply, type VolumeRecord } from '@holdfast/contracts';
import type { Env } from '@holdfast/kernel';
import type { MachineRunner, Projection } from '@holdfast/runtime';
import { emptyRecord, moved, renamed, type AttachmentEffect } from './core/index.js';

export class FollowVolume {
  constructor(
    private readonly runner: MachineRunner<AttachmentRecord, AttachmentEffect>,
    private readonly records: { volumes: Projection<VolumeRecord>; attachments: Projection<AttachmentRecord> },
    private readonly env: () => Env,
  ) {}

  /** Its volume is gone, so nobody can be attached to it ever again. */
  async forget(volume: string): Promise<Reply<unknown>> {
    if (!this.records.attachments.get(volume)) return accepted({});
    const gone = { event: 'attachment.gone', text: 'its volume was deleted' };
    return await this.change(volume, (record) => record && moved(record, this.env(), { state: 'gone' }, gone).state);
  }

  /** As the record of the volume names its VM. */
  async rename(volume: string): Promise<Reply<unknown>> {
    return await this.change(volume, (record) => renamed(record, this.records.volumes.value(volume)));
  }

  /** A volume that a backup brought back without a record of who had access: made as if that had come along. */
  async begin(volume: VolumeRecord): Promise<void> {
    const { incarnation } = volume;
    await this.change(volume.volume, (known) => (known ? null : emptyRecord(volume, { ...this.env(), incarnation })));
  }

  private change(
    volume: string, change: (record: AttachmentRecord | null) => AttachmentRecord | null,
  ): Promise<Reply<unknown>> {
    return this.runner.change(volume, (record) => ({ change: change(record), reply: accepted({}) }));
  }
}

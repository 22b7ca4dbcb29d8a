import { accepted, refused, type AttachmentRecord, type leaseClose, type Reply } from '@holdfast/contracts';
import type { Env } from '@holdfast/kernel';
import type { Clock, MachineRunner, Projection } from '@holdfast/runtime';
import { admitRevokeHost, type AttachmentEffect } from './core/index.js';
import type { Floors } from './ports.js';
import type { Restored } from './restored.js';

export type RevokeRequest = Parameters<typeof admitRevokeHost>[1];

/** Takes back all that a host holds on this node. */
export class HostRevocation {
  constructor(
    private readonly parts: {
      node: string;
      clock: Clock;
      attachments: Projection<AttachmentRecord>;
      runner: MachineRunner<AttachmentRecord, AttachmentEffect>;
      restored: Restored;
      floors(): Floors;
      raise(change: Partial<Floors>): Promise<void>;
      renewedAgoMs(host: string): number;
      /** True once the condition holds, false when it does not in time. */
      until(condition: () => boolean): Promise<boolean>;
      env(): Env;
    },
  ) {}

  /** Intent in the records, then the durable floor, then the deletions; answers when all of it is proven. */
  async revoke(request: RevokeRequest): Promise<
    Reply<{
      node: string;
      provenAtMs: number;
      epochFloor: number;
      attachments: { volume: string; generation: number }[];
    }>
  > {
    if (!this.parts.restored.isSettled) {
      return refused('unavailable', 'who has access here is not settled since the restore');
    }
    const { host, epochFloor } = request;
    const meant = this.heldBy(host, epochFloor);
    const intents = await this.intend(request);
    if (!intents.ok) return intents;
    await this.parts.raise({ hosts: { [host]: epochFloor } });
    // An attach that slipped in before the floor rose goes too; after it none can.
    const late = await this.intend(request);
    if (!late.ok) return late;
    if (!(await this.parts.until(() => this.heldBy(host, epochFloor).length === 0)) || !this.parts.restored.isSettled) {
      return refused('unavailable', `${host} still holds volumes here; not proven yet`);
    }
    const node = this.parts.node;
    const provenAtMs = this.parts.clock.nowMs();
    const floor = this.parts.floors().hosts[host] ?? epochFloor;
    return accepted({ node, provenAtMs, epochFloor: floor, attachments: meant });
  }

  /**
   * The floor alone, on disk first, whatever becomes of what the host holds: from then on every acknowledgement says
   * that it is revoked, which renews nothing. Needs no record, so it works while those cannot be written.
   */
  async closeLease(host: string, epochFloor: number): Promise<Reply<typeof leaseClose.value._output>> {
    await this.parts.raise({ hosts: { [host]: epochFloor } });
    const { node, renewedAgoMs } = this.parts;
    const floor = this.parts.floors().hosts[host] ?? epochFloor;
    return accepted({ node, epochFloor: floor, renewedAgoMs: renewedAgoMs(host) });
  }

  /** The largest epoch that was ever heard of here. */
  floorsOf(host: string): Reply<{ node: string; hostEpoch: number }> {
    const { hosts, openedHosts } = this.parts.floors();
    return accepted({ node: this.parts.node, hostEpoch: Math.max(hosts[host] ?? 0, openedHosts[host] ?? 0) });
  }

  private async intend(request: RevokeRequest): Promise<Reply<unknown>> {
    const volumesHeld = this.heldBy(request.host, request.epochFloor).map(({ volume }) => volume);
    const replies = await Promise.all(
      volumesHeld.map((volume) =>
        this.parts.runner.change(volume, (record) =>
          record
            ? admitRevokeHost(record, request, this.parts.env())
            : { change: null, reply: accepted({}) },
        ),
      ),
    );
    return replies.find((reply) => !reply.ok) ?? accepted({});
  }

  private heldBy(host: string, epochFloor: number): { volume: string; generation: number }[] {
    return this.parts.attachments
      .values()
      .filter(({ node }) => node === this.parts.node)
      .flatMap(({ volume, holders }) =>
        holders
          .filter((holder) => holder.host === host && holder.hostEpoch < epochFloor)
          .map(({ generation }) => ({ volume, generation })),
      );
  }
}

/** The twin of how a storage node takes a whole host's access back. */
import { accepted, refused, type AttachmentRecord, type Reply } from '@holdfast/contracts';
import type { Env } from '@holdfast/kernel';
import { admitRevokeHost, type AttachmentEffect } from '@holdfast/storage/core';
import type { Process } from '../engine/process.js';
import type { DurableFloors } from '../world/target-store.js';
import type { Plant } from './plant.js';
import type { ProjectionIndex } from './projection-index.js';
import type { TwinRestored } from './restored.js';
import type { TwinRunner } from './runner.js';
import { heldBelow, type Waiting } from './storage-parts.js';

export type RevokeRequest = Parameters<typeof admitRevokeHost>[1] & { incarnation: string };
type Answer = (reply: Reply<unknown>) => void;

export class HostRevocation {
  constructor(
    private readonly parts: {
      process: Process;
      node: string;
      /** By host. */
      held: ProjectionIndex<AttachmentRecord>;
      runner: TwinRunner<AttachmentRecord, AttachmentEffect>;
      waiting: Waiting;
      restored: TwinRestored;
      planted: Plant;
      floors(): DurableFloors;
      raise(change: Partial<DurableFloors>, done: () => void): void;
      env(): Env;
    },
  ) {}

  revoke(request: RevokeRequest, reply: Answer): void {
    const { host, epochFloor } = request;
    if (this.parts.planted.skipsRevocation) {
      reply(accepted({ ...this.proven(host), attachments: [] }));
      return;
    }
    if (!this.parts.restored.isSettled) {
      reply(refused('unavailable', 'who has access here is not settled since the restore'));
      return;
    }
    const meant = this.heldBy(host, epochFloor);
    this.intend(request, (intents) => {
      if (!intents.ok) return reply(intents);
      this.parts.raise({ hosts: { [host]: epochFloor } }, () => {
        this.intend(request, (late) => {
          if (!late.ok) return reply(late);
          this.parts.waiting.until(
            () => this.heldBy(host, epochFloor).length === 0,
            (held) =>
              reply(
                held && this.parts.restored.isSettled
                  ? accepted({ ...this.proven(host), attachments: meant })
                  : refused('unavailable', `${host} still holds volumes here`),
              ),
          );
        });
      });
    });
  }

  private proven(host: string): { node: string; provenAtMs: number; epochFloor: number } {
    const epochFloor = this.parts.floors().hosts[host] ?? 0;
    return { node: this.parts.node, provenAtMs: this.parts.process.nowMs(), epochFloor };
  }

  /** The largest epoch that was ever heard of here. */
  floorsOf(host: string, reply: Answer): void {
    const { hosts, openedHosts } = this.parts.floors();
    const hostEpoch = Math.max(hosts[host] ?? 0, openedHosts?.[host] ?? 0);
    reply(accepted({ node: this.parts.node, hostEpoch }));
  }

  private intend(request: RevokeRequest, done: Answer): void {
    const held = this.heldBy(request.host, request.epochFloor);
    let left = held.length;
    let worst: Reply<unknown> = accepted({});
    if (left === 0) done(worst);
    for (const { volume } of held) {
      this.parts.runner.change(
        volume,
        (record) =>
          record
            ? admitRevokeHost(record, request, this.parts.env())
            : { change: null, reply: accepted({}) },
        (reply) => {
          if (!reply.ok) worst = reply;
          left -= 1;
          if (left === 0) done(worst);
        },
      );
    }
  }

  private heldBy(host: string, epochFloor: number): { volume: string; generation: number }[] {
    const held = [...this.parts.held.values(host)].filter(({ node }) => node === this.parts.node);
    return heldBelow(held, host, epochFloor);
  }
}

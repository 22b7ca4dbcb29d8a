/** The twin of how a storage node renews the leases of hosts, and closes them. */
import { accepted, type Reply } from '@holdfast/contracts';
import type { Process } from '../engine/process.js';
import type { Heard, HeardBySender } from '../engine/pulse.js';
import type { DurableFloors } from '../world/target-store.js';

export interface CloseRequest {
  host: string;
  epochFloor: number;
}

export class TwinLeases {
  /** By host: when it was renewed last, while what is heard of it renews nothing; null while it does. */
  private readonly endedMs = new Map<string, number | null>();
  private readonly startedMs: number;

  constructor(
    private readonly parts: {
      process: Process;
      node: string;
      heard: HeardBySender<null>;
      floors(): DurableFloors;
      raise(change: Partial<DurableFloors>, done: () => void): void;
    },
  ) {
    this.startedMs = parts.process.loop.nowMs;
  }

  /** A beat of an agent that has accepted that epoch. */
  hear(host: string, epoch: number): Heard<null> {
    const { heard } = this.parts;
    const beforeMs = heard.get(host)?.loopMs ?? this.startedMs;
    if (this.floorOf(host) <= epoch) this.endedMs.set(host, null);
    else if (this.endedMs.get(host) === null) this.endedMs.set(host, beforeMs);
    return heard.renew(host, null);
  }

  close({ host, epochFloor }: CloseRequest, reply: (reply: Reply<unknown>) => void): void {
    const { node, raise } = this.parts;
    raise({ hosts: { [host]: epochFloor } }, () => {
      reply(accepted({ node, epochFloor: this.floorOf(host), renewedAgoMs: this.renewedAgoMs(host) }));
    });
  }

  private floorOf(host: string): number {
    return this.parts.floors().hosts[host] ?? 0;
  }

  private renewedAgoMs(host: string): number {
    const { process, heard } = this.parts;
    const endedMs = this.endedMs.get(host);
    const heardMs = heard.get(host)?.loopMs;
    const renewedMs = endedMs === undefined ? this.startedMs : (endedMs ?? heardMs ?? this.startedMs);
    return process.loop.nowMs - renewedMs;
  }
}

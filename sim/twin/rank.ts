import type { Process } from '../engine/process.js';
import { HeardBySender, Pulse, type Heard } from '../engine/pulse.js';
import type { Bus } from '../world/bus.js';

export const replicaIntervalMs = 250;
export const replicaSilenceMs = 900;
export const rankDelayMs = 250;

/** The twin of `libs/runtime/rank.ts`: position among the replicas that are heard, by name. */
export class TwinRank {
  private readonly heard: HeardBySender<null>;

  constructor(
    private readonly bus: Bus,
    private readonly process: Process,
    private readonly service: string,
  ) {
    this.heard = new HeardBySender(process.machine);
  }

  start(): void {
    this.bus.listen(`replica/${this.service}`, this.process, (_message, sender) =>
      this.heard.renew(sender, null),
    );
    const beat = (): Heard<unknown>[] | null =>
      this.bus.broadcast(this.process, `replica/${this.service}`, null);
    new Pulse(this.process, replicaIntervalMs, beat).run();
  }

  nodes(): ReadonlySet<string> {
    return new Set([this.process.machine.name, ...[...this.heard].map(([node]) => node)]);
  }

  current(): number {
    const { machine } = this.process;
    let rank = 0;
    for (const [other, heard] of this.heard) {
      if (other < machine.name && machine.clockMs() - heard.atMs <= replicaSilenceMs) rank += 1;
    }
    return rank;
  }
}

import type { Process } from '../engine/process.js';
import type { Bus } from '../world/bus.js';

export const replicaIntervalMs = 250;
export const replicaSilenceMs = 900;
export const rankDelayMs = 250;

/** The twin of `libs/runtime/rank.ts`: position among the replicas that are heard, by name. */
export class TwinRank {
  private readonly heardAtMs = new Map<string, number>();

  constructor(
    private readonly bus: Bus,
    private readonly process: Process,
    private readonly service: string,
  ) {}

  start(): void {
    this.bus.listen(`replica/${this.service}`, this.process, (_message, sender) => {
      this.heardAtMs.set(sender, this.process.nowMs());
    });
    this.beat();
  }

  current(): number {
    const nowMs = this.process.nowMs();
    let rank = 0;
    for (const [other, atMs] of this.heardAtMs) {
      if (other < this.process.machine.name && nowMs - atMs <= replicaSilenceMs) rank += 1;
    }
    return rank;
  }

  private beat(): void {
    this.bus.broadcast(this.process, `replica/${this.service}`, null);
    this.process.after(replicaIntervalMs, () => this.beat());
  }
}

import type { Bus, Subscription } from '@holdfast/bus';
import { replica } from '@holdfast/contracts';
import type { Clock } from './clock.js';

export const replicaIntervalMs = 250;
/** A replica not heard for this long is ranked out: three missed beats. */
export const replicaSilenceMs = 900;
/** How long each further rank waits before it acts on something the ranks before it have not moved. */
export const rankDelayMs = 250;

/** Position among the replicas that are heard, by name; 0 acts first. Never a matter of safety, only of order. */
export function rankOf(self: string, heardAtMs: ReadonlyMap<string, number>, nowMs: number): number {
  let rank = 0;
  for (const [other, atMs] of heardAtMs) {
    if (other < self && nowMs - atMs <= replicaSilenceMs) rank += 1;
  }
  return rank;
}

/** Beats for this replica and listens to the others of its service. */
export class Rank {
  private readonly heardAtMs = new Map<string, number>();
  private readonly carriers = new Set<string>();
  private subscription: Subscription | null = null;
  private cancel: () => void = () => {};
  private sequence = 0;
  private readonly startedAtMs: number;

  constructor(
    private readonly bus: Bus,
    private readonly clock: Clock,
  ) {
    this.startedAtMs = clock.nowMs();
  }

  async start(): Promise<void> {
    this.carriers.add(this.bus.node);
    this.subscription = await this.bus.listen(replica, (_message, sender) => {
      this.carriers.add(sender.node);
      if (sender.service === this.bus.service && sender.node !== this.bus.node) {
        this.heardAtMs.set(sender.node, this.clock.nowMs());
      }
    });
    this.beat();
  }

  current(): number {
    return rankOf(this.bus.node, this.heardAtMs, this.clock.nowMs());
  }

  /** Nodes that have carried a replica of any service that beats, since this one has listened. */
  nodes(): ReadonlySet<string> {
    return this.carriers;
  }

  private beat(): void {
    if (this.bus.connected) {
      this.sequence += 1;
      this.bus.broadcast(replica, {
        service: this.bus.service,
        replica: this.bus.node,
        startedAtMs: this.startedAtMs,
        sequence: this.sequence,
      });
    }
    this.cancel = this.clock.after(replicaIntervalMs, () => this.beat());
  }

  async close(): Promise<void> {
    this.cancel();
    await this.subscription?.close();
  }
}

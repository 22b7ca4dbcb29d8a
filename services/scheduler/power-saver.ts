import { BusError, type Bus } from '@holdfast/bus';
import { hostSleep, hostWake } from '@holdfast/contracts';
import type { Env } from '@holdfast/kernel';
import type { Clock } from '@holdfast/runtime';
import { lookPower, type Cluster, type PowerAsk } from './core/index.js';

const lookEveryMs = 2000;
const failoverTimeoutMs = 3000;

export interface PowerSaverDeps {
  bus: Bus;
  clock: Clock;
  cluster: Cluster;
  env(): Env;
  rank(): number;
  /** Nodes that carry services. */
  carriers(): ReadonlySet<string>;
}

/** Lets the first replica look now and then which hosts may sleep; failover switches them, and remembers it. */
export class PowerSaver {
  private emptySinceMs: ReadonlyMap<string, number> = new Map();
  private cancel: () => void = () => {};
  private isRunning = false;

  constructor(private readonly deps: PowerSaverDeps) {}

  start(): void {
    this.isRunning = true;
    this.lookLater();
  }

  stop(): void {
    this.isRunning = false;
    this.cancel();
  }

  private lookLater(): void {
    this.cancel = this.deps.clock.after(lookEveryMs, () => {
      void this.look()
        .catch((error: unknown) => {
          if (!(error instanceof BusError)) throw error;
        })
        .finally(() => {
          if (this.isRunning) this.lookLater();
        });
    });
  }

  /** What is refused, or gets lost, is found again by the next look. */
  private async look(): Promise<void> {
    const { cluster, env, carriers, rank } = this.deps;
    if (rank() !== 0) {
      this.emptySinceMs = new Map();
      return;
    }
    const { asks, emptySinceMs } = lookPower({
      ...{ cluster, env: env(), emptySinceMs: this.emptySinceMs },
      carriers: carriers(),
    });
    this.emptySinceMs = emptySinceMs;
    await Promise.all(asks.map((ask) => this.ask(ask)));
  }

  private ask(ask: PowerAsk): Promise<unknown> {
    const options = { timeoutMs: failoverTimeoutMs };
    return ask.name === 'host-sleep'
      ? this.deps.bus.request(hostSleep, null, ask.request, options)
      : this.deps.bus.request(hostWake, null, ask.request, options);
  }
}

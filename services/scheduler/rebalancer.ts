import { BusError, type Bus, type Subscription } from '@holdfast/bus';
import {
  accepted,
  hostLoad,
  rebalanceKey,
  rebalances,
  type RebalancePlan,
  type RebalanceRecord,
  type Reply,
} from '@holdfast/contracts';
import { deriveId, type Env } from '@holdfast/kernel';
import { MachineRunner, type Clock, type Machine, type Projection, type RunnerLog } from '@holdfast/runtime';
import {
  LoadBook,
  lookRebalance,
  planNow,
  type Cluster,
  type RebalanceLook,
  type RebalanceView,
} from './core/index.js';

/** Between two steps of what is being carried out. */
const stepMs = 1000;

export interface RebalancerDeps {
  bus: Bus;
  clock: Clock;
  cluster: Cluster;
  known: Projection<RebalanceRecord>;
  log: RunnerLog;
  env(): Env;
  rank(): number;
  migrate(request: { operation: string; vm: string; host: string }): Promise<unknown>;
}

/** Its record does nothing by itself: the rebalancer looks now and then. */
const rebalanceMachine: Machine<RebalanceRecord, never> = {
  noun: 'rebalance',
  contract: rebalances,
  identity: ({ uid }) => uid,
  isGone: () => false,
  step: ({ value }) => ({ state: value, effects: [], wakeAtMs: null }),
  perform: () => Promise.resolve(accepted({})),
};

/** Hears what agents measure, and lets the first replica even it out through ordinary moves. */
export class Rebalancer {
  private readonly book = new LoadBook();
  private subscription: Subscription | null = null;
  private cancel: () => void = () => {};

  private readonly runner: MachineRunner<RebalanceRecord, never>;

  constructor(private readonly deps: RebalancerDeps) {
    const { bus, known, clock, log, rank } = deps;
    this.runner = new MachineRunner(rebalanceMachine, known, bus, { clock, log, rank });
  }

  async start(): Promise<void> {
    const { bus, clock } = this.deps;
    this.subscription = await bus.listen(hostLoad, (load, sender) => {
      if (load.host === sender.node) this.book.hear(load, clock.nowMs());
    });
    this.runner.start();
    this.lookLater();
  }

  async stop(): Promise<void> {
    this.cancel();
    this.runner.stop();
    await this.subscription?.close();
    this.subscription = null;
  }

  plan(): Reply<RebalancePlan & { state: RebalanceRecord['state'] }> {
    const state = this.deps.known.value(rebalanceKey)?.state ?? 'idle';
    return accepted({ ...planNow(this.view()), state });
  }

  async apply({ operation }: { operation: string }): Promise<Reply<RebalancePlan>> {
    const reply = await this.look(operation);
    // Null while an earlier plan is being carried out.
    return reply.ok ? accepted(reply.value.plan ?? planNow(this.view())) : reply;
  }

  private lookLater(): void {
    const { clock, cluster, known, rank } = this.deps;
    const isApplying = known.value(rebalanceKey)?.state === 'applying';
    const waitMs = isApplying ? stepMs : cluster.settings().rebalanceEverySeconds * 1000;
    this.cancel = clock.after(waitMs, () => {
      const look = rank() === 0 ? this.look(null) : Promise.resolve();
      void look
        .catch((error: unknown) => {
          if (!(error instanceof BusError)) throw error;
        })
        .finally(() => {
          if (this.subscription) this.lookLater();
        });
    });
  }

  private async look(operation: string | null): Promise<RebalanceLook['reply']> {
    const { env, migrate } = this.deps;
    const change = (known: RebalanceRecord | null): RebalanceLook => lookRebalance(known, this.view(), operation);
    const reply = (await this.runner.change(rebalanceKey, change)) as RebalanceLook['reply'];
    const start = reply.ok ? reply.value.start : null;
    if (start) {
      const { incarnation, nowMs } = env();
      await migrate({ operation: deriveId(incarnation, 'rebalance', start.vm, nowMs), vm: start.vm, host: start.to });
    }
    return reply;
  }

  private view(): RebalanceView {
    const { cluster, env } = this.deps;
    const now = env();
    return { cluster, env: now, loads: () => this.book.loads(now.nowMs) };
  }
}

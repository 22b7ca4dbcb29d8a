/** The twin of the scheduler's rebalancer: hears loads, looks now and then, moves one VM after the other. */
import {
  accepted,
  rebalanceKey,
  type HostLoad,
  type RebalanceRecord,
  type Reply,
  type Transition,
} from '@holdfast/contracts';
import { deriveId, type Env } from '@holdfast/kernel';
import { LoadBook, lookRebalance, type Cluster, type RebalanceLook } from '@holdfast/scheduler/core';
import type { Process } from '../engine/process.js';
import type { Bus } from '../world/bus.js';
import { startAll, TwinProjection } from './projection.js';
import { TwinRunner, type RunnerCounts, type TwinMachine } from './runner.js';

const stepMs = 1000;

export interface RebalancerParts {
  process: Process;
  bus: Bus;
  counts: RunnerCounts;
  cluster: Cluster;
  env(): Env;
  rank(): number;
  published(key: string, transition: Transition): void;
  migrate(request: { operation: string; vm: string; host: string }): void;
}

export class TwinRebalancer {
  private readonly book = new LoadBook();
  private readonly known: TwinProjection<RebalanceRecord>;
  private readonly runner: TwinRunner<RebalanceRecord, never>;

  constructor(private readonly parts: RebalancerParts) {
    const { process, bus, counts } = parts;
    this.known = new TwinProjection<RebalanceRecord>(process, bus.bucket('rebalance'));
    this.runner = new TwinRunner(this.machine(), this.known, process, () => parts.rank(), counts);
  }

  start(): void {
    const { process, bus } = this.parts;
    startAll([this.known], () => {
      bus.listen('load', process, (message) => {
        this.book.hear(message as HostLoad, process.nowMs());
        return null;
      });
      this.runner.start();
      this.lookLater();
    });
  }

  private lookLater(): void {
    const { process, cluster, rank } = this.parts;
    const isApplying = this.known.value(rebalanceKey)?.state === 'applying';
    const waitMs = isApplying ? stepMs : cluster.settings().rebalanceEverySeconds * 1000;
    process.after(waitMs, () => {
      if (rank() === 0) this.look(() => this.lookLater());
      else this.lookLater();
    });
  }

  private look(done: () => void): void {
    const { cluster, env, migrate } = this.parts;
    const change = (known: RebalanceRecord | null): RebalanceLook => {
      const now = env();
      return lookRebalance(known, { cluster, env: now, loads: () => this.book.loads(now.nowMs) }, null);
    };
    this.runner.change(rebalanceKey, change, (reply: Reply<unknown>) => {
      const { start } = reply.ok ? (reply.value as { start: { vm: string; to: string } | null }) : { start: null };
      if (start) {
        const { incarnation, nowMs } = env();
        migrate({ operation: deriveId(incarnation, 'rebalance', start.vm, nowMs), vm: start.vm, host: start.to });
      }
      done();
    });
  }

  private machine(): TwinMachine<RebalanceRecord, never> {
    return {
      isIdle: true,
      noun: 'rebalance',
      identity: ({ uid }) => uid,
      isGone: () => false,
      publish: (key, _state, transition) => this.parts.published(key, transition),
      step: ({ value }) => ({ state: value, effects: [], wakeAtMs: null }),
      perform: (_effect, _entry, done) => done(accepted({})),
    };
  }
}

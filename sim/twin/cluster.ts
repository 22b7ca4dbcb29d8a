/** The twin of what failover does with the cluster's own record. */
import {
  armingOf,
  clusterKey,
  refused,
  type Arming,
  type ClusterRecord,
  type Reply,
  type Transition,
} from '@holdfast/contracts';
import { admitArm, firstCluster, stepCluster, type ArmRequest } from '@holdfast/failover/core';
import type { Env } from '@holdfast/kernel';
import type { Process } from '../engine/process.js';
import type { Bus } from '../world/bus.js';
import { TwinProjection } from './projection.js';
import { TwinRunner, type RunnerCounts } from './runner.js';

interface Records {
  values(): { incarnation: string }[];
}

export class TwinCluster {
  readonly records: TwinProjection<ClusterRecord>;
  private readonly runner: TwinRunner<ClusterRecord, never>;

  constructor(
    private readonly parts: {
      process: Process;
      bus: Bus;
      counts: RunnerCounts;
      published(key: string, transition: Transition): void;
      env(): Env;
      rank(): number;
    },
    private readonly watched: { hosts: Records; vms: Records },
  ) {
    const { process, bus, counts } = parts;
    this.records = new TwinProjection<ClusterRecord>(process, bus.bucket('cluster'));
    const machine = {
      noun: 'cluster',
      identity: () => clusterKey,
      isGone: () => false,
      publish: (key: string, _state: ClusterRecord, transition: Transition) => parts.published(key, transition),
      step: ({ value }: { value: ClusterRecord }) => stepCluster(value, () => this.foreignCount(), parts.env()),
      perform: (effect: never) => effect,
    };
    this.runner = new TwinRunner(machine, this.records, process, () => parts.rank(), counts);
  }

  get arming(): Arming {
    return armingOf(this.records.value(clusterKey), this.parts.env().incarnation);
  }

  start(): void {
    this.runner.start();
    this.note();
  }

  arm(request: unknown, reply: (reply: Reply<unknown>) => void): void {
    this.runner.change(clusterKey, (known) => admitArm(known, request as ArmRequest, this.parts.env()), reply);
  }

  /** Without a record of the cluster nobody could tell later that the others come from a backup. */
  note(): void {
    if (this.records.get(clusterKey)) return;
    this.runner.change(
      clusterKey,
      (known) => ({
        change: known ? null : firstCluster(this.foreign(this.watched.vms) > 0, this.parts.env()),
        reply: refused('exists', 'it is known'),
      }),
      () => undefined,
    );
  }

  private foreignCount(): number {
    return this.foreign(this.watched.hosts) + this.foreign(this.watched.vms);
  }

  private foreign(records: Records): number {
    const { incarnation: own } = this.parts.env();
    return records.values().filter(({ incarnation }) => incarnation !== own).length;
  }
}

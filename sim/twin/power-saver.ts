/** The twin of the scheduler's power saver: looks now and then which hosts may sleep, and asks failover. */
import type { Env } from '@holdfast/kernel';
import { lookPower, type Cluster } from '@holdfast/scheduler/core';
import type { Process } from '../engine/process.js';
import type { Bus } from '../world/bus.js';

const lookEveryMs = 2000;
const failoverTimeoutMs = 3000;

export interface PowerSaverParts {
  process: Process;
  bus: Bus;
  cluster: Cluster;
  env(): Env;
  rank(): number;
  carriers(): ReadonlySet<string>;
}

export class TwinPowerSaver {
  private emptySinceMs: ReadonlyMap<string, number> = new Map();

  constructor(private readonly parts: PowerSaverParts) {}

  start(): void {
    this.lookLater();
  }

  private lookLater(): void {
    this.parts.process.after(lookEveryMs, () => this.look());
  }

  private look(): void {
    const { process, bus, cluster, env, rank, carriers } = this.parts;
    if (rank() !== 0) {
      this.emptySinceMs = new Map();
      return this.lookLater();
    }
    const { asks, emptySinceMs } = lookPower({
      ...{ cluster, env: env(), emptySinceMs: this.emptySinceMs },
      carriers: carriers(),
    });
    this.emptySinceMs = emptySinceMs;
    let left = asks.length;
    if (left === 0) return this.lookLater();
    for (const { name, request } of asks) {
      bus.request(process, { service: 'failover', node: null, name }, request, failoverTimeoutMs, () => {
        left -= 1;
        if (left === 0) this.lookLater();
      });
    }
  }
}

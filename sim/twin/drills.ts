/** The twin of failover's drills: watches their canaries, steps, asks the scheduler. */
import {
  accepted,
  type Arming,
  type DrillRecord,
  type HostRecord,
  type Observed,
  type Reply,
  type Transition,
  type VmRecord,
} from '@holdfast/contracts';
import {
  admitDrill,
  canaryName,
  defaultDrillTiming,
  stepDrill,
  type DrillEffect,
  type DrillRequest,
  type PowerFound,
} from '@holdfast/failover/core';
import type { Env } from '@holdfast/kernel';
import type { Process } from '../engine/process.js';
import type { Bus } from '../world/bus.js';
import { stepThrough, type Plant } from './plant.js';
import { bmcHangs, powerOf, type TwinPower } from './power.js';
import { TwinProjection } from './projection.js';
import { TwinRunner, type RunnerCounts, type TwinMachine } from './runner.js';

const schedulerTimeoutMs = 3000;

type Done = (reply: Reply<unknown>) => void;

export interface TwinDrillParts {
  process: Process;
  bus: Bus;
  counts: RunnerCounts;
  planted: Plant;
  published(key: string, transition: Transition): void;
  env(): Env;
  rank(): number;
  arming(): Arming;
  hosts: TwinProjection<HostRecord>;
  observed: TwinProjection<Observed>;
  vms: TwinProjection<VmRecord>;
  power: TwinPower;
}

export class TwinDrills {
  readonly records: TwinProjection<DrillRecord>;
  private readonly runner: TwinRunner<DrillRecord, DrillEffect>;

  constructor(private readonly parts: TwinDrillParts) {
    const { process, bus, counts } = parts;
    this.records = new TwinProjection<DrillRecord>(process, bus.bucket('drills'));
    this.runner = new TwinRunner(this.machine(), this.records, process, () => parts.rank(), counts);
  }

  start(): void {
    const { hosts, vms } = this.parts;
    vms.onChange((name, entry, before) => {
      if (!(entry?.value ?? before)?.canary) return;
      for (const { host } of this.records.values()) if (canaryName(host) === name) this.runner.poke(host);
    });
    hosts.onChange((host) => {
      if (this.records.get(host)) this.runner.poke(host);
    });
    this.runner.start();
  }

  begin(request: unknown, reply: Done): void {
    const { parts } = this;
    const asked = request as DrillRequest;
    this.runner.change(
      asked.host,
      (known) => {
        const canary = parts.vms.value(canaryName(asked.host));
        const facts = { hosts: parts.hosts.values(), drills: this.records.values(), canary, arming: parts.arming() };
        return admitDrill(known, asked, facts, parts.env());
      },
      reply,
    );
  }

  private machine(): TwinMachine<DrillRecord, DrillEffect> {
    const { parts } = this;
    return {
      noun: 'drill',
      identity: ({ host }) => host,
      isGone: () => false,
      publish: (key, _state, transition) => parts.published(key, transition),
      step: ({ value: drill }, answer) =>
        stepThrough(
          parts.planted.drill,
          {
            drill,
            host: parts.hosts.value(drill.host),
            canary: parts.vms.value(canaryName(drill.host)),
            watchdog: parts.observed.value(drill.host)?.watchdog ?? null,
            arming: parts.arming(),
            timing: defaultDrillTiming,
            env: parts.env(),
            answer,
          },
          stepDrill,
        ),
      perform: (effect, { value }, done) => this.perform(effect, value.host, done),
    };
  }

  /** Whose machine its devices switch, and how they read. */
  private checkPower(record: HostRecord, done: (reply: Reply<PowerFound>) => void): void {
    const { parts } = this;
    const { host } = record;
    if (!parts.power.has(host)) {
      done(accepted({ state: 'none', detail: '', unanswered: [], off: [] }));
      return;
    }
    const act = (answer: typeof done): void =>
      parts.power.look(record, (found) => {
        const power = powerOf(found);
        const off = found.filter(({ reads }) => reads === 'off').map(({ device }) => device);
        if (power === null) answer(bmcHangs.result);
        else answer(accepted({ state: power.state, detail: power.detail, unanswered: power.unanswered ?? [], off }));
      });
    parts.process.perform({ kind: 'drill power', key: host, act, unanswered: bmcHangs, travels: true }, done);
  }

  private perform(effect: DrillEffect, host: string, done: Done): void {
    const { process, bus, hosts } = this.parts;
    if (effect.kind === 'check-power') {
      const record = hosts.value(host);
      if (record) this.checkPower(record, done);
      return;
    }
    const to = { service: 'scheduler', node: null, name: `canary-${effect.kind}` };
    const request = { operation: effect.operation, vm: effect.vm };
    bus.request(process, to, effect.kind === 'create' ? { ...request, host } : request, schedulerTimeoutMs, done);
  }
}

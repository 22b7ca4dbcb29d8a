import type { Bus } from '@holdfast/bus';
import {
  accepted,
  canaryCreate,
  canaryDelete,
  canaryEvict,
  drills,
  type Arming,
  type DrillRecord,
  type HostRecord,
  type Observed,
  type Reply,
  type VmRecord,
} from '@holdfast/contracts';
import type { Env } from '@holdfast/kernel';
import { MachineRunner, Projection, type Clock, type RunnerLog } from '@holdfast/runtime';
import {
  admitDrill,
  canaryName,
  defaultDrillTiming,
  stepDrill,
  type DrillEffect,
  type DrillReply,
  type DrillRequest,
  type DrillTiming,
  type PowerFound,
} from './core/index.js';
import type { HostPower } from './host-power.js';

const schedulerTimeoutMs = 3000;

/** What drills look at and ask. */
export interface DrillParts {
  bus: Bus;
  clock: Clock;
  log: RunnerLog;
  rank(): number;
  env(): Env;
  arming(): Arming;
  hosts: Projection<HostRecord>;
  observed: Projection<Observed>;
  vms: Projection<VmRecord>;
  actions: { power: Pick<HostPower, 'check' | 'readAll'> };
  timing?: Partial<DrillTiming>;
}

/** The thin shell around the drills: watches their canaries, steps, asks the scheduler. */
export class Drills {
  readonly projection: Projection<DrillRecord>;
  private readonly runner: MachineRunner<DrillRecord, DrillEffect>;
  private readonly timing: DrillTiming;

  constructor(private readonly parts: DrillParts) {
    const { bus, clock, log, rank } = parts;
    this.timing = { ...defaultDrillTiming, ...parts.timing };
    this.projection = new Projection(bus, drills);
    const machine = {
      noun: 'drill',
      contract: drills,
      identity: ({ host }: DrillRecord) => host,
      isGone: () => false,
      step: ({ value: drill }: { value: DrillRecord }, answer: (key: string) => Answer | null) =>
        stepDrill({
          drill,
          host: parts.hosts.value(drill.host),
          canary: parts.vms.value(canaryName(drill.host)),
          watchdog: parts.observed.value(drill.host)?.watchdog ?? null,
          arming: parts.arming(),
          timing: this.timing,
          env: parts.env(),
          answer,
        }),
      perform: (effect: DrillEffect, { value }: { value: DrillRecord }) => this.perform(effect, value.host),
    };
    this.runner = new MachineRunner(machine, this.projection, bus, { clock, log, rank: () => rank() });
  }

  /** Call once its projection, and those it was given, are ready. */
  start(): void {
    const { hosts, vms } = this.parts;
    vms.onChange((name, entry, before) => {
      if (!(entry?.value ?? before)?.canary) return;
      for (const { host } of this.projection.values()) if (canaryName(host) === name) this.runner.poke(host);
    });
    hosts.onChange((host) => {
      if (this.projection.get(host)) this.runner.poke(host);
    });
    this.runner.start();
  }

  stop(): void {
    this.runner.stop();
  }

  async begin(request: DrillRequest): Promise<DrillReply> {
    const { parts } = this;
    const reply = await this.runner.change(request.host, (known) => {
      const canary = parts.vms.value(canaryName(request.host));
      const facts = { hosts: parts.hosts.values(), drills: this.projection.values(), canary, arming: parts.arming() };
      return admitDrill(known, request, facts, parts.env());
    });
    return reply as DrillReply;
  }

  /** By host: until its results expire, negative when they have; nothing for a host whose first drill goes on. */
  expiresInMs(): Map<string, number> {
    const { nowMs } = this.parts.env();
    const ended = this.projection.values().filter(({ expiresAtMs }) => expiresAtMs !== null);
    return new Map(ended.map(({ host, expiresAtMs }) => [host, (expiresAtMs ?? 0) - nowMs]));
  }

  private async perform(effect: DrillEffect, host: string): Promise<Reply<unknown>> {
    if (effect.kind === 'check-power') return await this.checkPower(host);
    const { bus } = this.parts;
    const options = { timeoutMs: schedulerTimeoutMs };
    const request = { operation: effect.operation, vm: effect.vm };
    if (effect.kind === 'create') return await bus.request(canaryCreate, null, { ...request, host }, options);
    return await bus.request(effect.kind === 'evict' ? canaryEvict : canaryDelete, null, request, options);
  }

  /** Whose its fence devices are, and how they read; nothing is switched. */
  private async checkPower(host: string): Promise<Reply<PowerFound>> {
    const record = this.parts.hosts.value(host);
    const { power } = this.parts.actions;
    if (!record) return accepted({ state: 'none', detail: '', unanswered: [], off: [] });
    const checked = await power.check(record);
    if (!checked.ok) return checked;
    const { state, detail, unanswered = [] } = checked.value;
    if (state !== 'verified') return accepted({ state, detail, unanswered, off: [] });
    const readings = await power.readAll(host);
    const named = (wanted: 'off' | null): string[] =>
      readings.filter(({ reads }) => reads === wanted).map(({ device }) => device);
    const said = [detail, ...readings.map((reading) => reading.detail)].filter((text) => text !== '').join('; ');
    const silent = [...new Set([...unanswered, ...named(null)])];
    return accepted({ state, detail: said.slice(0, 500), unanswered: silent, off: named('off') });
  }
}

interface Answer {
  atMs: number;
  reply: Reply<unknown>;
}

/** Breaks the lab at random for a while, with several VMs on it, and lets their guests' journals judge. */
import { setTimeout as sleep } from 'node:timers/promises';
import { ApiProblem, ApiUnreachable, type IncidentView } from '@holdfast/client';
import { LabError } from '../errors.js';
import { JudgedGuest } from '../judged-guest.js';
import { mend, untilWell } from '../mend.js';
import { spreadOf, type Spread } from '../spread.js';
import { openSystem, systemUp, type System } from '../system.js';
import { act } from './act.js';
import {
  badWrites,
  endsOfWriting,
  leaked,
  miscounted,
  recoveriesMs,
  unprovoked,
  type Provocation,
  type VmEvent,
} from './judge.js';
import { chaosRound, faultText, machineOf, type ChaosFault, type ChaosKind, type ChaosTargets } from './plan.js';

const wellWithinMs = 300_000;
/** Several journals are read at once, for a long time. */
const pollEveryMs = 25;
/** Enough for what is done to them; a VM that was given up would be no loss of ours to find. */
const policy = { maxRestart: 100, maxRelocate: 100, restartWindowSeconds: 10, stopGraceSeconds: 5 };
const beforeVerdictMs = 5000;

export interface ChaosOptions {
  stateDirectory: string;
  minutes: number;
  seed: number;
  hosts: number;
  controlNodes: number;
  controlOnHosts: boolean;
  vms: number;
  progress(step: string): void;
  /** What was done, as it is done: a line for people. */
  told(line: string): void;
  signal: AbortSignal;
}

export interface ChaosResult {
  ok: boolean;
  seed: number;
  minutes: number;
  rounds: number;
  doubleRounds: number;
  faults: Partial<Record<ChaosKind, number>>;
  /** Planned, but not possible at that moment. */
  skipped: { fault: string; reason: string }[];
  incidents: { opened: number; fenced: number };
  /** Copies that were lost and started again: since the guest's last write. */
  recoveries: number;
  recoveryMs: (Spread & { longest: number }) | null;
  /** From the end of a round's faults until all was well. */
  settleMs: (Spread & { longest: number }) | null;
  staleWrites: string[];
  /** Hosts that were fenced although nothing had been done to them, each with all that is known of it. */
  falseFences: { text: string; incident: IncidentView }[];
  lostVms: string[];
  leaked: string[];
}

/**
 * Uses the system that runs in this directory, or brings one up and takes it down again.
 * @throws LabError when the lab itself fails; what Holdfast does wrong is in the result.
 */
export async function runChaos(options: ChaosOptions): Promise<ChaosResult> {
  const { stateDirectory, progress } = options;
  const running = await openSystem(stateDirectory);
  progress(running ? 'using the system that runs here' : `bringing up a lab of its own, ${options.hosts} hosts`);
  const system = running ?? (await systemUp(options));
  const run = new ChaosRun(system, options);
  try {
    return await run.perform();
  } finally {
    await run.close();
    await system.client.close();
    if (!running) {
      progress('taking the lab down');
      await system.lab.down();
    }
  }
}

class ChaosRun {
  private readonly guests: JudgedGuest[] = [];
  private readonly events = new Map<string, Map<string, VmEvent>>();
  private readonly counts: Partial<Record<ChaosKind, number>> = {};
  private readonly skipped: ChaosResult['skipped'] = [];
  private readonly provocations: Provocation[] = [];
  private readonly settleTimesMs: number[] = [];
  private readonly notWell: string[] = [];
  private rounds = 0;
  private doubleRounds = 0;

  constructor(
    private readonly system: System,
    private readonly options: ChaosOptions,
  ) {}

  async perform(): Promise<ChaosResult> {
    const { system: { lab, client }, options } = this;
    const { progress, signal } = options;
    await untilWell(lab, client, { vms: [], withinMs: wellWithinMs, signal });
    const startedAtMs = Date.now();
    await this.createGuests();
    const endAtMs = performance.now() + options.minutes * 60_000;
    while (performance.now() < endAtMs && this.notWell.length === 0) {
      this.rounds += 1;
      await this.round(this.rounds);
    }
    progress('mending everything');
    await this.settle();
    if (this.notWell.length === 0) {
      await Promise.all(this.guests.map((guest) => guest.untilWrites(2).catch((error: unknown) => this.lost(error))));
    }
    await sleep(beforeVerdictMs, undefined, { signal });
    return await this.verdict(startedAtMs);
  }

  async close(): Promise<void> {
    await Promise.all(this.guests.map((guest) => guest.close()));
  }

  private get targets(): ChaosTargets {
    const { nodes } = this.system.lab;
    return {
      hosts: nodes.filter(({ kind }) => kind === 'host').map(({ name }) => name),
      control: nodes.filter(({ runsControl }) => runsControl).map(({ name }) => name),
      vms: this.guests.map(({ name }) => name),
    };
  }

  private async createGuests(): Promise<void> {
    const { system: { lab, client }, options: { vms, progress, signal } } = this;
    const { hosts } = this.targets;
    for (let index = 0; index < vms; index += 1) {
      const name = `chaos-${index + 1}`;
      const host = hosts[index % hosts.length] ?? null;
      progress(`creating ${name}`);
      this.guests.push(await JudgedGuest.create({ lab, client, signal }, { name, host, policy }, pollEveryMs));
    }
  }

  private async round(number: number): Promise<void> {
    const { system: { lab, client }, options } = this;
    const { seed, told, signal } = options;
    const { faults, settles, restMs } = chaosRound(seed, number, this.targets);
    if (faults.length > 1) this.doubleRounds += 1;
    const texts = faults.map(({ afterMs, fault }) =>
      (afterMs === 0 ? faultText(fault) : `${faultText(fault)}, ${(afterMs / 1000).toFixed(1)} s later`));
    told(`${number}: ${texts.join('; ')}${settles ? '' : '; in haste'}`);
    await Promise.all(faults.map(async ({ afterMs, fault }) => {
      await sleep(afterMs, undefined, { signal });
      const fromMs = Date.now();
      this.count(fault, await act({ lab, client, signal }, fault));
      const host = machineOf(fault);
      if (host !== null) this.provocations.push({ host, fromMs, toMs: Date.now() });
    }));
    await this.collectEvents();
    if (settles) await this.settle();
    else await mend(lab);
    await sleep(restMs, undefined, { signal });
  }

  private count(fault: ChaosFault, reason: string | null): void {
    if (reason === null) this.counts[fault.kind] = (this.counts[fault.kind] ?? 0) + 1;
    else this.skipped.push({ fault: faultText(fault), reason });
  }

  private async settle(): Promise<void> {
    const { system: { lab, client }, options: { progress, signal } } = this;
    const begunMs = performance.now();
    progress(`round ${this.rounds}: waiting for all to be well`);
    try {
      await untilWell(lab, client, { vms: this.targets.vms, withinMs: wellWithinMs, signal });
      this.settleTimesMs.push(Math.round(performance.now() - begunMs));
    } catch (error) {
      this.lost(error);
    }
    await this.collectEvents();
  }

  private lost(error: unknown): void {
    if (!(error instanceof LabError && error.code === 'timeout')) throw error;
    this.notWell.push(error.message);
    this.options.told(`  not well: ${error.message}`);
  }

  private falseFence(incident: IncidentView): ChaosResult['falseFences'][number] {
    const { id, host, verdict, timeline } = incident;
    const text = `${host} was fenced as ${verdict} (${id}), and nothing had been done to it`;
    this.options.told(text);
    for (const entry of timeline) this.options.told(`  ${entry.sinceHeardMs} ms  ${entry.subject}  ${entry.text}`);
    return { text, incident };
  }

  /** The API forgets old events in time, and may be away right now: then the next look brings them. */
  private async collectEvents(): Promise<void> {
    for (const { name } of this.guests) {
      const known = this.events.get(name) ?? new Map<string, VmEvent>();
      this.events.set(name, known);
      try {
        for (const event of await this.system.client.vmEvents(name)) known.set(event.id, event);
      } catch (error) {
        if (!(error instanceof ApiProblem || error instanceof ApiUnreachable)) throw error;
      }
    }
  }

  private eventsOf(vm: string): VmEvent[] {
    return [...(this.events.get(vm)?.values() ?? [])].sort((a, b) => a.data.atMs - b.data.atMs);
  }

  private async verdict(startedAtMs: number): Promise<ChaosResult> {
    const { system: { lab, client }, options } = this;
    const incidents = (await client.all((page) => client.incidents(page)))
      .filter(({ openedAtMs }) => openedAtMs >= startedAtMs);
    const recoveries = this.guests.flatMap(({ name, journal }) =>
      recoveriesMs(journal.records, this.eventsOf(name)));
    const names = this.guests.map(({ name }) => name);
    const lostVms = [...this.notWell, ...(await miscounted(lab, client, names))];
    const staleWrites = this.guests.flatMap(({ name, journal }) =>
      badWrites(name, journal.records, endsOfWriting(this.eventsOf(name))));
    const falseFences = unprovoked(incidents, this.provocations).map((incident) => this.falseFence(incident));
    const found = await leaked(lab, client);
    if (lostVms.length === 0 && staleWrites.length === 0) {
      options.progress('deleting the VMs');
      for (const guest of this.guests) await guest.delete();
      found.push(...(await leaked(lab, client)));
    }
    return {
      ok: [lostVms, staleWrites, falseFences, found].every(({ length }) => length === 0),
      seed: options.seed,
      minutes: options.minutes,
      rounds: this.rounds,
      doubleRounds: this.doubleRounds,
      faults: this.counts,
      skipped: this.skipped,
      incidents: {
        opened: incidents.length,
        fenced: incidents.filter(({ fencingAtMs }) => fencingAtMs !== null).length,
      },
      recoveries: recoveries.length,
      recoveryMs: withLongest(recoveries),
      settleMs: withLongest(this.settleTimesMs),
      staleWrites,
      falseFences,
      lostVms,
      leaked: [...new Set(found)],
    };
  }
}

function withLongest(values: readonly number[]): (Spread & { longest: number }) | null {
  const spread = spreadOf(values);
  return spread && { ...spread, longest: Math.max(...values) };
}

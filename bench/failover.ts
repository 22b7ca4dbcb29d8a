/** How long each phase of a failover takes in the lab, fault by fault, as the cluster's own records tell. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { IncidentView } from '@holdfast/client';
import {
  JudgedGuest,
  LabError,
  openSystem,
  spreadOf,
  systemUp,
  untilWell,
  waitUntil,
  type Spread,
  type System,
} from '@holdfast/lab';
import { failoverFaults, possibleFaults, refuseImpossible, strike, victimOf, type FailoverFault } from './fault.js';
import { phasesOf, type Phases } from './phases.js';

const hostCount = 3;
const comeBackWithinMs = 120_000;
const wellWithinMs = 180_000;
/** A host that was just suspected is left alone for a while; that is no part of the next run. */
const restMs = 3500;
const lookEveryMs = 100;

export interface FailoverRun extends Partial<Phases> {
  fault: FailoverFault;
  run: number;
  host: string;
  /** How long the lab took to do the fault; phases count from its begin. */
  strikeMs?: number;
  /** From its QEMU running to the guest's first write: it boots in an emulated CPU. */
  guestBootMs?: number;
  staleWrites: number;
  /** A sentence on what went wrong; null if all is well. */
  failure: string | null;
}

type PhaseName = keyof Phases;

export type FailoverCase = { fault: FailoverFault; runs: number; guestBootMs: Spread | null }
  & Record<PhaseName, Spread | null>
  & { staleWrites: number; failures: string[]; raw: FailoverRun[] };

export interface FailoverBench {
  cases: FailoverCase[];
}

export interface FailoverBenchOptions {
  stateDirectory: string;
  runs: number;
  /** Null: all of them, but of a system that runs here those that it can do. */
  faults: readonly FailoverFault[] | null;
  /** Steps on the way; the first says whose lab it is. */
  progress(step: string): void;
  /** A run that has ended. */
  told(run: FailoverRun): void;
  signal: AbortSignal;
}

/**
 * Uses the system that runs in this directory, or brings one up and takes it down again; one more for `with-bus`, whose
 * hosts carry the control side.
 * @throws LabError when the lab cannot do a fault, or does not become well again.
 */
export async function benchFailover(options: FailoverBenchOptions): Promise<FailoverBench> {
  const running = await openSystem(options.stateDirectory);
  if (running) {
    options.progress('using the system that runs here');
    try {
      const faults = options.faults ?? possibleFaults(running.lab);
      refuseImpossible(running.lab, faults);
      return { cases: await casesIn(running, { ...options, faults }) };
    } finally {
      await running.client.close();
    }
  }
  const faults = options.faults ?? failoverFaults;
  const withBus = faults.filter((fault) => fault === 'with-bus');
  const without = faults.filter((fault) => fault !== 'with-bus');
  return {
    cases: [
      ...(await casesInOwnLab({ ...options, faults: without }, {})),
      ...(await casesInOwnLab({ ...options, faults: withBus }, { controlNodes: 3, controlOnHosts: true })),
    ],
  };
}

type ChosenFaults = FailoverBenchOptions & { faults: readonly FailoverFault[] };

async function casesInOwnLab(
  options: ChosenFaults,
  control: { controlNodes?: number; controlOnHosts?: boolean },
): Promise<FailoverCase[]> {
  const { stateDirectory, progress } = options;
  if (options.faults.length === 0) return [];
  progress(`bringing up a lab of its own, ${hostCount} hosts${control.controlOnHosts ? ' with the control side' : ''}`);
  const system = await systemUp({ stateDirectory, hosts: hostCount, ...control, progress });
  try {
    return await casesIn(system, options);
  } finally {
    await system.client.close();
    progress('taking the lab down');
    await system.lab.down();
  }
}

async function casesIn(system: System, options: ChosenFaults): Promise<FailoverCase[]> {
  const { faults, runs, progress, told, signal } = options;
  const cases: FailoverCase[] = [];
  for (const fault of faults) {
    const raw: FailoverRun[] = [];
    for (let run = 0; run < runs; run += 1) {
      const ended = await new Measurement(system, fault, run, progress, signal).take();
      raw.push(ended);
      told(ended);
    }
    cases.push(caseOf(fault, raw));
  }
  return cases;
}

export function caseOf(fault: FailoverFault, raw: FailoverRun[]): FailoverCase {
  const of = (field: PhaseName | 'guestBootMs'): Spread | null =>
    spreadOf(raw.flatMap((run) => run[field] ?? []));
  return {
    fault,
    runs: raw.length,
    suspectedMs: of('suspectedMs'),
    provenMs: of('provenMs'),
    placedMs: of('placedMs'),
    attachedMs: of('attachedMs'),
    runningMs: of('runningMs'),
    guestBootMs: of('guestBootMs'),
    staleWrites: raw.reduce((sum, { staleWrites }) => sum + staleWrites, 0),
    failures: raw.flatMap(({ failure }) => failure ?? []),
    raw,
  };
}

/** One fault done to a host with one VM on it, until all is well again and the VM is gone. */
class Measurement {
  constructor(
    private readonly system: System,
    private readonly fault: FailoverFault,
    private readonly run: number,
    private readonly progress: (step: string) => void,
    private readonly signal: AbortSignal,
  ) {}

  async take(): Promise<FailoverRun> {
    const { system: { lab, client }, fault, run, signal } = this;
    const options = { withinMs: wellWithinMs, signal };
    this.say('waiting for all to be well');
    await untilWell(lab, client, { vms: [], ...options });
    const host = await victimOf({ lab, client }, fault, run);
    const name = `bench-${fault}-${run + 1}`;
    this.say(`creating ${name} on ${host}`);
    const guest = await JudgedGuest.create({ lab, client, signal }, { name, host });
    try {
      await sleep(restMs, undefined, { signal });
      const result = await this.measure(guest, host);
      this.say('waiting for all to be well again');
      await untilWell(lab, client, { vms: [name], ...options });
      return this.judged(guest, result);
    } finally {
      await guest.close();
      // Without power or network somewhere it may have to wait; the lab's own end needs no orderly deletion.
      if (!signal.aborted) await guest.delete();
    }
  }

  private say(step: string): void {
    this.progress(`${this.fault} ${this.run + 1}: ${step}`);
  }

  private async measure(guest: JudgedGuest, host: string): Promise<Measured> {
    const { system: { lab, client }, fault, run, signal } = this;
    const { generation } = await client.vm(guest.name);
    const oldBootId = guest.bootId;
    this.say(`${host} is struck`);
    const faultAtMs = Date.now();
    const { lasts } = await strike(lab, fault, { host, vm: guest.name });
    const strikeMs = Date.now() - faultAtMs;
    const about = { fault, run: run + 1, host, strikeMs, staleWrites: 0 };
    try {
      await waitUntil(`${guest.name} to run again`, async () => {
        const vm = await client.vm(guest.name);
        return vm.phase === 'running' && vm.generation > generation;
      }, { withinMs: comeBackWithinMs, everyMs: lookEveryMs, signal });
      this.say(`${guest.name} runs again; its guest boots`);
      const wroteAtMs = await guest.untilNewBoot(oldBootId);
      const incidents = await this.incidentsSince(faultAtMs, host);
      const phases = phasesOf(faultAtMs, incidents, await client.vmEvents(guest.name));
      if (typeof phases === 'string') return { oldBootId, faultAtMs, run: { ...about, failure: phases } };
      const guestBootMs = wroteAtMs - faultAtMs - phases.runningMs;
      return { oldBootId, faultAtMs, run: { ...about, ...phases, guestBootMs, failure: null } };
    } catch (error) {
      if (!(error instanceof LabError && error.code === 'timeout')) throw error;
      return { oldBootId, faultAtMs, run: { ...about, failure: error.message } };
    } finally {
      await lasts;
    }
  }

  private async incidentsSince(faultAtMs: number, host: string): Promise<IncidentView[]> {
    const { items } = await this.system.client.incidents();
    return items.filter((incident) => incident.host === host && incident.openedAtMs >= faultAtMs);
  }

  /** After the lost host is back: by then an old copy that still could write would have. */
  private judged(guest: JudgedGuest, { oldBootId, faultAtMs, run }: Measured): FailoverRun {
    const provenAtMs = run.provenMs === undefined ? Infinity : faultAtMs + run.provenMs;
    const staleWrites = guest.journal.staleWrites(oldBootId, provenAtMs);
    const wrong = staleWrites > 0 ? `${staleWrites} stale writes` : 'its journal is not whole';
    const failure = staleWrites > 0 || !guest.journal.isWhole() ? `${guest.name}: ${wrong}` : run.failure;
    return { ...run, staleWrites, failure };
  }
}

interface Measured {
  oldBootId: string;
  faultAtMs: number;
  run: FailoverRun;
}

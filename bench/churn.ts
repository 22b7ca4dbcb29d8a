/** How many hosts stay empty while VMs come and go: what `packed` leaves to be switched off, beside known policies. */
import { setTimeout as sleep } from 'node:timers/promises';
import { defaultSettings } from '@holdfast/contracts';
import { placeOn, Snapshot } from '@holdfast/scheduler/core';
import { knownPolicies, PlainPlacer } from './churn-policies.js';
import { churnTrace, traceHost, type Trace, type TraceVm } from './churn-trace.js';
import { cpuMsSince } from './cpu-time.js';
import { median } from './median.js';
import { addPlainHosts, anywhere, heldOn } from './place-cluster.js';

/** Of `packed`, behind the best of the others. */
export const pointsBehindAtMost = 1;
const usedShare = 0.74;
/** Mean ones, so that those that stay long have come to be as many as they will be. */
const lifetimes = 100;

export interface ChurnPolicy {
  name: string;
  /** Of all hosts, over the second half of the time: the median of all rounds. */
  emptyPercent: number;
  /** Of all CPUs. */
  usedPercent: number;
  /** VMs that no host could take when they came, in all rounds. */
  refused: number;
  /** Placements that broke a rule or a host's size, in all rounds. */
  broken: number;
  cpuSeconds: number;
}

export interface ChurnBench {
  hosts: number;
  rounds: number;
  /** Of one round. */
  vms: number;
  /** The scheduler's own policies first. */
  policies: ChurnPolicy[];
  failures: string[];
}

export interface ChurnOptions {
  hosts: number;
  rounds: number;
  progress(step: string): void;
}

/** What a policy is to a trace: where each VM goes, by the host's index. */
interface Placer {
  put(vm: TraceVm): number | null;
  remove(vm: TraceVm, host: number): void;
}

const own = ['packed', 'balanced'] as const;

export async function benchChurn({ hosts, rounds, progress }: ChurnOptions): Promise<ChurnBench> {
  const placers = new Map<string, (trace: Trace) => Placer>();
  for (const policy of own) placers.set(policy, (trace) => new OwnPlacer(trace, hosts, policy));
  for (const [name, likes] of Object.entries(knownPolicies)) placers.set(name, () => new PlainPlacer(hosts, likes));
  const runs = new Map<string, Run[]>();
  let vms = 0;
  for (let round = 1; round <= rounds; round += 1) {
    const trace = churnTrace(String(round), hosts, usedShare, lifetimes);
    vms = trace.comeCount;
    for (const [name, make] of placers) {
      progress(`${name}: ${vms} VMs come to ${hosts} hosts and go, round ${round} of ${rounds}`);
      await sleep(0);
      runs.set(name, [...(runs.get(name) ?? []), runOf(trace, hosts, make(trace))]);
    }
  }
  const policies = [...runs].map(([name, of]) => summary(name, of));
  return { hosts, rounds, vms, policies, failures: failuresOf(policies) };
}

interface Run {
  emptyPercent: number;
  usedPercent: number;
  refused: number;
  broken: number;
  cpuMs: number;
}

function runOf(trace: Trace, hosts: number, placer: Placer): Run {
  const cpu = process.cpuUsage();
  const judge = new Judge(hosts, trace.endsAtS / 2);
  const at = new Map<string, number>();
  for (const { atS, vm, isLeaving } of trace.events) {
    const host = isLeaving ? (at.get(vm.name) ?? null) : placer.put(vm);
    if (!isLeaving) judge.came(vm, host, atS);
    if (host === null) continue;
    if (!isLeaving) at.set(vm.name, host);
    else {
      placer.remove(vm, host);
      judge.left(vm, host, atS);
    }
  }
  return { ...judge.verdict(), cpuMs: cpuMsSince(cpu) };
}

/** The scheduler's core, as it is. */
class OwnPlacer implements Placer {
  private readonly snapshot = new Snapshot();

  constructor(trace: Trace, hosts: number, policy: (typeof own)[number]) {
    this.snapshot.settings = { ...defaultSettings, policy };
    addPlainHosts(this.snapshot, hosts, { ...traceHost, cpuRatio: 1 });
    this.snapshot.setRules(trace.rules);
  }

  put({ name, cpus, memoryMiB }: TraceVm): number | null {
    const seeker = { name, cpus, memoryMiB, pools: [], home: null };
    const { host } = placeOn(this.snapshot, seeker, anywhere);
    if (host === null) return null;
    this.snapshot.setVm(name, heldOn(seeker, host));
    return Number(host.slice(1));
  }

  remove({ name }: TraceVm): void {
    this.snapshot.setVm(name, null);
  }
}

/** Counts by itself, and looks at every placement. */
class Judge {
  private readonly on: Map<string, TraceVm>[];
  private empty: number;
  private usedCpus = 0;
  private sinceS = 0;
  private readonly sums = { emptyS: 0, usedCpuS: 0, s: 0 };
  private refused = 0;
  private broken = 0;

  constructor(
    private readonly hosts: number,
    private readonly fromS: number,
  ) {
    this.on = Array.from({ length: hosts }, () => new Map());
    this.empty = hosts;
  }

  came(vm: TraceVm, host: number | null, atS: number): void {
    this.until(atS);
    const there = host === null ? undefined : this.on[host];
    if (!there) {
      this.refused += 1;
      return;
    }
    if (!isAllowed([...there.values()], vm)) this.broken += 1;
    if (there.size === 0) this.empty -= 1;
    there.set(vm.name, vm);
    this.usedCpus += vm.cpus;
  }

  left(vm: TraceVm, host: number, atS: number): void {
    this.until(atS);
    const there = this.on[host];
    there?.delete(vm.name);
    if (there?.size === 0) this.empty += 1;
    this.usedCpus -= vm.cpus;
  }

  verdict(): Omit<Run, 'cpuMs'> {
    const { emptyS, usedCpuS, s } = this.sums;
    return {
      emptyPercent: (100 * emptyS) / (s * this.hosts),
      usedPercent: (100 * usedCpuS) / (s * this.hosts * traceHost.cpus),
      refused: this.refused,
      broken: this.broken,
    };
  }

  private until(atS: number): void {
    const s = Math.max(0, atS - Math.max(this.sinceS, this.fromS));
    this.sinceS = atS;
    this.sums.s += s;
    this.sums.emptyS += s * this.empty;
    this.sums.usedCpuS += s * this.usedCpus;
  }
}

function isAllowed(there: readonly TraceVm[], vm: TraceVm): boolean {
  const sum = (of: 'cpus' | 'memoryMiB'): number => there.reduce((all, each) => all + each[of], vm[of]);
  const fits = sum('cpus') <= traceHost.cpus && sum('memoryMiB') <= traceHost.memoryMiB;
  return fits && !(vm.service !== null && there.some(({ service }) => service === vm.service));
}

function summary(name: string, runs: readonly Run[]): ChurnPolicy {
  const sum = (of: 'refused' | 'broken'): number => runs.reduce((all, run) => all + run[of], 0);
  return {
    name,
    emptyPercent: median(runs.map((run) => run.emptyPercent)),
    usedPercent: median(runs.map((run) => run.usedPercent)),
    refused: sum('refused'),
    broken: sum('broken'),
    cpuSeconds: median(runs.map((run) => run.cpuMs)) / 1000,
  };
}

function failuresOf(policies: readonly ChurnPolicy[]): string[] {
  const failures = policies
    .filter(({ broken }) => broken > 0)
    .map(({ name, broken }) => `${name} broke a rule or a host's size ${broken} times`);
  const best = policies.reduce((one, other) => (other.emptyPercent > one.emptyPercent ? other : one));
  const behind = best.emptyPercent - (policies[0]?.emptyPercent ?? 0);
  if (behind > pointsBehindAtMost) {
    failures.push(`packed keeps ${behind.toFixed(1)} points fewer hosts empty than ${best.name}`);
  }
  return failures;
}

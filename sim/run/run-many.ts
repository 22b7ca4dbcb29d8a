/** Many seeds on all cores of the machine. */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Violation } from '../check/checker.js';
import type { SeedOptions, SeedResult } from './run-seed.js';

export interface BrokenSeed {
  seed: number;
  violations: Violation[];
  replay: string;
}

export interface Totals {
  seeds: number;
  events: number;
  steps: number;
  quietSteps: number;
  virtualHours: number;
  faultsByKind: Record<string, number>;
  recoveries: { count: number; medianMs: number; p99Ms: number; maxMs: number };
  broken: BrokenSeed[];
  tookMs: number;
  /** Cores of the machine that took part. */
  workers: number;
  stepsPerSecondPerCore: number;
}

/** What one worker is asked. */
export interface Chunk {
  from: number;
  to: number;
  options: Omit<SeedOptions, 'only' | 'planted' | 'recorded'>;
}

const chunkSize = 8;

export interface Reporting {
  progress(done: number, of: number): void;
  broken(seed: BrokenSeed): void;
  /** As many as the machine has cores, unless told. */
  workers?: number;
  signal?: AbortSignal;
}

export async function runMany(
  range: { from: number; to: number },
  options: Chunk['options'],
  report: Reporting,
): Promise<Totals> {
  const startMs = performance.now();
  const of = range.to - range.from + 1;
  const totals: Totals = {
    seeds: 0,
    events: 0,
    steps: 0,
    quietSteps: 0,
    virtualHours: 0,
    faultsByKind: {},
    recoveries: { count: 0, medianMs: 0, p99Ms: 0, maxMs: 0 },
    broken: [],
    tookMs: 0,
    workers: Math.min(report.workers ?? availableParallelism(), Math.ceil(of / chunkSize)),
    stepsPerSecondPerCore: 0,
  };
  const tookMs: number[] = [];
  let next = range.from;
  const take = (): Chunk | null => {
    if (next > range.to || report.signal?.aborted) return null;
    const from = next;
    next = Math.min(range.to, from + chunkSize - 1) + 1;
    return { from, to: next - 1, options };
  };
  const add = (result: SeedResult): void => {
    totals.seeds += 1;
    totals.events += result.events;
    totals.steps += result.steps;
    totals.quietSteps += result.quietSteps;
    totals.virtualHours += result.virtualMs / 3_600_000;
    for (const [kind, count] of Object.entries(result.faultsByKind)) {
      totals.faultsByKind[kind] = (totals.faultsByKind[kind] ?? 0) + count;
    }
    for (const { faultAtMs, runningAtMs } of result.recoveries) tookMs.push(runningAtMs - faultAtMs);
    if (result.violations.length > 0) {
      const { seed, violations } = result;
      const broken = { seed, violations, replay: replayOf(seed, options) };
      totals.broken.push(broken);
      report.broken(broken);
    }
    report.progress(totals.seeds, of);
  };
  await Promise.all(Array.from({ length: totals.workers }, () => work(take, add)));
  totals.broken.sort((a, b) => a.seed - b.seed);
  totals.recoveries = summaryOf(tookMs);
  totals.tookMs = Math.round(performance.now() - startMs);
  totals.stepsPerSecondPerCore = Math.round((totals.steps * 1000) / totals.tookMs / totals.workers);
  return totals;
}

async function work(take: () => Chunk | null, add: (result: SeedResult) => void): Promise<void> {
  const worker = new Worker(new URL('./worker.js', import.meta.url));
  try {
    await new Promise<void>((resolve, reject) => {
      const give = (): void => {
        const chunk = take();
        if (chunk) worker.postMessage(chunk);
        else resolve();
      };
      worker.on('message', (message: SeedResult | 'done') => {
        if (message === 'done') give();
        else add(message);
      });
      worker.on('error', reject);
      give();
    });
  } finally {
    await worker.terminate();
  }
}

function replayOf(seed: number, options: Chunk['options']): string {
  const { hosts, vms, minutes, faults } = options;
  const kinds = faults.length === 0 ? 'all' : faults.join(',');
  return `holdfast sim seed ${seed} --hosts ${hosts} --vms ${vms} --minutes ${minutes} --faults ${kinds} --trace`;
}

function summaryOf(tookMs: number[]): Totals['recoveries'] {
  const sorted = tookMs.sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return { count: sorted.length, medianMs: at(0.5), p99Ms: at(0.99), maxMs: at(1) };
}

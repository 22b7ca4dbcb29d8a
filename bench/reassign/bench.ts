/** How cheap an assignment the search finds for instances of the ROADEF/EURO challenge 2012, each in the same time. */
import { brokenBy, costOf, type Cost } from '@holdfast/scheduler/core';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { instanceNames, readInstance } from './instance.js';
import { BadFile } from './numbers.js';
import { searchFor } from './search.js';

/** What is kept for the last check, for writing and for going: the first check's time so often, and something. */
const [closingChecks, closingMs] = [3, 500];
const threads = 2;

export interface ReassignOptions {
  directory: string;
  /** Null for all. */
  only: readonly string[] | null;
  seconds: number;
  /** Where the assignments found go; null for nowhere. */
  out: string | null;
  seed: number;
  /** By `performance.now()`, when the time of the first instance began: that of the process's start is 0. */
  sinceMs: number;
  progress(step: string): void;
}

export interface ReassignRun {
  instance: string;
  processes: number;
  machines: number;
  resources: number;
  initialCost: number;
  /** Recomputed from the definitions, as is `broken`. */
  cost: Cost;
  broken: string[];
  /** Of the challenge's winner; null where the directory does not say. */
  winnerCost: number | null;
  ratio: number | null;
  seconds: number;
  /** Of all threads together. */
  cpuSeconds: number;
  proposals: number;
}

export interface ReassignBench {
  seconds: number;
  threads: number;
  runs: ReassignRun[];
  /** Of the ratios; null when there is none. Without `a2_1`, whose best cost is near zero. */
  geometricMean: number | null;
  failures: string[];
}

export async function benchReassign(options: ReassignOptions): Promise<ReassignBench> {
  const { directory, only, seconds, out } = options;
  const known = await instanceNames(directory);
  const names = only ?? known;
  for (const name of names) {
    if (!known.includes(name)) {
      throw new BadFile(`${directory} has no model_${name}.txt; there is ${known.join(', ') || 'none at all'}`);
    }
  }
  if (names.length === 0) throw new BadFile(`${directory} has no model_X.txt; name a directory that has`);
  const winners = await winnersIn(directory);
  if (out !== null) await mkdir(out, { recursive: true });
  const runs: ReassignRun[] = [];
  for (const name of names) {
    options.progress(`${name}: ${seconds} s`);
    const startMs = runs.length === 0 ? options.sinceMs : performance.now();
    runs.push(await runOne(options, name, { startMs, winnerCost: winners.get(name) ?? null }));
  }
  const failures = runs.flatMap(({ instance, broken }) => broken.map((text) => `${instance}: ${text}`));
  return { seconds, threads, runs, geometricMean: geometricMean(runs), failures };
}

async function runOne(
  options: ReassignOptions,
  name: string,
  { startMs, winnerCost }: { startMs: number; winnerCost: number | null },
): Promise<ReassignRun> {
  const { directory, seconds, out, seed } = options;
  const usedBefore = process.cpuUsage();
  const problem = await readInstance(directory, name);
  const readMs = performance.now();
  const [wrong] = brokenBy(problem, problem.initial);
  if (wrong !== undefined) {
    const file = join(directory, `assignment_${name}.txt`);
    throw new BadFile(`${file}, line 1: the start is not feasible, ${wrong}; give the assignment of this model`);
  }
  const initialCost = costOf(problem, problem.initial).total;
  const nowMs = performance.now();
  const endMs = startMs + seconds * 1000 - closingMs - closingChecks * (nowMs - readMs);
  const leftMs = Math.max(100, endMs - nowMs);
  const { best, proposals } = await searchFor(problem, { forMs: leftMs, threads, seed });
  const broken = brokenBy(problem, best);
  if (out !== null && broken.length === 0) {
    await writeFile(join(out, `assignment_${name}.txt`), `${best.join(' ')}\n`);
  }
  const cost = costOf(problem, best);
  const { processes, machines, resources } = problem;
  const ratio = winnerCost === null || winnerCost === 0 ? null : cost.total / winnerCost;
  const tookSeconds = (performance.now() - startMs) / 1000;
  const size = { processes, machines, resources };
  const used = process.cpuUsage(usedBefore);
  const took = { seconds: tookSeconds, cpuSeconds: (used.user + used.system) / 1e6 };
  return { instance: name, ...size, initialCost, cost, broken, winnerCost, ratio, ...took, proposals };
}

export function geometricMean(runs: readonly Pick<ReassignRun, 'instance' | 'ratio'>[]): number | null {
  const logarithms = runs.flatMap(({ instance, ratio }) =>
    ratio === null || ratio <= 0 || instance === 'a2_1' ? [] : [Math.log(ratio)]);
  if (logarithms.length === 0) return null;
  return Math.exp(logarithms.reduce((sum, value) => sum + value, 0) / logarithms.length);
}

/** From `reference_results.csv` beside the instances, if it is there. */
async function winnersIn(directory: string): Promise<Map<string, number>> {
  const text = await readFile(join(directory, 'reference_results.csv'), 'utf8').catch(() => '');
  const [header = [], ...rows] = text.trim().split('\n').map((line) => line.split(','));
  const column = header.indexOf('S41_300s_published');
  if (column < 0) return new Map();
  return new Map(rows.map((row) => [row[0] ?? '', Number(row[column])] as const).filter(([, cost]) => cost > 0));
}

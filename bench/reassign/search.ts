/**
 * The search by clock, on as many threads as asked: each goes on by itself, and each round starts from the best. Where
 * processes are large, ruin and recreate finds what moves do not, elsewhere it is the other way round: both are tried
 * first, and the better one gets most of the time.
 */
import { costOf, type Assignment, type Problem } from '@holdfast/scheduler/core';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Found, Heat, Round, Way } from './worker.js';

interface Plan {
  /** Of the time that there is. */
  share: number;
  /** Both ways, one to a thread; else the better one of the first round. */
  isMixed: boolean;
  heats: readonly [Heat, ...Heat[]];
}

/** What follows the second round starts less hot. */
const plans: readonly Plan[] = [
  { share: 0.1, isMixed: true, heats: [{ hot: 40, cold: 0.1 }] },
  { share: 0.5, isMixed: false, heats: [{ hot: 40, cold: 0.05 }, { hot: 20, cold: 0.05 }] },
  { share: 0.25, isMixed: false, heats: [{ hot: 6, cold: 0.03 }, { hot: 2, cold: 0.03 }] },
  { share: 0.15, isMixed: true, heats: [{ hot: 2, cold: 0.01 }, { hot: 1, cold: 0.01 }] },
];
const ways: readonly Way[] = ['moves', 'rebuilding'];
/** With fewer proposals for each process a hot start is not worth it: what it loses is not found again. */
const processesForHot = 10_000;

/** Beside this file, built or not. */
const workerFile = new URL(import.meta.url.replace(/search(?=[.][jt]s$)/, 'worker'));

export interface SearchResult {
  best: Assignment;
  cost: number;
  proposals: number;
}

export async function searchFor(
  problem: Problem,
  { forMs, threads, seed }: { forMs: number; threads: number; seed: number },
): Promise<SearchResult> {
  const endMs = performance.now() + forMs;
  const workers = Array.from({ length: threads }, (_, i) =>
    new Worker(workerFile, { workerData: { problem, seed: seed * 1000 + i } }));
  let found: SearchResult = { best: problem.initial, cost: costOf(problem, problem.initial).total, proposals: 0 };
  const cooling = Math.min(1, (processesForHot / problem.processes) * (forMs / 60_000));
  let [sharesLeft, better]: [number, Way] = [1, 'moves'];
  try {
    for (const [round, { share, isMixed, heats }] of plans.entries()) {
      const roundMs = Math.max(1, (endMs - performance.now()) * (share / sharesLeft));
      sharesLeft -= share;
      const wayOf = (i: number): Way => (isMixed ? ways[i % ways.length] : undefined) ?? better;
      const answers = await Promise.all(workers.map((worker, i) => {
        const { hot, cold } = heats[i % heats.length] ?? heats[0];
        // The threads differ the more, the less time there is for each process.
        const hotFor = Math.max(cold, hot * cooling ** (1 + i));
        return ask(worker, { way: wayOf(i), from: found.best, forMs: roundMs, hot: hotFor, cold });
      }));
      for (const [i, { best, cost, proposals }] of answers.entries()) {
        found.proposals += proposals;
        if (cost >= found.cost) continue;
        found = { best, cost, proposals: found.proposals };
        if (round === 0) better = wayOf(i);
      }
    }
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
  return found;
}

async function ask(worker: Worker, round: Round): Promise<Found> {
  worker.postMessage(round);
  const [found] = (await once(worker, 'message')) as [Found];
  return found;
}

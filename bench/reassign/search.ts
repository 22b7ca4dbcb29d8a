/** The search by clock, on as many threads as asked: each anneals by itself, and each round starts from the best. */
import { costOf, type Assignment, type Problem } from '@holdfast/scheduler/core';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Found, Heat, Round } from './worker.js';

/** Of the time that there is; what follows the first round starts less hot, from the best of all threads. */
const rounds: readonly { share: number; heats: readonly [Heat, ...Heat[]] }[] = [
  { share: 0.6, heats: [{ hot: 40, cold: 0.05 }, { hot: 15, cold: 0.05 }] },
  { share: 0.2, heats: [{ hot: 4, cold: 0.03 }, { hot: 1.5, cold: 0.03 }] },
  { share: 0.2, heats: [{ hot: 2, cold: 0.01 }, { hot: 0.7, cold: 0.01 }] },
];
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
  let sharesLeft = 1;
  try {
    for (const { share, heats } of rounds) {
      const roundMs = Math.max(1, (endMs - performance.now()) * (share / sharesLeft));
      sharesLeft -= share;
      const answers = await Promise.all(workers.map((worker, i) => {
        const { hot, cold } = heats[i % heats.length] ?? heats[0];
        // The threads differ the more, the less time there is for each process.
        const round: Round = { from: found.best, forMs: roundMs, hot: Math.max(cold, hot * cooling ** (1 + i)), cold };
        return ask(worker, round);
      }));
      for (const { best, cost, proposals } of answers) {
        found.proposals += proposals;
        if (cost < found.cost) found = { best, cost, proposals: found.proposals };
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

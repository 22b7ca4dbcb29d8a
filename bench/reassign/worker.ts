/** One thread of the search: it anneals for as long as it is told, from where it is told. */
import { Annealing, type Assignment, type Problem } from '@holdfast/scheduler/core';
import { parentPort, workerData } from 'node:worker_threads';

export interface Heat {
  hot: number;
  cold: number;
}

export interface Round extends Heat {
  from: Assignment;
  forMs: number;
}

export interface Found {
  best: Assignment;
  cost: number;
  proposals: number;
}

const proposalsPerSlice = 500;
const { problem, seed } = workerData as { problem: Problem; seed: number };
let annealing: Annealing | null = null;

parentPort?.on('message', ({ from, forMs, ...heat }: Round) => {
  const startMs = performance.now();
  annealing ??= new Annealing(problem, from, { seed, ...heat });
  annealing.restart(from, heat);
  let proposals = 0;
  for (let progress = 0; progress < 1; progress = (performance.now() - startMs) / forMs) {
    annealing.slice(progress, proposalsPerSlice);
    proposals += proposalsPerSlice;
  }
  parentPort?.postMessage({ best: annealing.best, cost: annealing.bestCost, proposals } satisfies Found);
});

/** One thread of the search: it anneals for as long as it is told, in the way it is told, from where it is told. */
import { Annealing, RuinRecreate, type Assignment, type Problem } from '@holdfast/scheduler/core';
import { parentPort, workerData } from 'node:worker_threads';

/** By moves and exchanges, or by ruin and recreate. */
export type Way = 'moves' | 'rebuilding';

export interface Heat {
  hot: number;
  cold: number;
}

export interface Round extends Heat {
  way: Way;
  from: Assignment;
  forMs: number;
}

export interface Found {
  best: Assignment;
  cost: number;
  proposals: number;
}

/** Both take some milliseconds. */
const perSlice: Record<Way, number> = { moves: 500, rebuilding: 20 };
const { problem, seed } = workerData as { problem: Problem; seed: number };
const engines: Record<Way, Annealing | RuinRecreate | null> = { moves: null, rebuilding: null };

parentPort?.on('message', ({ way, from, forMs, ...heat }: Round) => {
  const startMs = performance.now();
  const options = { seed, ...heat };
  const engine = engines[way] ??= way === 'moves'
    ? new Annealing(problem, from, options)
    : new RuinRecreate(problem, from, options);
  engine.restart(from, heat);
  let proposals = 0;
  for (let progress = 0; progress < 1; progress = (performance.now() - startMs) / forMs) {
    engine.slice(progress, perSlice[way]);
    proposals += perSlice[way];
  }
  parentPort?.postMessage({ best: engine.best, cost: engine.bestCost, proposals } satisfies Found);
});

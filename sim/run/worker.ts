import { parentPort } from 'node:worker_threads';
import type { Chunk } from './run-many.js';
import { runSeed } from './run-seed.js';

parentPort?.on('message', ({ from, to, options }: Chunk) => {
  for (let seed = from; seed <= to; seed += 1) {
    const { log: _, ...result } = runSeed(seed, options);
    parentPort?.postMessage(result);
  }
  parentPort?.postMessage('done');
});

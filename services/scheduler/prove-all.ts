import { setImmediate as immediate } from 'node:timers/promises';
import type { CapacityBook } from './core/index.js';

/** Losses of which a proof takes some milliseconds at most. */
const provenAtOnce = 5;

/** A little at a time: other work goes on in between. */
export async function proveAll(book: CapacityBook, roundsAtMost: number): Promise<void> {
  for (let round = 0; book.dueCount > 0 && round < roundsAtMost; round += 1) {
    book.proveSome(provenAtOnce);
    await immediate();
  }
}

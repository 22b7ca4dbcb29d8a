import { describe, expect, test } from 'vitest';
import { plantedBugs, plantedSizes } from './planted.js';
import { runSeed } from './run/run-seed.js';

/** Where to begin, so that the test is quick: seeds that were found to show it. The search goes on from there. */
const firstSeeds: Record<string, number> = {
  'late-open-unchecked': 400,
  'partial-revocation': 18,
  'in-flight-ignored': 16,
  'late-attach-accepted': 31,
  'swapped-bmc-believed': 71,
  'generation-ignored': 17,
  'unknown-boot-begins': 210,
  'waited-command-begins': 2092,
};
const mostSeeds = 200;

describe('a planted bug is found, and without it the same seed holds', () => {
  test.each(Object.entries(plantedBugs))('%s', { timeout: 60_000 }, (name, { faults }) => {
    const options = { ...plantedSizes, faults };
    const planted = new Set([name]);
    const first = firstSeeds[name] ?? 1;
    let seed = first;
    let found = runSeed(seed, { ...options, planted }).violations;
    while (found.length === 0 && seed < first + mostSeeds) {
      seed += 1;
      found = runSeed(seed, { ...options, planted }).violations;
    }
    expect(found, `${name} was not found by seed ${seed}`).not.toEqual([]);
    expect(runSeed(seed, options).violations).toEqual([]);
  });
});

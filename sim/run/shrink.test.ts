import { describe, expect, test } from 'vitest';
import { plant, plantedBugs, plantedSizes } from '../planted/bugs.js';
import type { Plant } from '../twin/plant.js';
import { replay } from './replay.js';
import { defaultSeedOptions, runSeed, type SeedOptions } from './run-seed.js';
import { parseScenario, type Scenario } from './scenario.js';
import { scenarioText } from './shrink-plain.js';
import { scenarioOfSeed } from './shrink-seed.js';
import { shrinkScenario, shrinkSeed, type Shrunk } from './shrink.js';

const runsAtMost = 300;

interface Failing {
  seed: number;
  sizes: SeedOptions;
  planted: Plant;
}

/** The first seed from here that shows the planted bug after so many faults. */
function failing(name: string, first: number, faultsAtLeast = 1): Failing {
  const planted = plant(name);
  const sizes = { ...plantedSizes, faults: plantedBugs[name]?.faults ?? [] };
  for (let seed = first; seed < first + 100; seed += 1) {
    const { violations, faultsByKind } = runSeed(seed, { ...sizes, planted });
    const faults = Object.values(faultsByKind).reduce((sum, count) => sum + count, 0);
    if (violations.length > 0 && faults >= faultsAtLeast) return { seed, sizes, planted };
  }
  throw new Error(`no seed from ${first} on shows ${name}`);
}

async function shrunk(...which: Parameters<typeof failing>): Promise<Shrunk & { planted: Plant }> {
  const { seed, sizes, planted } = failing(...which);
  const result = await shrinkSeed(seed, sizes, { runsAtMost, planted });
  if (!result) throw new Error(`the scenario of seed ${seed} breaks nothing`);
  return { ...result, planted };
}

describe('a seed written as a scenario', () => {
  test('breaks the same invariant at the same moment', () => {
    const { seed, sizes, planted } = failing('in-flight-ignored', 16);
    const found = scenarioOfSeed(seed, { ...sizes, planted });
    if (!found) throw new Error('it holds');
    const scenario = parseScenario(JSON.parse(scenarioText(found.scenario)));
    expect(replay(scenario, planted).violations?.[0]).toEqual(found.violation);
  });

  test('has all else happen that its seed has happen: drills, work on hosts, power saving', () => {
    const planted = plant('restart-on-suspicion');
    const sizes = { ...defaultSeedOptions, planted };
    const found = Array.from({ length: 8 }, (_, at) => scenarioOfSeed(at + 1, sizes)).flatMap((each) => each ?? []);
    const isKept = (seed: Partial<Scenario>): boolean =>
      found.every(({ scenario, violation }) => {
        const file = scenarioText({ ...scenario, ...seed });
        const again = replay(parseScenario(JSON.parse(file)), planted).violations?.[0];
        return again?.invariant === violation.invariant && again.atMs === violation.atMs;
      });
    expect(found.length).toBeGreaterThan(2);
    expect(isKept({})).toBe(true);
    expect(isKept({ beside: undefined })).toBe(false);
  });

  test('is none when every invariant holds', async () => {
    const sizes = { ...plantedSizes, faults: [] };
    expect(scenarioOfSeed(7, sizes)).toBeNull();
    expect(await shrinkSeed(7, sizes, { runsAtMost })).toBeNull();
  });
});

describe('a failing seed is shrunk', () => {
  test('to far fewer faults, and its file breaks again with the bug and holds without it', async () => {
    const { scenario, violation, before, after, planted } = await shrunk('in-flight-ignored', 16, 8);
    expect(before.faults).toBeGreaterThanOrEqual(8);
    expect(after.faults).toBeLessThanOrEqual(4);
    expect(after.requests).toBeLessThan(before.requests);
    expect(after.vms).toBeLessThan(before.vms);
    const read = parseScenario(JSON.parse(scenarioText(scenario)));
    expect(replay(read, planted).violations?.[0]?.invariant).toBe(violation.invariant);
    expect(replay(read).invariants).toBe('held');
  }, 60_000);

  test('one that does not come to rest fails in the same way, and its faults still heal', async () => {
    const { scenario, violation, before, after, planted } = await shrunk('effect-lost', 1, 4);
    expect(violation.invariant).toBe('liveness');
    expect(after.faults).toBeLessThan(before.faults);
    const read = parseScenario(JSON.parse(scenarioText(scenario)));
    expect(replay(read, planted).violations?.[0]?.invariant).toBe('liveness');
    expect(replay(read).invariants).toBe('held');
  }, 60_000);

  test('faults with a verb of their own are written with it', async () => {
    const { scenario } = await shrunk('revocation-skipped', 1);
    const verbs = scenario.timeline.map((action) => action.do);
    expect(verbs).toContain('host.network');
    expect(verbs).not.toContain('fault');
  }, 60_000);

  test('within the runs it may take, with the best so far', async () => {
    const { seed, sizes, planted } = failing('in-flight-ignored', 16);
    const seen: number[] = [];
    const options = { runsAtMost: 5, planted, progress: (runs: number) => void seen.push(runs) };
    const result = await shrinkSeed(seed, sizes, options);
    expect(result?.runs).toBe(5);
    expect(seen).toEqual([2, 3, 4, 5]);
    expect(replay(result!.scenario, planted).invariants).toBe('broken');
  }, 60_000);

  test('not at all once it is interrupted', async () => {
    const { seed, sizes, planted } = failing('in-flight-ignored', 16);
    const signal = AbortSignal.abort();
    expect((await shrinkSeed(seed, sizes, { runsAtMost, planted, signal }))?.runs).toBe(1);
  });

  test('a scenario that holds has nothing to shrink', async () => {
    const holds = parseScenario({ name: 'quiet', hosts: { a: { cpus: 1, memoryMiB: 512 } }, untilS: 5 });
    expect(await shrinkScenario(holds, { runsAtMost })).toBeNull();
  });
});

/**
 * PLANTED=search looks for every bug again, from seed 1 on; PLANTED=record does so for those that their recorded seed
 * does not show any more, and writes down what it finds.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { proofKinds } from '@holdfast/contracts';
import ts from 'typescript';
import { afterAll, describe, expect, test } from 'vitest';
import { judgeRun } from '../run/judge.js';
import { runScenario } from '../run/replay.js';
import { parseScenario } from '../run/scenario.js';
import { plantedBugs, runWithBug } from './bugs.js';

const seedsFile = new URL('seeds.json', import.meta.url);
const seeds = JSON.parse(readFileSync(seedsFile, 'utf8')) as Record<string, number>;
const mostSeeds = 2000;
const mode = process.env['PLANTED'] ?? 'replay';
const names = Object.keys(plantedBugs).filter((name) => plantedBugs[name]?.scenario === undefined);
const told = Object.entries(plantedBugs).flatMap(([name, { scenario }]) =>
  scenario === undefined ? [] : [[name, scenario] as const],
);

const breaks = (seed: number, name: string, isPlanted: boolean): boolean =>
  runWithBug(seed, name, isPlanted).violations.length > 0;
const shows = (seed: number, name: string): boolean => breaks(seed, name, true) && !breaks(seed, name, false);

/** The first seed that breaks with the bug only, and those before it that break without: there a core is wrong. */
function search(name: string): { seed: number | null; wrong: number[] } {
  const wrong: number[] = [];
  for (let seed = 1; seed <= mostSeeds; seed += 1) {
    if (!breaks(seed, name, true)) continue;
    if (!breaks(seed, name, false)) return { seed, wrong };
    wrong.push(seed);
  }
  return { seed: null, wrong };
}

function find(name: string): ReturnType<typeof search> {
  const known = seeds[name] ?? null;
  const isKept = mode === 'replay' || (mode === 'record' && known !== null && shows(known, name));
  return isKept ? { seed: known, wrong: [] } : search(name);
}

describe('a planted bug is found, and without it the same seed holds', () => {
  const found: Record<string, number> = {};
  afterAll(() => {
    if (mode !== 'record') return;
    const sorted = Object.fromEntries(names.flatMap((name) => {
      const seed = found[name] ?? seeds[name];
      return seed === undefined ? [] : [[name, seed]];
    }));
    writeFileSync(seedsFile, `${JSON.stringify(sorted, null, 2)}\n`);
  });

  test.each(names)('%s', { timeout: mode === 'replay' ? 60_000 : 3_600_000 }, (name) => {
    const { seed, wrong } = find(name);
    expect(seed, `no seed up to ${mostSeeds} shows ${name}`).not.toBeNull();
    found[name] = seed as number;
    expect(runWithBug(seed as number, name, true).violations).not.toEqual([]);
    expect(runWithBug(seed as number, name, false).violations).toEqual([]);
    expect(wrong, 'seeds that break without the bug').toEqual([]);
  });
});

describe('a planted bug that breaks no invariant breaks what a scenario demands', () => {
  test.each(told)('%s: %s', (name, scenario) => {
    const file = new URL(`../scenarios/${scenario}/scenario.json`, import.meta.url);
    const read = parseScenario(JSON.parse(readFileSync(file, 'utf8')));
    expect(judgeRun(read, runScenario(read, plantedBugs[name]?.plant)).failures).not.toEqual([]);
    expect(judgeRun(read, runScenario(read)).failures).toEqual([]);
  });
});

describe('the planted bugs', () => {
  const broken = new Set(Object.values(plantedBugs).map((bug) => bug.breaks));

  test.each(Array.from({ length: 12 }, (_, index) => `rule ${index + 1}`))('break safety %s', (rule) => {
    expect(broken).toContain(rule);
  });

  test.each(proofKinds)('take for %s what is none', (proof) => {
    expect(broken).toContain(`proof ${proof}`);
  });

  test('each has a recorded seed among the first two thousand', () => {
    expect(Object.keys(seeds).sort()).toEqual([...names].sort());
    expect(Math.max(...Object.values(seeds))).toBeLessThanOrEqual(mostSeeds);
  });
});

describe('a build', () => {
  const root = fileURLToPath(new URL('..', import.meta.url));
  const { config } = ts.readConfigFile(`${root}tsconfig.json`, (path) => ts.sys.readFile(path));
  const { fileNames } = ts.parseJsonConfigFileContent(config, ts.sys, root);

  test('contains no planted bug, and nothing that leads to one', () => {
    expect(fileNames.length).toBeGreaterThan(50);
    for (const file of fileNames) {
      expect(file).not.toContain('/planted/');
      expect(readFileSync(file, 'utf8')).not.toMatch(/from '[./]*planted\//);
    }
  });
});

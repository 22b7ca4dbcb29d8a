import { brokenBy, costOf } from '@holdfast/scheduler/core';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { benchReassign, geometricMean } from './bench.js';
import { parseInstance } from './instance.js';
import { NumberFile } from './numbers.js';

/** Two resources (the second transient), three machines, two services, three processes, one balance. */
const model = `2
0 100
1 10
3
0 0 30 400 16 80 0 1 4
0 0 10 240 8 160 1 0 4
1 1 15 100 12 80 4 3 0
2
2 0
1 1 0
3
0 12 10 1000
0 10 20 100
1 6 200 1
1
0 1 20
10
1 10 100
`;
const start = '0 2 0';
const file = (text: string, name = 'model_t.txt'): NumberFile => new NumberFile(name, new TextEncoder().encode(text));
const parse = (text = model, assignment = start) => parseInstance(file(text), file(assignment, 'assignment_t.txt'));

test('an instance is read as the format says', () => {
  const problem = parse();
  expect(problem).toMatchObject({ machines: 3, processes: 3, resources: 2, services: 2, locations: 2 });
  expect([...problem.capacity]).toEqual([30, 400, 10, 240, 15, 100]);
  expect([...problem.requirement]).toEqual([12, 10, 10, 20, 6, 200]);
  expect(problem.balances).toEqual([{ a: 0, b: 1, target: 20, weight: 10 }]);
  expect(problem.weights).toEqual({ processMove: 1, serviceMove: 10, machineMove: 100 });
  expect(brokenBy(problem, problem.initial)).toEqual([]);
});

test('its cost is that of the definitions, summed by hand', () => {
  const problem = parse();
  // Machine 0 uses 18 and 210 of 30 and 400 (2 above safety, 130 above), machine 2 uses 10 and 20 of 15 and 100.
  const load = 2 * 100 + 130 * 10;
  const balance = 10 * (20 * 12 - 190 + (20 * 10 - 240) * 0 + (20 * 5 - 80));
  expect(costOf(problem, problem.initial)).toMatchObject({ load, balance, total: load + balance });
  const moved = costOf(problem, Int32Array.from([0, 2, 1]));
  expect(moved).toMatchObject({ processMove: 1, serviceMove: 10, machineMove: 100 });
});

test('what each constraint forbids is named', () => {
  const problem = parse();
  const broken = (...at: number[]): string => brokenBy(problem, Int32Array.from(at)).join('; ');
  expect(broken(1, 2, 0)).toContain('machine 1 uses 12 of resource 0 and has 10');
  expect(broken(2, 2, 0)).toContain('two processes of service 0 are on machine 2');
  expect(broken(0, 1, 0)).toContain('service 0 is in 1 locations of 2');
  expect(broken(0, 2, 2)).toContain('machine 2 uses 220 of resource 1');
  const tight = parse(model.replace('30 400', '30 215'));
  expect(brokenBy(tight, Int32Array.from([2, 0, 1])).join()).toContain('machine 0 uses 230 of resource 1 and has 215');
});

test.each([
  [model.replace('1 10\n3', '2 10\n3'), start, /model_t.txt, line 3: whether resource 1 is transient is 2; give/],
  [model.replace('10 240', 'ten 240'), start, /model_t.txt, line 6: a capacity of machine 1 is 'ten'; give/],
  [model.replace('10 240', '-1 240'), start, /line 6: a capacity of machine 1 is '-1'; give a whole number, 0 or more/],
  [model.slice(0, 60), start, /model_t.txt, line \d+: the file ends where .* should be; get the whole file/],
  [`${model}7\n`, start, /model_t.txt, line 19: numbers follow after the end; take them out/],
  [model, '0 3 0', /assignment_t.txt, line 1: the machine of process 1 is 3; give a whole number, 0 to 2/],
  [model, '0 2', /assignment_t.txt, line 1: the file ends where the machine of process 2 should be/],
])('a file that is wrong is refused with its line and what to do (%#)', (text, assignment, refusal) => {
  expect(() => parse(text, assignment)).toThrow(refusal);
});

test('the geometric mean leaves out the instance whose best cost is near zero, and what has no winner', () => {
  const runs = [{ instance: 'a', ratio: 2 }, { instance: 'b', ratio: 0.5 }, { instance: 'a2_1', ratio: 9 }];
  expect(geometricMean([...runs, { instance: 'c', ratio: null }])).toBeCloseTo(1);
  expect(geometricMean([])).toBeNull();
});

let directory: string;
beforeEach(async () => (directory = await mkdtemp(join(tmpdir(), 'reassign-'))));
afterEach(() => rm(directory, { recursive: true }));

test('the bench writes what it found, feasible and no dearer than the start, in threads of its own', async () => {
  await writeFile(join(directory, 'model_t.txt'), model);
  await writeFile(join(directory, 'assignment_t.txt'), start);
  const out = join(directory, 'out');
  const options = { directory, only: null, seconds: 1, seed: 1, progress: (): void => undefined };
  const bench = await benchReassign({ ...options, out, sinceMs: performance.now() });
  expect(bench.failures).toEqual([]);
  const [run] = bench.runs;
  const written = (await readFile(join(out, 'assignment_t.txt'), 'utf8')).trim().split(' ').map(Number);
  const problem = parse();
  expect(brokenBy(problem, Int32Array.from(written))).toEqual([]);
  expect(costOf(problem, Int32Array.from(written)).total).toBe(run?.cost.total);
  expect(run?.cost.total).toBeLessThanOrEqual(run?.initialCost ?? 0);
});

test('an instance that is not there, and a start that is not feasible, are refused', async () => {
  const bench = (only: string[] | null) =>
    benchReassign({ directory, only, seconds: 1, out: null, seed: 1, sinceMs: 0, progress: () => undefined });
  await expect(bench(null)).rejects.toThrow(/has no model_X.txt/);
  await writeFile(join(directory, 'model_t.txt'), model);
  await writeFile(join(directory, 'assignment_t.txt'), '1 2 0');
  await expect(bench(['u'])).rejects.toThrow(/has no model_u.txt; there is t/);
  await expect(bench(null)).rejects.toThrow(/assignment_t.txt, line 1: the start is not feasible, machine 1 uses 12/);
});

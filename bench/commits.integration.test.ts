import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { expect, it } from 'vitest';
import { benchCommits } from './commits.js';

it('placements are stored on three real servers, none is lost, and nothing is left of them', async () => {
  const bench = await benchCommits({ hosts: 10, progress: () => {} });
  expect(bench).toMatchObject({ servers: 3, vms: 100, rounds: 5, lost: 0 });
  expect(bench.perSecond).toBeGreaterThan(0);
  expect(bench.p99Ms).toBeGreaterThanOrEqual(bench.p50Ms);
  expect((await readdir(tmpdir())).filter((name) => name.startsWith('holdfast-commits-'))).toEqual([]);
}, 120_000);

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runCli } from '../testing/cli.js';
import { leftovers } from '../testing/leftovers.js';
import type { ChaosResult } from './chaos.js';

const minutes = 3;
const withinMs = 20 * 60_000;

let stateDirectory: string;

beforeAll(async () => {
  stateDirectory = await mkdtemp(join(tmpdir(), 'holdfast-chaos-'));
});

afterAll(async () => {
  await runCli(stateDirectory, ['down']);
  await rm(stateDirectory, { recursive: true, force: true });
});

it('after random faults every VM runs exactly once, and no old copy has written', async () => {
  const args = ['lab', 'chaos', '--minutes', String(minutes), '--seed', '1', '--control', '3', '--json'];
  const { code, stdout, stderr } = await runCli(stateDirectory, args, { withinMs });
  expect(stdout, stderr).not.toBe('');
  const result = JSON.parse(stdout) as ChaosResult;
  expect(result).toMatchObject({ ok: true, staleWrites: [], falseFences: [], lostVms: [], leaked: [] });
  expect(result.rounds).toBeGreaterThan(0);
  expect(Object.keys(result.faults).length).toBeGreaterThan(0);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(await leftovers(stateDirectory)).toEqual([]);
}, withinMs);

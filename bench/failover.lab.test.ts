import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { runCli } from '../lab/testing/cli.js';
import { leftovers } from '../lab/testing/leftovers.js';

const spread = z.object({ median: z.number().positive(), p99: z.number().positive() });
const benchSchema = z.object({
  cases: z.array(z.object({
    fault: z.string(),
    runs: z.literal(1),
    suspectedMs: spread,
    provenMs: spread,
    placedMs: spread,
    attachedMs: spread,
    runningMs: spread,
    guestBootMs: spread,
    staleWrites: z.literal(0),
    failures: z.array(z.string()).length(0),
  })),
});

let stateDirectory: string;

beforeAll(async () => {
  stateDirectory = await mkdtemp(join(tmpdir(), 'holdfast-bench-'));
});

afterAll(async () => {
  await runCli(stateDirectory, ['down']);
  await rm(stateDirectory, { recursive: true, force: true });
});

it('each phase of a failover is measured in a lab of its own, which is gone after', async () => {
  const args = ['bench', 'failover', '--runs', '1', '--faults', 'qemu-killed,power', '--json'];
  const { code, stdout, stderr } = await runCli(stateDirectory, args, { withinMs: 400_000 });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const { cases } = benchSchema.parse(JSON.parse(stdout));
  expect(cases.map(({ fault }) => fault)).toEqual(['qemu-killed', 'power']);
  for (const { suspectedMs, provenMs, placedMs, attachedMs, runningMs } of cases) {
    const medians = [suspectedMs, provenMs, placedMs, attachedMs, runningMs].map(({ median }) => median);
    expect(medians).toEqual([...medians].sort((a, b) => a - b));
  }
  expect(await leftovers(stateDirectory)).toEqual([]);
});

it('a fault that the lab at hand cannot do is refused before anything is broken', async () => {
  expect(await runCli(stateDirectory, ['up', '--hosts', '1', '--json'])).toMatchObject({ code: 0 });
  const args = ['bench', 'failover', '--runs', '1', '--faults', 'with-bus'];
  const { code, stdout, stderr } = await runCli(stateDirectory, args, { withinMs: 400_000 });
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toContain('with-bus');
  expect(stderr).toContain('remedy: ./holdfast down');
  expect(await runCli(stateDirectory, ['down'])).toMatchObject({ code: 0 });
  expect(await leftovers(stateDirectory)).toEqual([]);
});

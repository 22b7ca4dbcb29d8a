import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { runCli } from '../lab/testing/cli.js';

const groupSchema = z.object({
  hosts: z.number(),
  failoverCpuPercent: z.number().positive(),
  othersCpuPercent: z.array(z.number().positive()).length(2),
  busCpuPercent: z.number().positive(),
  failoverHeapMiB: z.number().positive(),
  heartbeatsPerSecond: z.number().positive(),
  runs: z.literal(2),
  detectedMs: z.object({ median: z.number().min(700), p99: z.number() }),
});
const benchSchema = z.object({ groups: z.array(groupSchema), failures: z.array(z.string()).length(0) });

it('few and many real agents are measured in one run on real servers, of which nothing is left', async () => {
  const args = ['bench', 'agents', '--hosts', '20', '--seconds', '2', '--runs', '2', '--json'];
  const { code, stdout, stderr } = await runCli('/nonexistent', args, { withinMs: 120_000 });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const { groups } = benchSchema.parse(JSON.parse(stdout));
  expect(groups.map(({ hosts }) => hosts)).toEqual([10, 20]);
  expect((await readdir(tmpdir())).filter((name) => name.startsWith('holdfast-fleet-'))).toEqual([]);
}, 140_000);

import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { z } from 'zod';
import { cliMain, runCli } from './testing/cli.js';
import { leftovers, machineMarks } from './testing/leftovers.js';

const milliseconds = z.number().int().positive();
const resultSchema = z.object({
  ok: z.literal(true),
  hosts: z.literal(3),
  migration: z.object({ ok: z.literal(true), downtimeMs: z.number().positive() }),
  incidents: z.array(
    z.object({
      fault: z.enum(['power', 'isolated']),
      host: z.string(),
      proof: z.string(),
      suspectedMs: milliseconds,
      provenMs: milliseconds,
      vms: z.array(
        z.object({
          vm: z.string(),
          from: z.string(),
          to: z.string(),
          runningMs: milliseconds,
          guestWroteMs: milliseconds,
        }),
      ),
      staleWritesAfterRevocation: z.literal(0),
    }),
  ),
});

let stateDirectory: string;

beforeEach(async () => {
  stateDirectory = await mkdtemp(join(tmpdir(), 'holdfast-demo-'));
});

afterEach(async () => {
  await runCli(stateDirectory, ['down']);
  await rm(stateDirectory, { recursive: true, force: true });
});

it('the demo tells its whole story, every check holds, and nothing is left', async () => {
  expect(existsSync(cliMain)).toBe(true);
  const before = await machineMarks();
  const file = join(stateDirectory, 'demo.json');

  const demo = await runCli(stateDirectory, ['demo', '--json', file], { withinMs: 300_000 });
  expect(demo.code, `${demo.stdout}\n${demo.stderr}`).toBe(0);

  const { incidents } = resultSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  expect(incidents.map(({ fault }) => fault)).toEqual(['power', 'isolated']);
  expect(incidents[1]?.proof).toBe('storage-revoked');
  for (const { host, suspectedMs, provenMs, vms } of incidents) {
    expect(vms.length).toBeGreaterThan(0);
    expect(suspectedMs).toBeLessThan(provenMs);
    for (const { from, to, runningMs, guestWroteMs } of vms) {
      expect(from).toBe(host);
      expect(to).not.toBe(host);
      expect(provenMs).toBeLessThan(runningMs);
      expect(runningMs).toBeLessThan(guestWroteMs);
    }
  }
  expect(demo.stdout).toMatch(/MS SINCE FAULT +WHO +WHAT/);
  expect(demo.stdout).toMatch(/All \d+ checks held/);
  expect(demo.stdout).not.toContain('FAILED');

  const left = await leftovers(stateDirectory);
  expect(left.filter((found) => found !== 'file demo.json')).toEqual([]);
  expect(await machineMarks()).toEqual(before);
});

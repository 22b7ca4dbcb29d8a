import { expect, test } from 'vitest';
import { installPackage, timedRun } from './peer-run.js';

test('a program is told with what it printed and the CPU time that it took', async () => {
  const busy = 'i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done; echo done; echo noise >&2';
  const run = await timedRun('/bin/sh', ['-c', busy], { timeLimitMs: 60_000 });
  expect(run?.stdout).toBe('done\n');
  expect(run?.cpuSeconds).toBeGreaterThan(0);
});

test('one that does not end in time is ended, and one that fails is an error', async () => {
  expect(await timedRun('/bin/sleep', ['60'], { timeLimitMs: 50 })).toBeNull();
  await expect(timedRun('/bin/false', [], { timeLimitMs: 60_000 })).rejects.toThrow('Command failed');
});

test('a program that is there is not installed', async () => {
  const told: string[] = [];
  expect(await installPackage('coreutils', '/bin/sleep', (step) => told.push(step))).toBeNull();
  expect(told).toEqual([]);
});

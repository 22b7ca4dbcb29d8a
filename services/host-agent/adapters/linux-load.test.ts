import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { LinuxLoad } from './linux-load.js';

let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'load-'));
});
afterEach(async () => {
  await rm(directory, { recursive: true });
});

const write = async (path: string, text: string): Promise<void> => {
  const file = join(directory, path);
  await mkdir(join(file, '..'), { recursive: true });
  await writeFile(file, text);
};
const load = (isOwn = true): LinuxLoad => new LinuxLoad(isOwn, directory, directory);

test('the machine is as busy as its kernel says, with the pressures of the last ten seconds', async () => {
  await write('stat', 'cpu  100 10 40 9000 500 5 5 40 0 0\ncpu0 1 1 1 1\n');
  await write('pressure/memory', 'some avg10=12.50 avg60=1.00 avg300=0.00 total=1\nfull avg10=1.00\n');
  expect(await load().machine()).toEqual({ busyMs: 2000, cpuPressure: 0, memoryPressure: 0.125, ioPressure: 0 });
  expect(await load(false).machine()).toBeNull();
});

test('a VM uses what all threads of its QEMU ran, and waits as long as they did', async () => {
  await write('a.pid', '42\n');
  await write('42/task/42/schedstat', '1500000000 250000000 7\n');
  await write('42/task/43/schedstat', '500000000 0 7\n');
  expect(await load().vm('a')).toEqual({ usedMs: 2000, waitedMs: 250 });
});

test('what is not there is not known', async () => {
  expect(await load().machine()).toBeNull();
  expect(await load().vm('a')).toBeNull();
});

test('this machine can be measured', async () => {
  const machine = await new LinuxLoad(true).machine();
  expect(machine?.busyMs).toBeGreaterThan(0);
});

import type { HistoryEntry, UsageView } from '@holdfast/client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { DATABASE_PROGRAM } from './postgres.js';
import { runCli } from './testing/cli.js';
import { leftovers } from './testing/leftovers.js';
import { TestSystem } from './testing/test-system.js';
import { until } from './testing/until.js';

let system: TestSystem;

beforeAll(async () => {
  system = await TestSystem.up(1);
});
afterAll(async () => {
  await runCli(system.stateDirectory, ['down']);
  await system.remove();
});

async function startsOf(vm: string): Promise<string[]> {
  const { code, stdout } = await system.cli('history', '--filter', `vm.${vm}.started`, '--json');
  return code === 0 ? (JSON.parse(stdout) as HistoryEntry[]).map(({ event }) => event.subject) : [];
}

async function usageOf(vm: string): Promise<UsageView | undefined> {
  return (JSON.parse(await system.done('usage', '--json')) as UsageView[]).find((usage) => usage.vm === vm);
}

it('the database is killed, and only history is away until it is back', async () => {
  const control = system.lab.node('control1');
  await system.done('vm', 'create', 'web1');
  await until('history of web1', async () => (await startsOf('web1')).length > 0);
  await control.stopProgram(DATABASE_PROGRAM);
  await until('the database to be away', async () => (await system.client.status()).database.state === 'away');
  expect((await system.cli('history')).stderr).toContain('needs the database');
  await system.done('vm', 'create', 'web2');
  await control.startProgram(DATABASE_PROGRAM);
  await until('history of web2', async () => (await startsOf('web2')).length > 0);
  expect(await startsOf('web1')).toEqual(['web1']);
  expect((await usageOf('web1'))?.vcpuHours).toBeGreaterThan(0);
});

it('the next up finds its data, and ends what the last one left', async () => {
  expect(await system.down()).toMatchObject({ code: 0, stderr: '' });
  expect(await leftovers(system.stateDirectory)).toEqual([]);
  const up = await system.cli('up', '--hosts', '1');
  expect(up.code, up.stderr).toBe(0);
  expect(await startsOf('web1')).toEqual(['web1']);
  const usage = await usageOf('web1');
  expect(usage?.runningHours).toBeGreaterThan(0);
  expect(await usageOf('web1')).toEqual(usage);
});

import { afterAll, beforeAll, expect, test } from 'vitest';
import { startFakeCluster, type FakeCluster } from '../../services/api/testing/fake-cluster.js';
import { begin, words } from './testing/command-line.js';

let cluster: FakeCluster;
const holdfast = (line: string) => begin(words(line), cluster).finished;

beforeAll(async () => {
  cluster = await startFakeCluster();
  for (const [name, env] of [['a1', 'test'], ['a2', 'test'], ['b1', 'live']]) {
    expect((await holdfast(`vm create ${name} --label env=${env}`)).code).toBe(0);
  }
});
afterAll(async () => {
  await cluster.close();
});

test('all VMs with a label are stopped at once, and no other', async () => {
  const { code, out } = await holdfast('vm stop --all --label env=test');
  expect(code).toBe(0);
  expect(out).toMatch(/a1 +stop done/);
  expect(out).toMatch(/a2 +stop done/);
  expect(out).not.toContain('b1');
  const { out: listed } = await holdfast('vm list --filter phase=running --json');
  expect((JSON.parse(listed) as { items: { name: string }[] }).items.map(({ name }) => name)).toEqual(['b1']);
});

test('of several names the one that fails is told with its reason, and makes the exit code 1', async () => {
  const { code, out, err } = await holdfast('vm start a1 b1 nobody');
  expect(code).toBe(1);
  expect(out).toMatch(/a1 +start done/);
  expect(out).toMatch(/b1 +start failed +b1 runs already/);
  expect(out).toMatch(/nobody +start failed +there is no VM/);
  expect(err).toContain('2 of 3 VMs did not start');
});

test('for programs it is one JSON document', async () => {
  const { code, out } = await holdfast('vm reboot a1 b1 --force --json');
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ items: [{ vm: 'a1', state: 'done' }, { vm: 'b1', state: 'done' }] });
  const asked = cluster.scheduler.asked.slice(-2).map(({ command, request }) => [command, request]);
  expect(asked).toMatchObject([['reboot', { force: true }], ['reboot', { force: true }]]);
});

test.each([
  ['vm stop', 'no VM is named'],
  ['vm stop a1 --all', 'not both'],
  ['vm start a1 b1 --host h1', '--host is for one VM'],
])('%s is not understood', async (line, why) => {
  const { code, err } = await holdfast(line);
  expect(code).toBe(2);
  expect(err).toContain(why);
});

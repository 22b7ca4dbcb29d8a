import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RebalanceView } from '@holdfast/client';
import { TestSystem } from './testing/test-system.js';
import { until } from './testing/until.js';

/** Two real guests that burn CPU on one host, while the other host is idle. */
let system: TestSystem;
const vms = ['b1', 'b2'];
const patiently = 240_000;

beforeAll(async () => {
  system = await TestSystem.up(2);
  await system.done('settings', 'set', 'rebalance=propose', 'rebalanceEverySeconds=5', 'rebalanceHoldSeconds=5');
  for (const vm of vms) {
    await system.done('vm', 'create', vm, '--host', 'h1', '--image', 'busy');
    await system.readJournal(vm);
    await until(`${vm} to write`, () => system.journal(vm).records.length >= 2, patiently);
  }
});

afterAll(async () => {
  await system.down();
  await system.remove();
});

const places = (): Promise<string[]> => Promise.all(vms.map((vm) => system.hostOf(vm)));
const seen = async (): Promise<RebalanceView> => JSON.parse(await system.done('rebalance', '--json')) as RebalanceView;

describe('guests that burn CPU', { timeout: 300_000 }, () => {
  it('are seen to, and a move is proposed that evens it out, while nobody is moved', async () => {
    await until('a move to be proposed', async () => (await seen()).state === 'proposed', patiently);
    const plan = await seen();
    expect(plan.moves).toMatchObject([{ vm: expect.stringMatching(/^b[12]$/) as string, from: 'h1', to: 'h2' }]);
    expect(plan.hosts.map(({ host }) => host)).toEqual(['h1', 'h2']);
    expect(plan.after).toBeLessThan(plan.before);
    expect(await system.done('rebalance', '--dry-run')).toMatch(/^b[12] +h1 +h2 /m);
    expect(await places()).toEqual(['h1', 'h1']);
  });

  it('are moved once that is to happen by itself: one of them, while it runs, and once', async () => {
    const boots = vms.map((vm) => system.newest(vm).bootId);
    await system.done('settings', 'set', 'rebalance=auto');
    await until('one of them to run on h2', async () => new Set(await places()).size === 2, patiently);
    await until('nothing more to be moved', async () => {
      const { state, moves } = await seen();
      return state === 'idle' && moves.length === 0;
    }, patiently);
    const after = await places();
    for (const vm of vms) await system.writesOn(vm, 2, patiently);
    expect(vms.map((vm) => system.newest(vm).bootId)).toEqual(boots);
    expect(await places()).toEqual(after);
    const log = await Promise.all(vms.map((vm) => system.done('vm', 'log', vm)));
    expect(log.join('').match(/moved to h/g)).toHaveLength(1);
  });
});

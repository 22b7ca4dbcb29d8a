import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestSystem } from './testing/test-system.js';
import { until } from './testing/until.js';

/** Two hosts of 2 GiB; `low` and `high` have no room on one of them together. Each case goes on from the one before. */
let system: TestSystem;
const patiently = 120_000;
const large = ['--memory', '1200MiB'];
const low = ['low', ...large, '--priority', '10'];
const high = ['high', ...large, '--priority', '90'];

beforeAll(async () => {
  system = await TestSystem.up(2);
  await system.done('settings', 'set', 'policy=packed', 'admission=refuse');
});

afterAll(async () => {
  await system.down();
  await system.remove();
});

async function created(args: readonly string[]): Promise<string> {
  const { code, stderr } = await system.cli('vm', 'create', ...args);
  expect(code).toBe(0);
  const [name = ''] = args;
  await system.readJournal(name);
  await until(`${name} to write`, () => system.journal(name).records.length >= 2, patiently);
  return stderr;
}

describe('settings of the scheduler, on real hosts', { timeout: 300_000 }, () => {
  it('packed: the second VM goes beside the first, where the other host is empty', async () => {
    await created(low);
    await created(['near']);
    expect(await system.hostOf('near')).toBe(await system.hostOf('low'));
  });

  it('admission: a start that breaks N+1 is refused with the loss and the cure, or warned of', async () => {
    const refused = await system.cli('vm', 'create', ...high);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/with high on h2, after the loss of h1 .*low would not start again/);
    expect(refused.stderr).toMatch(/remedy: free, or add, \d+ MiB on h2/);
    expect((await system.client.vms()).items.map(({ name }) => name)).toEqual(['low', 'near']);
    await system.done('settings', 'set', 'admission=warn');
    expect(await created(high)).toMatch(/warning: with high on h2, .*what would cure it: free, or add, \d+ MiB on h2/);
    const { code, stdout } = await system.cli('capacity');
    expect(code).toBe(1);
    expect(stdout).toMatch(/^h1 +2 +no +low \(priority 10, 1\.17 GiB\) +free, or add, \d+ MiB on h2$/m);
  });

  it('preemption: the VM of high priority takes the room of the low one, which returns with the host', async () => {
    await system.done('settings', 'set', 'preemption=on');
    const boots = { low: system.newest('low').bootId, near: system.newest('near').bootId };
    const { bootId } = system.newest('high');
    await system.lab.power('h2', 'off');
    await until('high to run on h1', async () => {
      const { phase, assignment } = await system.client.vm('high');
      return phase === 'running' && assignment?.host === 'h1';
    }, patiently);
    await system.newBoot('high', bootId);
    expect((await system.client.vm('low')).reason).toMatch(/^stopped for high/);
    expect(await system.done('vm', 'log', 'low')).toContain('stopped to make room for high (priority 90)');
    await system.writesOn('near');

    await system.lab.power('h2', 'on');
    await until('low to run on h2', async () => {
      const { phase, assignment } = await system.client.vm('low');
      return phase === 'running' && assignment?.host === 'h2';
    }, patiently);
    await system.newBoot('low', boots.low);
    for (const vm of ['low', 'near', 'high']) {
      await system.writesOn(vm, 2, patiently);
      expect(system.journal(vm).isWhole()).toBe(true);
    }
    expect(system.newest('near').bootId).toBe(boots.near);
    expect(await system.hostOf('high')).toBe('h1');
  });
});

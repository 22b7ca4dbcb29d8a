import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestSystem } from './testing/test-system.js';
import { until } from './testing/until.js';

/** Three hosts of 2 GiB, each with room for one of these VMs. Each case goes on from the one before. */
let system: TestSystem;
const patiently = 180_000;

beforeAll(async () => {
  system = await TestSystem.up(3);
  const quickly = ['powerIdleSeconds=5', 'powerSpareHosts=0', 'powerWakeSeconds=120'];
  await system.done('settings', 'set', 'policy=power-saving', ...quickly);
});

afterAll(async () => {
  await system.down();
  await system.remove();
});

const create = (name: string): Promise<string> =>
  system.done('vm', 'create', name, '--memory', '1200MiB', '--no-wait');

async function runs(name: string): Promise<void> {
  await until(`${name} to run`, async () => (await system.client.vm(name)).phase === 'running', patiently);
  await system.readJournal(name);
  await until(`${name} to write`, () => system.journal(name).records.length >= 2, patiently);
}

/** What its BMC says to an ipmitool that is not ours. */
async function power(host: string): Promise<string> {
  const bmc = system.lab.instance.nodes.find(({ name }) => name === host)?.bmc;
  if (!bmc) throw new Error(`${host} has no BMC`);
  const { address, user, passwordFile } = bmc;
  const at = ['-I', 'lanplus', '-C', '3', '-H', address, '-U', user, '-f', passwordFile];
  const { stdout } = await system.lab.node('control1').exec('ipmitool', [...at, 'chassis', 'power', 'status']);
  return stdout.trim();
}

const health = async (host: string): Promise<string> => (await system.client.host(host)).health;

/** Seen while it is being switched on. */
async function wakes(host: string, reason: RegExp): Promise<void> {
  await until(`${host} to be woken`, async () => {
    const { sleep } = await system.client.host(host);
    return sleep?.stage === 'waking' && reason.test(sleep.reason);
  }, patiently);
  await until(`${host} to be online`, async () => (await health(host)) === 'online', patiently);
  expect(await power(host)).toBe('Chassis Power is on');
}

async function sleeps(host: string): Promise<void> {
  await until(`${host} to sleep`, async () => {
    const { health: now, sleep } = await system.client.host(host);
    return now === 'asleep' && sleep?.stage === 'off';
  }, patiently);
  expect(await power(host)).toBe('Chassis Power is off');
}

describe('policy power-saving, on real hosts with real BMCs', { timeout: 600_000 }, () => {
  it('switches off the host that no loss needs, and no other', async () => {
    await create('first');
    await runs('first');
    await sleeps('h3');
    expect([await health('h1'), await health('h2')]).toEqual(['online', 'online']);
    expect(await system.done('host', 'list')).toMatch(/^h3 +asleep/m);
    expect((await system.client.host('h3')).incident).toBe(null);
    expect(await system.done('place', 'explain', '--cpus', '1', '--memory', '64MiB')).toContain('is asleep');
  });

  it('wakes it before it is needed: when a loss would not be survived without it', async () => {
    await create('second');
    await wakes('h3', /^after the loss of h[12] not all VMs would start again/);
    await runs('second');
  });

  it('wakes it for a VM that finds room nowhere else, which runs there; the others notice nothing', async () => {
    const boots = ['first', 'second'].map((vm) => system.newest(vm).bootId);
    await system.done('settings', 'set', 'admission=off');
    await sleeps('h3');
    await create('third');
    await wakes('h3', /^third finds room nowhere else/);
    await runs('third');
    expect(await system.hostOf('third')).toBe('h3');
    await Promise.all(['first', 'second', 'third'].map((vm) => system.writesOn(vm)));
    for (const vm of ['first', 'second', 'third']) expect(system.journal(vm).isWhole()).toBe(true);
    expect(['first', 'second'].map((vm) => system.newest(vm).bootId)).toEqual(boots);
  });

  it('switches one off that a person can wake', async () => {
    await system.deleteVm('third');
    await sleeps('h3');
    await system.done('settings', 'set', 'powerIdleSeconds=600');
    expect(await system.done('host', 'wake', 'h3')).toContain('h3 is being woken');
    await wakes('h3', /asks for it/);
  });
});

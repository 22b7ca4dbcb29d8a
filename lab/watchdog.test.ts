import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MemoryBroker, type Bus } from '@holdfast/bus';
import { drillBegin, drills, hostFence, hosts, observed, vmCreate, vms, vmSpecSchema } from '@holdfast/contracts';
import type { WatchdogDevice } from '@holdfast/host-agent';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { SimulatedCluster } from './simulated.js';

const patiently = { timeout: 60_000, interval: 50 };

/** Resets for real, by a timer of its own that nobody in the agent can stop by accident. */
class TimerWatchdog implements WatchdogDevice {
  readonly path = '/dev/watchdog0';
  readonly kind = 'softdog' as const;
  readonly identity = 'a timer of this test';
  readonly timeoutMs = 3000;
  readonly isForEver = false;
  resets = 0;
  isGone = false;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly reset: () => void) {}

  pet(): void {
    if (this.isGone) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.resets += 1;
      this.reset();
    }, this.timeoutMs);
  }

  stop(): void {
    clearTimeout(this.timer);
  }

  leave(): void {
    this.isGone = true;
  }
}

let directory: string;
let cluster: SimulatedCluster;
let api: Bus;
let watchdog: TimerWatchdog;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'holdfast-watchdog-'));
  const broker = new MemoryBroker();
  watchdog = new TimerWatchdog(() => void cluster.world.powerOff('h1'));
  cluster = new SimulatedCluster({
    hosts: 2,
    stateDirectory: directory,
    incarnation: 'test',
    connect: async (principal) => broker.connect(principal),
    log: { info: () => undefined, warn: () => undefined },
    watchdogs: new Map([['h1', watchdog]]),
  });
  await cluster.start();
  api = broker.connect({ service: 'api', node: 'control1' });
  await vi.waitFor(async () => {
    for (const name of cluster.hostNames) {
      expect((await api.bucket(hosts).get(name))?.value).toMatchObject({ health: 'online' });
    }
    expect((await api.bucket(observed).get('h1'))?.value.watchdog).toMatchObject({ armed: true, nodes: ['san1'] });
  }, patiently);
});

afterEach(async () => {
  await cluster.stop();
  watchdog.stop();
  await api.close();
  await rm(directory, { recursive: true });
});

test('a drill says of each host whether its watchdog is armed', { timeout: 120_000 }, async () => {
  for (const [host, result] of [['h1', 'passed'], ['h2', 'absent']] as const) {
    const begin = { operation: `drill-${host}`, host, by: 'ann' };
    expect(await api.request(drillBegin, null, begin, { timeoutMs: 5000 })).toMatchObject({ ok: true });
    await vi.waitFor(async () => {
      const drill = (await api.bucket(drills).get(host))?.value;
      expect(drill).toMatchObject({ stage: 'done', checks: { watchdog: { result } } });
    }, patiently);
  }
  expect(watchdog.resets).toBe(0);
});

test('its watchdog brings back a VM without a disk that nobody can switch off', { timeout: 120_000 }, async () => {
  const spec = vmSpecSchema.parse({ cpus: 1, memoryMiB: 128, disks: [] });
  const create = { operation: 'create-1', vm: 'web1', spec, start: true, host: 'h1' };
  expect(await api.request(vmCreate, null, create, { timeoutMs: 5000 })).toMatchObject({ ok: true });
  const runsOn = async (host: string): Promise<void> => {
    const value = (await api.bucket(vms).get('web1'))?.value;
    expect(value).toMatchObject({ phase: 'running', assignment: { host } });
  };
  await vi.waitFor(() => runsOn('h1'), patiently);
  cluster.loseBmc('h1');
  await cluster.agent('h1', 'stop');
  expect(cluster.world.copiesOf('web1')).toHaveLength(1);
  const fence = { host: 'h1', confirm: 'h1', reason: 'its agent is gone', by: 'ann' };
  await vi.waitFor(async () => {
    expect(await api.request(hostFence, null, fence, { timeoutMs: 5000 })).toMatchObject({ ok: true });
  }, patiently);
  await vi.waitFor(() => runsOn('h2'), patiently);
  const record = (await api.bucket(hosts).get('h1'))?.value;
  expect(record?.evidence.map(({ kind }) => kind)).toContain('lease-expired');
  expect(watchdog.resets).toBe(1);
  expect(cluster.world.copiesOf('web1')).toHaveLength(1);
});

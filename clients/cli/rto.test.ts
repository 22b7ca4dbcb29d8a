import { readFileSync } from 'node:fs';
import type { HostView, VmView } from '@holdfast/client';
import { defaultSettings, vmSpecSchema, type CloudEvent, type Settings, type Watchdog } from '@holdfast/contracts';
import { describe, expect, test } from 'vitest';
import { startFakeCluster } from '../../services/api/testing/fake-cluster.js';
import { longestMs, recoveryTimesMs, rtoOf, type RtoFacts } from './rto.js';
import { begin, words } from './testing/command-line.js';

const vm = (name: string, policy: object = {}, pool = 'pool1'): VmView =>
  ({
    name,
    phase: 'running',
    desired: 'running',
    assignment: { host: 'h1', hostEpoch: 1, generation: 1 },
    spec: vmSpecSchema.parse({ cpus: 1, memoryMiB: 512, policy }),
    volumes: [{ volume: `${name}-disk0`, pool, node: 'san1', sizeMiB: 64 }],
  }) as unknown as VmView;

const host = (
  name: string,
  power: HostView['power']['state'] = 'verified',
  memoryMiB = 4096,
  watchdog?: Watchdog,
): HostView =>
  ({
    host: name,
    health: 'online',
    admin: 'active',
    labels: { rack: name },
    power: { state: power, detail: '' },
    observed: { capacity: { cpus: 4, memoryMiB }, watchdog },
  }) as unknown as HostView;

const facts = (patch: Partial<RtoFacts> = {}, armed = true): RtoFacts => ({
  status: {
    arming: { armed, shadow: false, reason: 'planned work', by: '', sinceMs: 0, restoredAtMs: null, reconciled: true },
    pools: [
      { pool: 'pool1', node: 'san1', capacityBytes: 1, freeBytes: 1, revocable: true },
      { pool: 'local', node: 'san1', capacityBytes: 1, freeBytes: 1, revocable: false },
    ],
  },
  hosts: [host('h1'), host('h2')],
  vms: [],
  settings: defaultSettings,
  ...patch,
});

const event = (what: string, atMs: number): CloudEvent =>
  ({ type: `io.holdfast.vm.${what}.v1`, data: { atMs } }) as unknown as CloudEvent;

describe('the promised worst case', () => {
  test('is the sum of its phases, and longer where only power proves', () => {
    const byStorage = rtoOf(vm('web1'), facts(), []);
    expect(byStorage).toMatchObject({ proof: 'storage', never: null });
    expect(byStorage.phases.map(({ phase }) => phase)).toEqual([
      'suspected', 'confirmed', 'proven', 'placed', 'attached', 'running',
    ]);
    expect(byStorage.promisedMs).toBe(byStorage.phases.reduce((sum, { atMostMs }) => sum + atMostMs, 0));
    for (const other of [vm('web1', { proof: 'power' }), vm('web1', {}, 'local')]) {
      const promisedMs = (byStorage.promisedMs ?? 0) + longestMs.bmcTimeoutMs - longestMs.proofTimeoutMs;
      expect(rtoOf(other, facts(), [])).toMatchObject({ proof: 'power', promisedMs });
    }
  });

  test('waits for the watchdog where there is no power switch', () => {
    const given = (armed: boolean): RtoFacts => {
      const times = { timeoutMs: 10_000, leaseMs: 15_000 };
      const watchdog: Watchdog = { kind: 'softdog', ...times, armed, binding: 1, nodes: ['san1'], detail: '' };
      return facts({ hosts: [host('h1', 'none', 4096, watchdog), host('h2')] });
    };
    const byPower = rtoOf(vm('web1', { proof: 'power' }), facts(), []).promisedMs ?? 0;
    const byWatchdog = rtoOf(vm('web1', { proof: 'power' }), given(true), []).promisedMs;
    expect(byWatchdog).toBe(byPower - longestMs.bmcTimeoutMs + 15_000 + 3 * 10_000 + 2000);
    expect(rtoOf(vm('web1', { proof: 'power' }), given(false), []).never).toContain('no armed watchdog');
  });

  test('has time to wake a host where no other has room', () => {
    const sleep = { stage: 'off' as const, sinceMs: 0, reason: 'idle', wakeWithinMs: 300_000 };
    const asleep = { ...host('h3'), health: 'asleep' as const, sleep };
    const awake = rtoOf(vm('web1'), facts({ hosts: [host('h1'), host('h2'), asleep] }), []);
    expect(awake.phases.map(({ phase }) => phase)).not.toContain('a host woken');
    const full = rtoOf(vm('web1'), facts({ hosts: [host('h1'), host('h2', 'verified', 100), asleep] }), []);
    expect(full).toMatchObject({ never: null, promisedMs: (awake.promisedMs ?? 0) + 300_000 });
  });

  test('has room for those that go first', () => {
    const vms = [vm('db', { priority: 90 })];
    const phases = rtoOf(vm('web1', { after: ['db'] }), facts({ vms }), []).phases.map(({ phase }) => phase);
    expect(phases).toContain('higher priority first');
    expect(phases).toContain('what it needs first');
  });

  test('is never, with the reason, for what would not return by itself', () => {
    const never = (...args: Parameters<typeof rtoOf>): string | null => rtoOf(...args).never;
    expect(never(vm('web1'), facts({}, false), [])).toBe('disarmed: planned work');
    expect(never(vm('web1', { restart: 'never' }), facts(), [])).toContain('restart never');
    const blind = facts({ hosts: [host('h1', 'none'), host('h2')] });
    expect(never(vm('web1', { proof: 'both' }), blind, [])).toContain('no verified power switch');
    expect(never(vm('web1'), blind, [])).toBeNull();
    expect(never(vm('web1'), facts({ hosts: [host('h1')] }), [])).toContain('no other host');
    expect(never(vm('web1'), facts({ hosts: [host('h1'), host('h2', 'none', 256)] }), [])).toContain('512 MiB');
  });

  test('counts as much memory as the settings let be promised, on hosts with a label what is said for that', () => {
    const never = (settings: Partial<Settings>): string | null =>
      rtoOf(vm('web1'), facts({
        hosts: [host('h1'), host('h2', 'none', 400)],
        settings: { ...defaultSettings, ...settings },
      }), []).never;
    expect(never({})).toContain('512 MiB');
    expect(never({ memoryOvercommit: 1.5 })).toBeNull();
    expect(never({ memoryOvercommit: 1.5, memoryOvercommitOn: { 'rack=h2': 1.1 } })).toContain('512 MiB');
  });

  test('rests on the times that the architecture page tells', () => {
    const page = readFileSync(new URL('../../docs/architecture.md', import.meta.url), 'utf8');
    for (const [name, ms] of Object.entries(longestMs)) expect(page).toContain(`| \`${name}\` | ${ms} |`);
  });
});

test('the measured history goes from the loss of the host to running, and leaves out what did not return', () => {
  const events = [
    event('started', 10),
    event('recovering', 1000),
    event('placed', 1500),
    event('started', 3000),
    event('recovering', 9000),
    event('failed', 9500),
    event('started', 20_000),
    event('recovering', 30_000),
    event('started', 34_000),
  ];
  expect(recoveryTimesMs(events)).toEqual([2000, 4000]);
  expect(rtoOf(vm('web1'), facts(), events).measured).toEqual({ count: 2, medianMs: 3000, largestMs: 4000 });
});

test('the command tells it as a table, and for programs', async () => {
  const cluster = await startFakeCluster();
  const holdfast = (line: string): Promise<{ code: number; out: string }> => begin(words(line), cluster).finished;
  expect(await holdfast('rto')).toMatchObject({ code: 0, out: 'there is no VM yet\n' });
  await holdfast('vm create web1 --host h1');
  const { code, out } = await holdfast('rto');
  expect(code).toBe(0);
  expect(out).toMatch(/^VM +PROOF +PROMISED +RECOVERIES +MEDIAN +LARGEST +WHY\nweb1 +/);
  expect(JSON.parse((await holdfast('rto --json')).out)).toMatchObject({
    items: [{ vm: 'web1', measured: { count: 0, medianMs: null, largestMs: null } }],
  });
  await cluster.close();
});

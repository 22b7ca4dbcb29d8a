import { setTimeout } from 'node:timers/promises';
import type { HostView } from '@holdfast/client';
import { drains } from '@holdfast/contracts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startFakeCluster, type FakeCluster } from '../../services/api/testing/fake-cluster.js';
import { setAdmin, setDrain } from '../../services/api/testing/fake-policies.js';
import { domainsOf } from './roll.js';
import { begin, type Running } from './testing/command-line.js';

describe('the domains of a roll', () => {
  const host = (name: string, rack: string, patch: Partial<HostView> = {}): HostView =>
    ({ host: name, labels: { rack }, health: 'online', admin: 'active', drain: null, ...patch }) as HostView;
  const all = [host('h3', 'b'), host('h1', 'a'), host('h2', 'a')];

  test('are hosts, or all with the same value of a label, in the order of their names', () => {
    expect(domainsOf(all, {}).map(({ name }) => name)).toEqual(['h1', 'h2', 'h3']);
    expect(domainsOf(all, { over: 'rack' })).toEqual([
      { name: 'rack=a', hosts: ['h1', 'h2'] },
      { name: 'rack=b', hosts: ['h3'] },
    ]);
    expect(domainsOf(all, { hosts: 'h3,h1' }).map(({ name }) => name)).toEqual(['h1', 'h3']);
    expect(domainsOf(all, { hosts: 'rack=b' }).map(({ name }) => name)).toEqual(['h3']);
    expect(domainsOf(all, { from: 'h2' }).map(({ name }) => name)).toEqual(['h2', 'h3']);
    expect(domainsOf(all, { from: 'h3', over: 'rack' }).map(({ name }) => name)).toEqual(['rack=b']);
  });

  test('with a host that is not well, or that others work on, are refused, but for the one it goes on with', () => {
    const taken = [host('h1', 'a'), host('h2', 'a', { admin: 'maintenance' })];
    expect(() => domainsOf(taken, {})).toThrow('h2 is in maintenance');
    expect(domainsOf(taken, { from: 'h2' })).toHaveLength(1);
    expect(() => domainsOf([host('h1', 'a', { health: 'fenced' })], {})).toThrow('h1 is fenced');
    expect(() => domainsOf(all, { hosts: 'h9' })).toThrow('no host named h9');
    expect(() => domainsOf(all, { hosts: 'rack=z' })).toThrow('no host has the label');
    expect(() => domainsOf(all, { over: 'power' })).toThrow('has no label power');
    expect(() => domainsOf(all, { from: 'h9' })).toThrow('not among the hosts');
  });
});

describe('host roll', () => {
  let cluster: FakeCluster;
  let isOver = false;
  const holdfast = (...line: string[]): Running => begin(line, cluster);

  /** Empties hosts, and lets them work again, as they are asked to. */
  async function serveDrains(): Promise<void> {
    const bucket = cluster.scheduler.bus.bucket(drains);
    while (!isOver) {
      for (const host of ['h1', 'h2']) {
        const state = (await bucket.get(host))?.value.state;
        if (state === 'draining') {
          await setAdmin(cluster.failover, host, 'maintenance');
          await setDrain(cluster.scheduler.bus, host, { state: 'drained', left: [] });
        } else if (state === 'ending') {
          await setAdmin(cluster.failover, host, 'active');
          await setDrain(cluster.scheduler.bus, host, null);
        }
      }
      await setTimeout(50);
    }
  }
  let serving: Promise<void>;

  beforeAll(async () => {
    cluster = await startFakeCluster();
    serving = serveDrains();
  });
  afterAll(async () => {
    isOver = true;
    await serving;
    await cluster.close();
  });

  test('shows its domains without a command, and begins nothing without one or without time', async () => {
    const { code, out } = await holdfast('host', 'roll', '--dry-run').finished;
    expect([code, out]).toEqual([0, expect.stringMatching(/^DOMAIN +HOSTS\nh1 +h1\nh2 +h2\n/)]);
    const bare = await holdfast('host', 'roll').finished;
    expect([bare.code, bare.err]).toEqual([2, expect.stringContaining('--command')]);
    const hurried = await holdfast('host', 'roll', '--command', 'true', '--timeout', '0').finished;
    expect([hurried.code, hurried.err]).toEqual([1, expect.stringContaining('timeout: 0 is not from 1 to 86400')]);
  });

  test('does not begin where a loss would not be survived, and names who would be lost', async () => {
    const { code, err } = await holdfast('host', 'roll', '--hosts', 'h1', '--command', 'true').finished;
    expect(code).toBe(1);
    expect(err).toContain('stopped at h1: with h1 away, a loss of h2 is not survived: db1 (h1: free 512 MiB');
    expect(err).toMatch(/h1 was left as it was, none is done\n.*remedy: free or add room.*; then go on.*--from h1/);
    expect(cluster.scheduler.asked.map(({ command }) => command)).not.toContain('host-maintenance');
  });

  test('empties, runs the command, puts back to work, and goes on where it was stopped', async () => {
    cluster.scheduler.isRoomy = true;
    const command = 'echo at $HOLDFAST_HOST; test $HOLDFAST_HOST != h2';
    const line = ['host', 'roll', '--settle', '0', '--command', command];
    const { code, out, err } = await holdfast(...line).finished;
    expect(code).toBe(1);
    expect(out).toMatch(/h1: empty\nh1: echo.*\nh1: done, 1 of 2, in \d+ s\nh2: empty/);
    expect(err).toContain('at h1');
    expect(err).toMatch(/stopped at h2: the command on h2 ended with 1; h2 may be left in maintenance, done: h1/);
    expect(err).toContain('--from h2');
    const again = [...line.slice(0, -1), 'true', '--from', 'h2', '--json'];
    const resumed = await holdfast(...again).finished;
    expect([resumed.code, JSON.parse(resumed.out)]).toMatchObject([0, { done: [{ domain: 'h2', hosts: ['h2'] }] }]);
  });

  test('can be interrupted, and tells how to go on', async () => {
    const running = holdfast('host', 'roll', '--settle', '0', '--command', 'sleep 60');
    await expect.poll(() => running.out(), { timeout: 15_000 }).toContain('h1: sleep 60');
    running.interrupt();
    const { code, err } = await running.finished;
    expect(code).toBe(1);
    expect(err).toContain('stopped at h1: interrupted');
    expect(err).toContain('--from h1');
  });

  test('shows its domains without doing anything', async () => {
    const { out } = await holdfast('host', 'roll', '--command', 'true', '--from', 'h1', '--dry-run', '--json').finished;
    expect(JSON.parse(out)).toMatchObject({ domains: [{ name: 'h1' }, { name: 'h2' }] });
  });
});

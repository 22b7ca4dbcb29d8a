import { hosts } from '@holdfast/contracts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startFakeCluster, type FakeCluster } from '../../services/api/testing/fake-cluster.js';
import { begin, words, type Running } from './testing/command-line.js';

let cluster: FakeCluster;

beforeAll(async () => {
  cluster = await startFakeCluster();
});
afterAll(async () => {
  await cluster.close();
});

const holdfast = (line: string): Running['finished'] => begin(words(line), cluster).finished;

describe('a person labels a host', () => {
  test('with what it shares with others, and takes a label away', async () => {
    expect(await holdfast('host label h1 rack=r2 power=b')).toMatchObject({ code: 0, out: 'h1: rack=r2, power=b\n' });
    expect((await holdfast('host show h1')).out).toMatch(/labels +rack=r2, power=b/);
    expect((await holdfast('host label h1 power-')).out).toBe('h1: rack=r2\n');
    const { out } = await holdfast('host label h1 rack- --json');
    expect(JSON.parse(out)).toEqual({ host: 'h1', labels: {} });
  });

  test('what is no label is refused, and so is a host that nobody knows', async () => {
    expect(await holdfast('host label h1 rack')).toMatchObject({ code: 2 });
    const { code, err } = await holdfast('host label h1 rack=not@all');
    expect(code).toBe(1);
    expect(err).toContain('set.rack');
    expect((await holdfast('host label h9 rack=r1')).err).toContain('h1');
  });
});

describe('a person orders a fence', () => {
  const line = 'host fence h2 --reason "libvirtd is dead"';

  test('of the host whose name is given twice, with the reason', async () => {
    const refusedFirst = await holdfast(line);
    expect(refusedFirst.code).toBe(2);
    expect(refusedFirst.err).toContain('--confirm h2');
    expect((await holdfast(`${line} --confirm h1`)).err).toContain('this is not the name of the host, h2');
    expect(cluster.fenced).toEqual([]);
    const { code, out } = await holdfast(`${line} --confirm h2`);
    expect(code).toBe(0);
    expect(out).toBe('h2 is being fenced; see `incident show incident-1`\n');
    expect(cluster.fenced).toMatchObject([{ host: 'h2', reason: 'libvirtd is dead' }]);
  });
});

describe('a person wakes a host', () => {
  test('that sleeps; one that does not is refused, saying so', async () => {
    const { code, err } = await holdfast('host wake h1');
    expect({ code, err }).toMatchObject({ code: 1, err: expect.stringContaining('not asleep') as string });
  });
});

describe('a person clears a host', () => {
  test('that is held off, as its list and its page say', async () => {
    const bucket = cluster.failover.bucket(hosts);
    const known = await bucket.get('h1');
    const returns = [{ atMs: 1_700_000_000_000, from: 'fence' as const }];
    const flapping = { returns, holdOffCount: 1, heldOffUntilMs: 1_700_000_060_000 };
    if (known) await bucket.put('h1', { ...known.value, flapping });
    const shown = async (): Promise<string> => (await holdfast('host show h1')).out;
    await expect.poll(shown).toMatch(/placement +held off until .*: 1 failure/);
    expect((await holdfast('host list')).out).toContain('held off until');
    const { code, out } = await holdfast('host clear h1');
    expect({ code, out }).toEqual({ code: 0, out: 'h1: what it did before no longer counts\n' });
    await expect.poll(shown).not.toContain('held off');
  });
});

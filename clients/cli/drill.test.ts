import { drills, hosts } from '@holdfast/contracts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startFakeCluster, type FakeCluster } from '../../services/api/testing/fake-cluster.js';
import { begin, words } from './testing/command-line.js';

let cluster: FakeCluster;

beforeAll(async () => {
  cluster = await startFakeCluster();
});
afterAll(async () => {
  await cluster.close();
});

const holdfast = (line: string): ReturnType<typeof begin>['finished'] => begin(words(line), cluster).finished;

describe('drill', () => {
  test('shows what was found on each host, and ends well if nothing is wanting', async () => {
    expect((await holdfast('drill --list')).out).toMatch(/^h1 +never drilled/m);
    const { code, out } = await holdfast('drill --host h1');
    expect(code).toBe(0);
    expect(out).toMatch(/^h1 +power +passed +1\.5 s$/m);
    expect(out).toMatch(/^ +watchdog +absent +-$/m);
    const listed = JSON.parse((await holdfast('drill --list --json')).out) as unknown;
    expect(listed).toMatchObject({ drills: [{ host: 'h1', checks: { failover: { result: 'passed' } } }] });
  });

  test('goes on with the other hosts, and fails when a check does or a host is not drilled', async () => {
    cluster.wanting.set('h1', ['power']);
    const bucket = cluster.failover.bucket(hosts);
    const known = await bucket.get('h2');
    if (known) await bucket.put('h2', { ...known.value, health: 'suspect' });
    const { code, out, err } = await holdfast('drill');
    expect(code).toBe(1);
    expect(out).toMatch(/^h1 +power +failed +1\.5 s +power is wanting; see to it$/m);
    expect(out).toMatch(/^h2 +- +refused +- +h2 is suspect; drill it when it is online$/m);
    expect(err).toContain('1 of 4 checks failed; 1 of 2 hosts were not drilled');
  });

  test('of one host is refused in so many words', async () => {
    const { code, err } = await holdfast('drill --host h2');
    expect(code).toBe(1);
    expect(err).toContain('h2 is suspect');
    expect((await holdfast('drill --host h9')).err).toContain('h9');
  });

  test('is told by status when it failed or has expired', async () => {
    expect((await holdfast('status')).out).toMatch(/drills +h1: last drill \d+ d ago, power failed/);
    const bucket = cluster.failover.bucket(drills);
    const known = await bucket.get('h1');
    if (known) await bucket.put('h1', { ...known.value, stage: 'expired' });
    await expect.poll(async () => (await holdfast('status')).out).toMatch(/h1: last drill \d+ d ago \(expired\)/);
    expect((await holdfast('drill --list --host h1')).out).toMatch(/^h1 +\d+ d ago +expired +failed/m);
  });
});

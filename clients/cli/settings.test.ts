import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startFakeCluster, type FakeCluster } from '../../services/api/testing/fake-cluster.js';
import { settingsChange } from './commands/settings.js';
import { begin, words, type Running } from './testing/command-line.js';

let cluster: FakeCluster;

beforeAll(async () => {
  cluster = await startFakeCluster();
});
afterAll(async () => {
  await cluster.close();
});

const holdfast = (line: string): Running['finished'] => begin(words(line), cluster).finished;

describe('settings', () => {
  test('are shown with what they mean, and told as they change', async () => {
    const { out, code } = await holdfast('settings show');
    expect(code).toBe(0);
    expect(out).toMatch(/policy +balanced/);
    expect(out).toMatch(/weights\.home +0\.5/);
    expect(out).toMatch(/admissionLabel +none/);
    const line = 'settings set policy=packed weights.room=2 cpuRatio@age=old=2';
    expect((await holdfast(line)).out).toBe('policy is now packed\nweights.room is now 2\ncpuRatio@age=old is now 2\n');
    expect((await holdfast('settings set cpuRatio@age=old=default policy=packed')).out).toBe(
      'cpuRatio@age=old is gone\n',
    );
    expect((await holdfast('settings set policy=packed')).out).toBe('nothing changed\n');
    expect(JSON.parse((await holdfast('settings show --json')).out)).toMatchObject({ policy: 'packed', cpuRatio: 4 });
  });

  test('that cannot be are refused, naming the field and what it can be', async () => {
    const wrong = await holdfast('settings set memoryOvercommit=0.5');
    expect([wrong.code, wrong.err]).toEqual([1, expect.stringContaining('memoryOvercommit')]);
    expect(wrong.err).toContain('from 1');
    const unknown = await holdfast('settings set polcy=packed');
    expect([unknown.code, unknown.err]).toEqual([2, expect.stringMatching(
      /there is no setting polcy\s+remedy: known are policy, weights\.PART, cpuRatio, cpuRatio@LABEL=VALUE, /,
    )]);
    expect((await holdfast('settings set policy')).code).toBe(2);
    expect((await holdfast('settings set policy.a=1')).code).toBe(2);
  });

  test('are read from pairs of keys and values', () => {
    expect(settingsChange(['admissionLabel=none', 'memoryOvercommit@age=old=1.5', 'weights.home=0'])).toEqual({
      admissionLabel: null,
      memoryOvercommitOn: { 'age=old': 1.5 },
      weights: { home: 0 },
    });
  });
});

import { describe, expect, test } from 'vitest';
import { expired, type Retention } from './prune.js';

const retention: Retention<{ endedAtMs: number | null }> = {
  endedAtMs: ({ endedAtMs }) => endedAtMs,
  keepMs: 1000,
  keepCount: 2,
};
const entry = (key: string, endedAtMs: number | null) => ({ key, value: { endedAtMs }, revision: 1 });
const keys = (nowMs: number, ...entries: ReturnType<typeof entry>[]): string[] =>
  expired(entries, retention, nowMs).map(({ key }) => key);

describe('ended records', () => {
  test('stay for their time', () => {
    expect(keys(1500, entry('a', 600), entry('b', 700))).toEqual([]);
  });

  test('go when their time is over, and those still worked on never', () => {
    expect(keys(5000, entry('a', 600), entry('b', null), entry('c', 4500))).toEqual(['a']);
  });

  test('go, the oldest first, when there are too many', () => {
    expect(keys(1000, entry('a', 900), entry('b', 800), entry('c', 700), entry('d', 600))).toEqual(['d', 'c']);
  });
});

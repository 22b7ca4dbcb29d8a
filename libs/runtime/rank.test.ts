import { describe, expect, test } from 'vitest';
import { rankOf, replicaSilenceMs } from './rank.js';

const heard = (entries: Record<string, number>): Map<string, number> => new Map(Object.entries(entries));

describe('the rank of a replica', () => {
  test('is its place by name among those that are heard', () => {
    const now = 10_000;
    expect(rankOf('control1', heard({ control2: now, control3: now }), now)).toBe(0);
    expect(rankOf('control3', heard({ control1: now, control2: now }), now)).toBe(2);
  });

  test('moves up when one before it has been silent too long', () => {
    const now = 10_000;
    const silentSince = now - replicaSilenceMs - 1;
    expect(rankOf('control3', heard({ control1: silentSince, control2: now }), now)).toBe(1);
  });
});

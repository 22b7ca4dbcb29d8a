import { describe, expect, test } from 'vitest';
import { beaten, deadlineMs, type Rhythm } from './deadline.js';
import { defaultTiming as timing } from './timing.js';

const after = (intervalsMs: number[], from: Rhythm | null = null): Rhythm | null =>
  intervalsMs.reduce<Rhythm | null>((rhythm, intervalMs) => beaten(rhythm, intervalMs, timing), from);
const steady = (count: number): number[] => Array.from({ length: count }, () => 250);

describe('how long a host may be silent', () => {
  test('one whose rhythm is not known yet gets the time that suits most', () => {
    expect(deadlineMs(null, timing)).toBe(timing.suspectAfterMs);
    expect(deadlineMs(after(steady(7)), timing)).toBe(timing.suspectAfterMs);
  });

  test('one that beats evenly is missed after two beats and a little', () => {
    expect(deadlineMs(after(steady(60)), timing)).toBe(timing.suspectAtLeastMs);
  });

  test('one that has hesitated once gets more, and loses it again slowly', () => {
    const hesitated = after([...steady(60), 1250]);
    expect(deadlineMs(hesitated, timing)).toBeGreaterThan(1500);
    expect(deadlineMs(after(steady(8), hesitated), timing)).toBeGreaterThan(1000);
    expect(deadlineMs(after(steady(200), hesitated), timing)).toBe(timing.suspectAtLeastMs);
  });

  test('one that loses every tenth heartbeat is not missed at the second in a row', () => {
    const lossy = Array.from({ length: 200 }, (_, index) => (index % 9 === 0 ? 500 : 250));
    expect(deadlineMs(after(lossy), timing)).toBeGreaterThan(750);
  });

  test('however badly it beats, there is a longest time; and an outage is no rhythm', () => {
    const wild = after(Array.from({ length: 60 }, (_, index) => (index % 2 === 0 ? 50 : 2900)));
    expect(deadlineMs(wild, timing)).toBe(timing.suspectAtMostMs);
    const even = after(steady(60));
    expect(after([300_000], even)).toBe(even);
    expect(after([-10], even)).toBe(even);
  });
});

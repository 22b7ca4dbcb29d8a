import { expect, test } from 'vitest';
import { rangeOf, ratioOf } from './range.js';

test('few measurements are told by their median and their ends', () => {
  expect(rangeOf([3200, 4800, 4200])).toEqual({ median: 4200, min: 3200, max: 4800 });
  expect(rangeOf([])).toBeNull();
});

test('how many times as long one took is told by the medians, if there are both', () => {
  const own = rangeOf([1600]);
  expect(ratioOf(rangeOf([14_000]), own)).toBe(8.8);
  expect(ratioOf(null, own)).toBeNull();
  expect(ratioOf(own, null)).toBeNull();
});

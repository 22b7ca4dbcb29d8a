import { describe, expect, it } from 'vitest';
import { spreadOf } from './spread.js';

describe('the spread of measurements', () => {
  it('of nothing is none', () => {
    expect(spreadOf([])).toBeNull();
  });

  it('has the value in the middle, whatever the order', () => {
    expect(spreadOf([30, 10, 20])).toEqual({ median: 20, p99: 30 });
  });

  it('has the mean of the two in the middle', () => {
    expect(spreadOf([10, 21, 40, 20])).toEqual({ median: 21, p99: 40 });
  });

  it('of one value is that value', () => {
    expect(spreadOf([7])).toEqual({ median: 7, p99: 7 });
  });

  it('leaves out the largest of a hundred and more', () => {
    const values = Array.from({ length: 100 }, (_, index) => index + 1);
    expect(spreadOf(values)).toEqual({ median: 51, p99: 99 });
    expect(spreadOf([...values, 101])?.p99).toBe(100);
  });
});

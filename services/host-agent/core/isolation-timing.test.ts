import { expect, test } from 'vitest';
import { timingRefusal } from './isolation-timing.js';
import { defaultIsolationTiming } from './isolation.js';

test('the shipped times fit together', () => {
  expect(timingRefusal(defaultIsolationTiming)).toBeNull();
});

test('times that do not are refused by the inequality that fails, with its numbers and the remedy', () => {
  expect(timingRefusal({ ...defaultIsolationTiming, isolatedAfterMs: 500 })).toBe(
    '4 x heartbeatIntervalMs 250 = 1000 > isolatedAfterMs 500: ' +
      'raise isolatedAfterMs, or a few lost datagrams cut guests off',
  );
  expect(timingRefusal({ ...defaultIsolationTiming, leaseMs: 7000 })).toBe(
    'isolatedAfterMs 3000 + wakeGraceMs 1000 + killTakesMs 3000 = 7000 >= leaseMs 7000: ' +
      'raise leaseMs, or VMs are not ended before it is over',
  );
});

import { expect, test } from 'vitest';
import { clockMarginMs, leaseProofMs, leaseRefusal, pettingIntervalMs } from './lease.js';

const times = { leaseMs: 15_000, pettingIntervalMs, watchdogMs: 60_000, clockMarginMs };

test('the shipped times fit together, with the watchdogs there are', () => {
  for (const watchdogMs of [5000, 10_000, 30_000, 60_000]) expect(leaseRefusal({ ...times, watchdogMs })).toBeNull();
});

test('the proof waits out the lease, a late pet, one more, the watchdog, and what clocks may differ by', () => {
  expect(leaseProofMs(times)).toBe(15_000 + 3 * 60_000 + 2000);
});

test('times that do not fit are refused by the inequality that fails, with its numbers and the remedy', () => {
  expect(leaseRefusal({ ...times, watchdogMs: 2000 })).toBe(
    '3 x pettingIntervalMs 1000 = 3000 > watchdogMs 2000: ' +
      'give the watchdog more time, or a busy moment resets the host',
  );
  expect(leaseRefusal({ ...times, watchdogMs: 600_000 })).toBe(
    '1 % of (leaseMs 15000 + 3 x watchdogMs 600000) = 18150 > clockMarginMs 2000: ' +
      'give the watchdog less time, or clocks may differ by more',
  );
  expect(leaseRefusal(times, 100_000)).toBe(
    'leaseMs 15000 + 3 x watchdogMs 60000 + clockMarginMs 2000 = 197000 > leaseProofWaitsMs 100000: ' +
      'raise leaseProofWaitsMs, or a lease outlives its proof',
  );
});

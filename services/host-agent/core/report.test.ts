import type { Observed } from '@holdfast/contracts';
import { expect, test } from 'vitest';
import { isReportDue, tellAgainMs, toldNow, type ToldReport } from './index.js';

function reportAt(atMs: number, epoch = 2): Observed {
  return {
    host: 'h1',
    uuid: '00000000-0000-4000-8000-000000000001',
    bootId: '00000000-0000-4000-8000-0000000000b1',
    incarnation: 'inc1',
    epoch,
    startedAtMs: 0,
    sealKey: 'key',
    capacity: { cpus: 4, memoryMiB: 4096 },
    addresses: { management: '10.0.0.1', storage: '10.1.0.1' },
    probePort: 1,
    hypervisor: 'connected',
    leaving: false,
    vms: {},
    staleCopies: [],
    atMs,
  };
}

/** When reports are stored by an agent that looks every 5 s, the epoch being what `epochAt` says. */
function storedAt(untilMs: number, epochAt: (atMs: number) => number): number[] {
  const stored: number[] = [];
  let told: ToldReport | null = null;
  for (let atMs = 0; atMs <= untilMs; atMs += 5000) {
    const report = reportAt(atMs, epochAt(atMs));
    if (!isReportDue(told, report)) continue;
    told = toldNow(told, report);
    stored.push(atMs);
  }
  return stored;
}

test('what does not change is told again, ever more rarely', () => {
  expect(storedAt(100_000, () => 2)).toEqual([0, 5000, 10_000, 20_000, 40_000, 60_000, 80_000, 100_000]);
});

test('what changes is told at once, and soon again', () => {
  const stored = storedAt(100_000, (atMs) => (atMs < 85_000 ? 2 : 3));
  expect(stored).toEqual([0, 5000, 10_000, 20_000, 40_000, 60_000, 80_000, 85_000, 90_000, 95_000]);
});

test('a change within a second of the report before is told', () => {
  const told = toldNow(null, reportAt(1000));
  expect(isReportDue(told, reportAt(1001))).toBe(false);
  expect(isReportDue(told, reportAt(1001, 3))).toBe(true);
});

test('it is told again when nobody knows whether it is stored, and when the clock was set back', () => {
  expect(isReportDue(null, reportAt(1000))).toBe(true);
  const told = { report: reportAt(100_000), sinceMs: 0 };
  expect(isReportDue(told, reportAt(99_000))).toBe(true);
  expect(isReportDue(told, reportAt(100_000 + tellAgainMs - 1))).toBe(false);
});

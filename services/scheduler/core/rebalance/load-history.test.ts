import { describe, expect, test } from 'vitest';
import { FastRandom } from '../reassign/random.js';
import { LoadHistory } from './load-history.js';

const slotMs = 300_000;
const slotsADay = 288;

/** Hears so many days, every five minutes, and says how far off forecasts were on the last one. */
function errorsOf(cpusAt: (slot: number) => number, days: number): { forecasts: number; worst: number } {
  const history = new LoadHistory();
  const due = new Map<number, number>();
  let [forecasts, worst] = [0, 0];
  for (let slot = 0; slot < days * slotsADay; slot += 1) {
    const cpus = cpusAt(slot);
    history.hear(3, cpus, slot * slotMs);
    const soon = history.soon(3, slot * slotMs);
    const forecast = due.get(slot);
    if (slot >= (days - 1) * slotsADay && forecast !== undefined) {
      forecasts += 1;
      worst = Math.max(worst, Math.abs(forecast - cpus));
    }
    // Made of what was known when the slot before had ended.
    if (soon !== null) due.set(slot + 11, soon);
  }
  return { forecasts, worst };
}

/** Busy from nine to five. */
const office = (slot: number): number => {
  const hour = ((slot % slotsADay) * 24) / slotsADay;
  return hour >= 9 && hour < 17 ? 4 : 0.5;
};

describe('what is wanted in an hour', () => {
  test('is known from the day before, once that has come true for a while', () => {
    expect(errorsOf(office, 3)).toEqual({ forecasts: slotsADay, worst: 0 });
  });

  test('is not said on the first day, nor while forecasts are no better than the guess that nothing changes', () => {
    expect(errorsOf(office, 1).forecasts).toBe(0);
    expect(errorsOf(() => 2, 3).forecasts).toBe(0);
    const random = new FastRandom(1);
    expect(errorsOf(() => random.below(16) / 4, 4).forecasts).toBe(0);
  });

  test('follows the level of today', () => {
    const twice = (slot: number): number => office(slot) + (slot >= 2 * slotsADay ? 1 : 0);
    const { forecasts, worst } = errorsOf(twice, 6);
    expect(forecasts).toBe(slotsADay);
    expect(worst).toBeLessThan(0.2);
  });

  test('is forgotten with the VM, and not said when nothing was heard for an hour', () => {
    const history = new LoadHistory();
    const until = 3 * slotsADay - 100;
    for (let slot = 0; slot <= until; slot += 1) history.hear(0, office(slot), slot * slotMs);
    expect(history.soon(0, until * slotMs)).not.toBeNull();
    const later = until + 13;
    history.hear(0, 1, later * slotMs);
    expect(history.soon(0, later * slotMs)).toBeNull();
    history.hear(0, 1, (later + 1) * slotMs);
    expect(history.soon(0, (later + 1) * slotMs)).not.toBeNull();
    history.forget(0);
    history.hear(0, 1, (later + 2) * slotMs);
    expect(history.soon(0, (later + 2) * slotMs)).toBeNull();
  });
});

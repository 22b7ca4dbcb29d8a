import { expect, test } from 'vitest';
import { cronFault, isMissed, nextAfter, operationOfDue } from './core.js';

const berlin = { at: null, timeZone: 'Europe/Berlin' };
const next = (cron: string, moment: string): string | undefined =>
  nextAfter({ ...berlin, cron }, new Date(moment))?.toISOString();

test('a pattern is meant in its time zone, in summer and in winter', () => {
  expect(next('0 22 * * *', '2026-07-01T12:00:00Z')).toBe('2026-07-01T20:00:00.000Z');
  expect(next('0 22 * * *', '2026-12-01T12:00:00Z')).toBe('2026-12-01T21:00:00.000Z');
  expect(next('30 6 * * 1-5', '2026-07-03T12:00:00Z')).toBe('2026-07-06T04:30:00.000Z');
});

test('an hour that there is twice is due once, and one that there is not is due at its end', () => {
  // Clocks go back at 03:00 on 2026-10-25, and forward at 02:00 on 2027-03-28.
  const first = next('30 2 * * *', '2026-10-24T12:00:00Z');
  expect(first).toBe('2026-10-25T00:30:00.000Z');
  expect(next('30 2 * * *', first ?? '')).toBe('2026-10-26T01:30:00.000Z');
  expect(next('30 2 * * *', '2027-03-27T12:00:00Z')).toBe('2027-03-28T01:00:00.000Z');
});

test('a moment is due once, and a day that never comes never', () => {
  const once = { at: new Date('2026-07-01T12:00:00Z'), cron: null, timeZone: 'UTC' };
  expect(nextAfter(once, new Date('2026-07-01T11:59:59Z'))).toEqual(once.at);
  expect(nextAfter(once, once.at)).toBeNull();
  expect(next('0 0 30 2 *', '2026-07-01T12:00:00Z')).toBeUndefined();
});

test.each(['', 'soon', '* * * *', '* * * * * *', '61 * * * *', '0 0 * * mondays', '@reboot'])(
  '%j is no pattern', (cron) => expect(cronFault(cron, 'UTC')).toEqual(expect.any(String)));

test('what is late is done within its grace, and missed after it', () => {
  const due = new Date('2026-07-01T12:00:00Z');
  expect(isMissed(due, 15, new Date('2026-07-01T12:15:00Z'))).toBe(false);
  expect(isMissed(due, 15, new Date('2026-07-01T12:15:00.001Z'))).toBe(true);
});

test('one due time is one operation, another one another', () => {
  const [noon, one] = [new Date('2026-07-01T12:00:00Z'), new Date('2026-07-01T13:00:00Z')];
  expect(operationOfDue('a', noon)).toBe(operationOfDue('a', new Date(noon)));
  expect(new Set([operationOfDue('a', noon), operationOfDue('a', one), operationOfDue('b', noon)]).size).toBe(3);
});

import { expect, test } from 'vitest';
import { failureOf } from './failure.js';

const withCode = (code: string): Error => Object.assign(new Error('as the driver says it'), { code });

test.each([
  ['08006', 'lost'], ['25006', 'lost'], ['28P01', 'lost'], ['57P01', 'lost'], ['ECONNREFUSED', 'lost'],
  ['53300', 'busy'], ['57014', 'busy'], ['55P03', 'busy'],
  ['23505', null], ['42P01', null],
])('what the database answers with %s is %s', (code, failure) => {
  expect(failureOf(withCode(code))).toBe(failure);
  expect(failureOf(Object.assign(new Error('by the mapper'), { driverError: withCode(code) }))).toBe(failure);
});

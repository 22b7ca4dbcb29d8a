import { describe, expect, test } from 'vitest';
import { addUp, describeResult, exitCodeOf, summarizeReport } from './test-summary.js';

const report = (over: object = {}) => JSON.stringify({
  numPassedTests: 3, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0,
  testResults: [{ status: 'passed', assertionResults: [{}, {}, {}] }], ...over,
});

describe('the summary of a suite', () => {
  test('counts what passed, failed and was skipped', () => {
    const text = report({ numFailedTests: 2, numPendingTests: 1, numTodoTests: 1 });
    expect(summarizeReport('unit', text, 1))
      .toEqual({ suite: 'unit', passed: 3, failed: 2, skipped: 2, failures: [] });
  });

  test('tells of each failure where it was and how it begins', () => {
    const failing = { fullName: 'a host is fenced', status: 'failed' };
    const text = report({ numFailedTests: 1, testResults: [
      { name: 'a.test.ts', status: 'failed', assertionResults: [
        { fullName: 'a host is well', status: 'passed', failureMessages: [] },
        { ...failing, failureMessages: ['\u001b[31mexpected 1\u001b[39m\nto be 2\n1\n2\n3\n4\n5'] },
      ] },
      { name: 'b.test.ts', status: 'failed', message: 'no such module', assertionResults: [] },
    ] });
    expect(summarizeReport('unit', text, 1).failures).toEqual([
      'a.test.ts > a host is fenced\n  expected 1\n  to be 2\n  1\n  2\n  3\n  4',
      'b.test.ts\n  no such module',
    ]);
  });

  test('counts a file that could not be loaded as failed', () => {
    const text = report({ testResults: [
      { status: 'passed', assertionResults: [{}, {}, {}] },
      { status: 'failed', assertionResults: [] }, { status: 'failed', assertionResults: [] },
    ] });
    expect(summarizeReport('unit', text, 1)).toMatchObject({ passed: 3, failed: 2 });
  });

  test('counts a run that failed outside of its tests', () => {
    expect(summarizeReport('unit', report(), 1)).toMatchObject({ passed: 3, failed: 1 });
  });

  test.each(['', '{', 'null', '{}'])('counts the report %j as failed', (text) => {
    expect(summarizeReport('unit', text, 0)).toMatchObject({ passed: 0, failed: 1 });
  });
});

describe('the last line', () => {
  const result = (passed: number, failed: number, skipped = 0) =>
    ({ suite: 'unit', passed, failed, skipped, failures: [] });

  test('adds up the suites and names skipped tests only if there are any', () => {
    expect(describeResult(addUp([result(2, 1), result(3, 0)]))).toBe('5 passed, 1 failed');
    expect(describeResult(addUp([result(2, 0, 4)]))).toBe('2 passed, 0 failed, 4 skipped');
  });

  test('comes with exit code 0 only if something passed and nothing failed', () => {
    expect(exitCodeOf(addUp([result(2, 0)]))).toBe(0);
    expect(exitCodeOf(addUp([result(2, 1)]))).toBe(1);
    expect(exitCodeOf(addUp([]))).toBe(1);
  });
});

import { stripVTControlCharacters } from 'node:util';
import { z } from 'zod';

/** What one suite of tests came to. */
export interface SuiteResult {
  readonly suite: string;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** A text for each failure: its file and name, and below them the beginning of what it said. */
  readonly failures: readonly string[];
}

type Counts = Pick<SuiteResult, 'passed' | 'failed' | 'skipped'>;

/** So many lines of a failure are repeated at the end of a run; all of it stands further up. */
const FAILURE_LINES = 6;

/**
 * Sums up a report of vitest's JSON reporter. A test file that could not even be loaded has no
 * failed test, and a run may fail outside of any: both count as one failed, and so does a report
 * that is missing or makes no sense.
 */
export function summarizeReport(suite: string, text: string, exitCode: number): SuiteResult {
  const report = parseReport(text);
  if (report === undefined) {
    return { suite, passed: 0, failed: 1, skipped: 0, failures: ['the run ended without a report'] };
  }
  const { numPassedTests: passed, numFailedTests, numPendingTests, numTodoTests, testResults: files } = report;
  const unloaded = files.filter(({ status, assertionResults }) =>
    status === 'failed' && assertionResults.length === 0);
  const failures = [
    ...files.flatMap(({ name, assertionResults }) => assertionResults
      .filter(({ status }) => status === 'failed')
      .map((test) => failure(`${name} > ${test.fullName}`, test.failureMessages.join('\n')))),
    ...unloaded.map(({ name, message }) => failure(name, message)),
  ];
  const failed = numFailedTests + unloaded.length;
  const skipped = numPendingTests + numTodoTests;
  if (failed > 0 || exitCode === 0) return { suite, passed, failed, skipped, failures };
  return { suite, passed, failed: 1, skipped, failures: ['something failed outside of the tests'] };
}

function failure(where: string, message: string): string {
  const lines = stripVTControlCharacters(message).split('\n').slice(0, FAILURE_LINES);
  return [where, ...lines.map((line) => `  ${line}`)].join('\n');
}

/** `N passed, N failed`, and how many were skipped if any were. */
export function describeResult({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

export function addUp(results: readonly SuiteResult[]): Counts {
  const sum = (key: 'passed' | 'failed' | 'skipped') =>
    results.reduce((total, result) => total + result[key], 0);
  return { passed: sum('passed'), failed: sum('failed'), skipped: sum('skipped') };
}

/** 0 only if something was tested and nothing failed. */
export function exitCodeOf({ passed, failed }: Counts): number {
  return passed > 0 && failed === 0 ? 0 : 1;
}

/** What is read of a report of vitest's JSON reporter. */
const reportSchema = z.object({
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  numPendingTests: z.number().default(0),
  numTodoTests: z.number().default(0),
  testResults: z.array(z.object({
    name: z.string().default(''),
    status: z.string(),
    message: z.string().default(''),
    assertionResults: z.array(z.object({
      fullName: z.string().default(''),
      status: z.string().default(''),
      failureMessages: z.array(z.string()).nullish().transform((messages) => messages ?? []),
    })).default([]),
  })),
});

function parseReport(text: string): z.infer<typeof reportSchema> | undefined {
  try {
    return reportSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

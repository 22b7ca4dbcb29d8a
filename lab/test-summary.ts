/** What one suite of tests came to. */
export interface SuiteResult {
  readonly suite: string;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/**
 * Sums up a report of vitest's JSON reporter. A test file that could not even be loaded has no
 * failed test, and a run may fail outside of any: both count as one failed, and so does a report
 * that is missing or makes no sense.
 */
export function summarizeReport(suite: string, text: string, exitCode: number): SuiteResult {
  const report = parseReport(text);
  if (report === undefined) return { suite, passed: 0, failed: 1, skipped: 0 };
  const unloaded = report.files.filter(({ status, tests }) => status === 'failed' && tests === 0);
  const failed = report.failed + unloaded.length;
  return {
    suite, passed: report.passed, skipped: report.skipped,
    failed: failed === 0 && exitCode !== 0 ? 1 : failed,
  };
}

/** `N passed, N failed`, and how many were skipped if any were. */
export function describeResult({ passed, failed, skipped }: Omit<SuiteResult, 'suite'>): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

export function addUp(results: readonly SuiteResult[]): Omit<SuiteResult, 'suite'> {
  const sum = (key: 'passed' | 'failed' | 'skipped') =>
    results.reduce((total, result) => total + result[key], 0);
  return { passed: sum('passed'), failed: sum('failed'), skipped: sum('skipped') };
}

/** 0 only if something was tested and nothing failed. */
export function exitCodeOf({ passed, failed }: Omit<SuiteResult, 'suite'>): number {
  return passed > 0 && failed === 0 ? 0 : 1;
}

interface Report {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly files: readonly { readonly status: unknown; readonly tests: number }[];
}

function parseReport(text: string): Report | undefined {
  let report: unknown;
  try {
    report = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof report !== 'object' || report === null) return undefined;
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults } =
    report as Record<string, unknown>;
  if (typeof numPassedTests !== 'number' || typeof numFailedTests !== 'number'
    || !Array.isArray(testResults)) return undefined;
  return {
    passed: numPassedTests,
    failed: numFailedTests,
    skipped: Number(numPendingTests ?? 0) + Number(numTodoTests ?? 0),
    files: (testResults as Record<string, unknown>[]).map(({ status, assertionResults }) => ({
      status, tests: Array.isArray(assertionResults) ? assertionResults.length : 0,
    })),
  };
}

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { addUp, describeResult, exitCodeOf, summarizeReport, type SuiteResult } from
  './test-summary.js';
import { repositoryDirectory } from './tools.js';

/** In the order in which they begin: what is quick to fail comes first. */
export const SUITES = ['lint', 'types', 'unit', 'seeds', 'integration', 'lab'] as const;
export type Suite = (typeof SUITES)[number];

const LINT_COMMANDS = [
  ['eslint', '.'],
  ['depcruise', '--config', '.dependency-cruiser.cjs', 'libs', 'services', 'clients', 'lab', 'sim', 'bench'],
] as const;
/** Whole clusters under every fault; `holdfast` is the command line as built. */
const SEEDS_COMMANDS = [
  ['holdfast', 'sim', 'run', '--seeds', '1-1000'],
  ['holdfast', 'sim', 'judge', 'sim/scenarios'],
] as const;
const TYPES_COMMANDS = [['tsc', '--noEmit', '-p', 'tsconfig.tests.json']] as const;

/**
 * Runs one suite of tests or all of them, prints what failed, each one's result with what it skipped and, as the very
 * last line, `N passed, N failed`. Returns the exit code: 0 only if something passed and nothing failed.
 */
export async function runTests({ only }: { only?: Suite | undefined } = {}): Promise<number> {
  const results: SuiteResult[] = [];
  let beside: Promise<SuiteResult> | null = null;
  for (const suite of only === undefined ? SUITES : [only]) {
    if (suite === 'seeds' && only === undefined) {
      console.log('\n== seeds, with what the next suite leaves of the processors');
      beside = runCommands(suite, SEEDS_COMMANDS, inSpareTime);
      continue;
    }
    // Not beside the labs: an emulated guest boots slowly enough by itself.
    if (suite === 'lab' && beside) {
      results.push(await beside);
      beside = null;
    }
    console.log(`\n== ${suite}`);
    results.push(await runSuite(suite));
  }
  console.log('');
  for (const { suite, failures } of results) {
    for (const failure of failures) console.log(`${suite} failed: ${failure}\n`);
  }
  for (const result of results) console.log(`${result.suite}: ${describeResult(result)}`);
  const total = addUp(results);
  console.log(describeResult({ ...total, skipped: 0 }));
  return exitCodeOf(total);
}

async function runSuite(suite: Suite): Promise<SuiteResult> {
  if (suite === 'lint') return runCommands(suite, LINT_COMMANDS);
  if (suite === 'types') return runCommands(suite, TYPES_COMMANDS);
  if (suite === 'seeds') return runCommands(suite, SEEDS_COMMANDS);
  return runVitest(suite);
}

/** Each command is one test. */
async function runCommands(
  suite: Suite, commands: readonly (readonly string[])[], run = runBinary,
): Promise<SuiteResult> {
  const failures: string[] = [];
  for (const command of commands) {
    const exitCode = await run(command);
    console.log(`${exitCode === 0 ? 'passed' : 'failed'}: ${command.join(' ')}`);
    if (exitCode !== 0) failures.push(`${command.join(' ')} (exit code ${exitCode})`);
  }
  const failed = failures.length;
  return { suite, passed: commands.length - failed, failed, skipped: 0, failures };
}

async function runVitest(suite: Suite): Promise<SuiteResult> {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-test-'));
  try {
    const reportFile = join(directory, 'report.json');
    const exitCode = await runBinary([
      'vitest', 'run', '--project', suite, '--reporter=default', '--reporter=json',
      `--outputFile=${reportFile}`,
    ]);
    // A vitest that crashed has left no report: the summary counts that as failed.
    const report = await readFile(reportFile, 'utf8').catch(() => '');
    return summarizeReport(suite, report, exitCode);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Runs Holdfast or a program of `node_modules/.bin`, its output shown as it comes; returns its exit code. */
function runBinary(command: readonly string[]): Promise<number> {
  const [program = '', ...parameters] = commandLine(command);
  return exitOf(spawn(program, parameters, { cwd: repositoryDirectory(), stdio: ['ignore', 'inherit', 'inherit'] }));
}

/** The same at the priority of what waits for an idle processor (sched(7)), its output shown once it has ended. */
async function inSpareTime(command: readonly string[]): Promise<number> {
  const child = spawn('chrt', ['--idle', '0', ...commandLine(command)], {
    cwd: repositoryDirectory(), stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (piece: Buffer) => output.push(piece));
  const exitCode = await exitOf(child);
  process.stdout.write(Buffer.concat(output));
  return exitCode;
}

function commandLine([binary = '', ...parameters]: readonly string[]): string[] {
  const root = repositoryDirectory();
  return binary === 'holdfast'
    ? [process.execPath, join(root, 'clients', 'cli', 'dist', 'main.js'), ...parameters]
    : [join(root, 'node_modules', '.bin', binary), ...parameters];
}

function exitOf(child: ChildProcess): Promise<number> {
  const failed = once(child, 'error').then(([error]) => {
    console.error(String(error));
    return 127;
  });
  const exited = once(child, 'close').then(([exitCode]) => (exitCode as number | null) ?? 1);
  return Promise.race([failed, exited]);
}

async function main(): Promise<number> {
  let only: string | undefined;
  try {
    only = parseArgs({ options: { only: { type: 'string' } } }).values.only;
  } catch (error) {
    console.error(`holdfast: ${error instanceof Error ? error.message : String(error)}`);
    return 2;
  }
  const suite = SUITES.find((name) => name === only);
  if (only !== undefined && suite === undefined) {
    console.error(`holdfast: --only ${only}: there is no such suite; use ${SUITES.join(', ')}`);
    return 2;
  }
  return runTests({ only: suite });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) process.exitCode = await main();

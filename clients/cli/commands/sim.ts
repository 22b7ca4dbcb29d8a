import { readFileSync } from 'node:fs';
import type { SeedOptions } from '@holdfast/sim';
import { InvalidArgumentError } from 'commander';
import { parseCount } from '../arguments.js';
import { CommandFailure, UsageError } from '../failure.js';
import { Progress } from '../progress.js';
import { withJson, type JsonFlag, type Register, type Session } from '../session.js';
import { registerSimJudge } from './sim-judge.js';

interface Sizes {
  hosts: number;
  vms: number;
  minutes: number;
  faults: string[];
}

function parseRange(text: string): { from: number; to: number } {
  const match = /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(text);
  if (!match) throw new InvalidArgumentError('Give a range of seeds, for example 1-1000.');
  const from = Number(match[1]);
  const to = Number(match[2] ?? match[1]);
  if (to < from) throw new InvalidArgumentError('The range ends before it begins.');
  return { from, to };
}

const parseFaults = (text: string): string[] =>
  text === 'all' ? [] : text.split(',').map((kind) => kind.trim());

/** The same cores as in the services, in a simulated cluster, under every fault. */
export const registerSim: Register = (program, session) => {
  const group = program.command('sim').description('the safety core under simulated faults, reproducible by seed');
  const sized = (command: string): ReturnType<typeof group.command> =>
    withJson(group.command(command))
      .option('--hosts <n>', 'hypervisors', parseCount, 5)
      .option('--vms <n>', 'virtual machines', parseCount, 20)
      .option('--minutes <n>', 'virtual minutes before everything heals', parseCount, 10)
      .option('--faults <list>', 'kinds of faults, or all', parseFaults, []);
  sized('run')
    .description('run many seeds on all cores of this machine')
    .requiredOption('--seeds <a-b>', 'range of seeds', parseRange)
    .action((flags: Sizes & JsonFlag & { seeds: { from: number; to: number } }) => runSeeds(session, flags));
  sized('seed <number>')
    .description('run one seed')
    .option('--trace', 'print the whole incident')
    .action((seed: string, flags: Sizes & JsonFlag & { trace?: boolean }) => oneSeed(session, seed, flags));
  withJson(group.command('replay <file>'))
    .description('run a scenario file: exit 1 when an invariant broke, 2 when it is not a scenario')
    .action((file: string, { json }: JsonFlag) => replayFile(session, file, json === true));
  registerSimJudge(group, session);
};

async function checked({ hosts, vms, minutes, faults }: Sizes): Promise<SeedOptions> {
  const { faultKinds } = await import('@holdfast/sim');
  const unknown = faults.find((kind) => !(kind in faultKinds));
  if (unknown !== undefined) {
    throw new UsageError(`there is no fault ${unknown}`, `choose from ${Object.keys(faultKinds).join(', ')}`);
  }
  if (hosts < 2) throw new UsageError('a cluster needs at least 2 hosts', 'give --hosts 2 or more');
  if (minutes < 2) throw new UsageError('faults need time to come and go', 'give --minutes 2 or more');
  return { hosts, vms, minutes, faults };
}

async function runSeeds(
  session: Session,
  flags: Sizes & JsonFlag & { seeds: { from: number; to: number } },
): Promise<void> {
  const { runMany, totalsOf } = await import('@holdfast/sim');
  const options = await checked(flags);
  const progress = new Progress(session.io, flags.json === true || session.io.stderr.isTTY !== true);
  const totals = await runMany(flags.seeds, options, {
    signal: session.io.interrupted,
    progress: (done, of) => progress.say(`${done} of ${of} seeds`),
    broken: ({ seed, violations: [violation], replay }) => {
      if (flags.json || !violation) return;
      const atS = (violation.atMs / 1000).toFixed(3);
      session.output.line(`seed ${seed}: ${violation.invariant} broken at ${atS} s: ${violation.text}`);
      session.output.line(`  ${replay}`);
    },
  }).finally(() => progress.end());
  if (flags.json) session.output.json(totals);
  else for (const line of totalsOf(totals)) session.output.line(line);
  fail(totals.broken.length, `${totals.broken.length} of ${totals.seeds} seeds broke an invariant`);
}

async function oneSeed(
  session: Session,
  text: string,
  flags: Sizes & JsonFlag & { trace?: boolean },
): Promise<void> {
  const { reportOf, runSeed } = await import('@holdfast/sim');
  const options = await checked(flags);
  const { log, ...result } = runSeed(parseRange(text).from, options);
  if (flags.json) session.output.json(flags.trace ? { ...result, log } : result);
  else {
    if (flags.trace) for (const line of reportOf(log)) session.output.line(line);
    const held = result.violations.length === 0 ? 'every invariant held' : 'an invariant broke';
    const { seed, recoveries, traceHash } = result;
    session.output.line(`seed ${seed}: ${held}; ${recoveries.length} recoveries, trace ${traceHash}`);
    for (const { invariant, text: what } of result.violations) session.output.line(`  ${invariant}: ${what}`);
  }
  fail(result.violations.length, `seed ${result.seed} broke an invariant`);
}

async function replayFile(session: Session, file: string, json: boolean): Promise<void> {
  const { parseScenario, replay, reportOf, ScenarioError } = await import('@holdfast/sim');
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new UsageError(`scenario: ${file} is not readable JSON: ${(error as Error).message}`);
  }
  let scenario;
  try {
    scenario = parseScenario(value);
  } catch (error) {
    if (error instanceof ScenarioError) throw new UsageError(error.message);
    throw error;
  }
  const { log, ...result } = replay(scenario);
  if (json) session.output.json(result);
  else {
    for (const line of reportOf(log)) session.output.line(line);
    session.output.line(`${result.name}: invariants ${result.invariants}`);
  }
  fail(result.violations?.length ?? 0, `${result.name} broke an invariant`);
}

function fail(count: number, message: string): void {
  if (count > 0) throw new CommandFailure({ code: 'invariant-broken', message });
}

import type { SeedOptions, SeedResult, Shrunk } from '@holdfast/sim';
import { writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { parseCount } from '../arguments.js';
import { CommandFailure, UsageError } from '../failure.js';
import { Progress } from '../progress.js';
import { withJson, type JsonFlag, type Session } from '../session.js';
import { checked, failWhenBroken, parseRange, printReport, sized, type Sizes } from './sim-options.js';

type Flags = Sizes & JsonFlag & { trace?: boolean; all?: boolean; shrink?: boolean; out?: string; runs?: number };

/** `sim seed N`: one seed again, as a report, or reduced to the least that still breaks it. */
export function registerSimSeed(group: Command, session: Session): void {
  sized(withJson(group.command('seed <number>')))
    .description('run one seed again: exit 1 when an invariant broke')
    .option('--trace', 'print it as the report of an incident')
    .option('--all', 'with --trace: every event, nothing folded')
    .option('--shrink', 'reduce a failing seed to the least that still breaks it, and write a scenario')
    .option('--out <file>', 'with --shrink: the scenario file (seed-N.json)')
    .option('--runs <n>', 'with --shrink: try at most so many reductions', parseCount)
    .addHelpText(
      'after',
      `
Examples:
  holdfast sim seed 7 --trace
  holdfast sim seed 4711 --shrink --out lost-disk.json && holdfast sim replay lost-disk.json`,
    )
    .action((seed: string, flags: Flags) => oneSeed(session, seed, flags));
}

async function oneSeed(session: Session, text: string, flags: Flags): Promise<void> {
  const options = await checked(flags);
  const range = parseRange(text);
  if (range.to !== range.from) throw new UsageError('one seed at a time', 'give one number; `sim run` takes a range');
  if (flags.shrink) await shrink(session, range.from, options, flags);
  else await run(session, range.from, options, flags);
}

async function run(session: Session, number: number, options: SeedOptions, flags: Flags): Promise<void> {
  const { reportOf, runSeed } = await import('@holdfast/sim');
  const isTraced = flags.trace === true || flags.all === true;
  const { log, ...result } = runSeed(number, isTraced ? { ...options, views: true } : options);
  if (flags.json) session.output.json(isTraced ? { ...result, log } : result);
  else {
    const { violations, recoveries } = result;
    if (isTraced) {
      printReport(session, reportOf(log, { violations, recoveries, all: flags.all === true }));
      session.output.line();
    }
    printResult(session, result, isTraced);
  }
  failWhenBroken(result.violations.length, `seed ${result.seed} broke an invariant`);
}

function printResult({ output }: Session, result: SeedResult, isTraced: boolean): void {
  const { seed, recoveries, traceHash, violations } = result;
  const held = violations.length === 0 ? 'every invariant held' : 'an invariant broke';
  output.line(`seed ${seed}: ${held}; ${recoveries.length} recoveries, trace ${traceHash}`);
  if (!isTraced) for (const { invariant, text } of violations) output.line(`  ${invariant}: ${text}`);
}

async function shrink(session: Session, seed: number, options: SeedOptions, flags: Flags): Promise<void> {
  const { defaultShrinkRuns, NotShrinkable, reportOf, scenarioText, shrinkSeed } = await import('@holdfast/sim');
  const { output, io } = session;
  const file = flags.out ?? `seed-${seed}.json`;
  const runsAtMost = flags.runs ?? defaultShrinkRuns;
  const progress = new Progress(io, flags.json === true || io.stderr.isTTY !== true);
  const shrunk = await shrinkSeed(seed, options, {
    runsAtMost,
    signal: io.interrupted,
    progress: (runs, { faults, requests, vms }) =>
      progress.say(`run ${runs} of at most ${runsAtMost}: ${faults} faults, ${requests} requests, ${vms} VMs left`),
  }).catch((error: unknown) => {
    if (!(error instanceof NotShrinkable)) throw error;
    const remedy = `follow it as it is: holdfast sim seed ${seed} --trace`;
    throw new CommandFailure({ code: 'not-shrinkable', message: error.message, remedy });
  }).finally(() => progress.end());
  if (!shrunk) {
    if (flags.json) output.json({ seed, violation: null });
    else output.line(`seed ${seed}: every invariant held; there is nothing to shrink`);
    return;
  }
  write(file, scenarioText(shrunk.scenario));
  const { violation, before, after, runs, log } = shrunk;
  if (flags.json) output.json({ seed, file, violation, before, after, runs });
  else {
    printReport(session, reportOf(log, { violations: [violation] }));
    output.line();
    printShrunk(session, seed, shrunk);
    output.line(`written to ${file}; holdfast sim replay ${file} breaks it again`);
  }
  failWhenBroken(1, `seed ${seed} broke ${violation.invariant}`);
}

function printShrunk({ output }: Session, seed: number, { before, after, runs }: Shrunk): void {
  const rows = (['faults', 'requests', 'vms', 'hosts'] as const).map((what) => [
    what === 'vms' ? 'VMs' : what,
    String(before[what]),
    String(after[what]),
  ]);
  output.table([`SEED ${seed}`, 'BEFORE', `AFTER ${runs} RUNS`], rows, '');
}

function write(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (error) {
    throw new CommandFailure({
      code: 'not-written',
      message: `${file} cannot be written: ${(error as Error).message}`,
      remedy: 'name another file with --out',
    });
  }
}

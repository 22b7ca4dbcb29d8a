import { writeFile } from 'node:fs/promises';
import type { ReassignBench, ReassignRun } from '@holdfast/bench';
import type { Command } from 'commander';
import { parseCount, parseNames } from '../arguments.js';
import { CommandFailure } from '../failure.js';
import { Progress } from '../progress.js';
import type { Session } from '../session.js';
import { requireWithin } from '../within.js';

interface ReassignFlags {
  only?: string[];
  seconds: number;
  out?: string;
  seed: number;
  json?: true | string;
}

export function addBenchReassign(group: Command, session: Session): void {
  group
    .command('reassign')
    .argument('<DIR>', 'with model_X.txt and assignment_X.txt of the ROADEF/EURO challenge 2012')
    .description('how cheap an assignment of processes to machines the search finds, on two threads')
    .option('--only <NAMES>', 'some of the instances: a1_2,b_1', parseNames)
    .option('--seconds <S>', 'for each instance, reading it counted', parseCount, 60)
    .option('--out <DIR>', 'where the assignments found are written, as assignment_X.txt')
    .option('--seed <N>', 'another seed, another search', parseCount, 1)
    .option('--json [FILE]', 'for programs; to a file, or instead of the table')
    .action((directory: string, flags: ReassignFlags) => reassign(session, directory, flags));
}

async function reassign({ io, output }: Session, directory: string, flags: ReassignFlags): Promise<void> {
  requireWithin('seconds', flags.seconds, [1, 86_400]);
  const { BadFile, benchReassign } = await import('@holdfast/bench');
  const progress = new Progress(io, flags.json === true);
  let bench: ReassignBench;
  try {
    bench = await benchReassign({
      directory,
      only: flags.only ?? null,
      seconds: flags.seconds,
      out: flags.out ?? null,
      seed: flags.seed,
      progress: (step) => progress.say(step),
    });
  } catch (error) {
    if (error instanceof BadFile) {
      const [problem = '', remedy] = error.message.split('; ');
      throw new CommandFailure({ code: 'invalid', message: problem, ...(remedy && { remedy }) });
    }
    throw error;
  } finally {
    progress.end();
  }
  if (typeof flags.json === 'string') await writeFile(flags.json, `${JSON.stringify(bench, null, 2)}\n`);
  if (flags.json === true) output.json(bench);
  else {
    output.table(
      ['INSTANCE', 'PROCESSES', 'MACHINES', 'COST AT START', 'COST FOUND', 'WINNER', 'RATIO', 'SECONDS'],
      bench.runs.map(row),
      'there was no instance',
    );
    const mean = bench.geometricMean;
    if (mean !== null) output.line(`Geometric mean of the ratios, without a2_1: ${mean.toFixed(4)}.`);
  }
  if (bench.failures.length > 0) throw new CommandFailure({ code: 'failed', message: bench.failures.join('; ') });
}

const row = (run: ReassignRun): string[] => [
  run.instance,
  String(run.processes),
  String(run.machines),
  String(run.initialCost),
  run.broken.length > 0 ? 'not feasible' : String(run.cost.total),
  run.winnerCost === null ? '-' : String(run.winnerCost),
  run.ratio === null ? '-' : run.ratio.toFixed(4),
  run.seconds.toFixed(1),
];

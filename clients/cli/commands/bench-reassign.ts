import type { Panel, ReassignBench, ReassignRun } from '@holdfast/bench';
import type { Command } from 'commander';
import { parseCount, parseNames } from '../arguments.js';
import { report, withReport, type ReportFlags } from '../bench-report.js';
import { CommandFailure } from '../failure.js';
import type { Session } from '../session.js';
import { requireWithin } from '../within.js';

interface ReassignFlags extends ReportFlags {
  only?: string[];
  seconds: number;
  out?: string;
  seed: number;
}

export function addBenchReassign(group: Command, session: Session): void {
  const command = group
    .command('reassign')
    .argument('<DIR>', 'with model_X.txt and assignment_X.txt of the ROADEF/EURO challenge 2012')
    .description('how cheap an assignment of processes to machines the search finds, on two threads')
    .option('--only <NAMES>', 'some of the instances: a1_2,b_1', parseNames)
    .option('--seconds <S>', 'for each instance, start, reading and writing counted', parseCount, 60)
    .option('--out <DIR>', 'where the assignments found are written, as assignment_X.txt')
    .option('--seed <N>', 'another seed, another search', parseCount, 1);
  withReport(command).action((directory: string, flags: ReassignFlags) => reassign(session, directory, flags));
}

async function reassign(session: Session, directory: string, flags: ReassignFlags): Promise<void> {
  requireWithin('seconds', flags.seconds, [1, 86_400]);
  const { BadFile, benchReassign } = await import('@holdfast/bench');
  const { only = null, out = null, seconds, seed } = flags;
  try {
    await report(session, flags, {
      title: 'Reassignment, cost found over the winner\'s',
      measure: (progress) => benchReassign({ directory, only, seconds, out, seed, sinceMs: 0, progress }),
      panels,
      tell: (bench) => tell(session, bench),
    });
  } catch (error) {
    if (!(error instanceof BadFile)) throw error;
    const [problem = '', remedy] = error.message.split('; ');
    throw new CommandFailure({ code: 'invalid', message: problem, ...(remedy && { remedy }) });
  }
}

function panels({ runs }: ReassignBench): Panel[] {
  const bars = runs.flatMap(({ instance, ratio }) => (ratio === null ? [] : [{ name: instance, value: ratio }]));
  return [{ title: 'cost over the winner\'s', scale: 'linear', bars }];
}

function tell({ output }: Session, { runs, geometricMean }: ReassignBench): void {
  output.table(
    ['INSTANCE', 'PROCESSES', 'MACHINES', 'COST AT START', 'COST FOUND', 'WINNER', 'RATIO', 'SECONDS', 'CPU S'],
    runs.map(row),
    'there was no instance',
  );
  if (geometricMean !== null) output.line(`Geometric mean of the ratios, without a2_1: ${geometricMean.toFixed(4)}.`);
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
  run.cpuSeconds.toFixed(1),
];

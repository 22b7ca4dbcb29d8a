import type { ChaosResult } from '@holdfast/lab';
import type { Command } from 'commander';
import { controlOption, parseCount, type ControlNodes } from '../arguments.js';
import { stateDirectory } from '../connection.js';
import { CommandFailure } from '../failure.js';
import { Progress } from '../progress.js';
import { withJson, type JsonFlag, type Session } from '../session.js';
import { requireWithin } from '../within.js';

const maxMinutes = 24 * 60;
const maxVms = 12;

interface ChaosFlags extends JsonFlag {
  minutes: number;
  seed: number;
  hosts: number;
  vms: number;
  control: ControlNodes;
}

/** Random faults on the real lab, from a seed. */
export function registerLabChaos(group: Command, session: Session): void {
  withJson(group.command('chaos'))
    .description("break parts at random, single and double; the guests' journals are the judge")
    .requiredOption('--minutes <N>', 'for so long', parseCount)
    .requiredOption('--seed <S>', 'the same seed is the same plan', parseCount)
    .option('--vms <N>', 'how many VMs it runs', parseCount, 4)
    .option('--hosts <N>', 'hypervisors, where no system runs yet', parseCount, 3)
    .addOption(controlOption)
    .action((flags: ChaosFlags) => chaos(session, flags));
}

async function chaos(session: Session, flags: ChaosFlags): Promise<void> {
  const { minutes, seed, hosts, vms, control } = flags;
  requireWithin('minutes', minutes, [1, maxMinutes], 'give another --minutes');
  requireWithin('vms', vms, [1, maxVms], 'give another --vms');
  const { runChaos } = await import('@holdfast/lab');
  const progress = new Progress(session.io, flags.json === true);
  let result: ChaosResult;
  try {
    result = await runChaos({
      stateDirectory: stateDirectory(session.io.env),
      minutes,
      seed,
      hosts,
      vms,
      ...control,
      progress: (step) => progress.say(step),
      told: (line) => {
        progress.end();
        if (!flags.json) session.output.line(line);
      },
      signal: session.io.interrupted,
    });
  } finally {
    progress.end();
  }
  if (flags.json) session.output.json(result);
  else totals(session, result);
  if (result.ok) return;
  const falseFences = result.falseFences.map(({ text }) => text);
  const wrong = [...result.staleWrites, ...falseFences, ...result.lostVms, ...result.leaked];
  throw new CommandFailure({
    code: 'failed',
    message: `seed ${seed}: ${wrong.slice(0, 10).join('; ')}`,
    remedy: `the same plan again: ./holdfast lab chaos --minutes ${minutes} --seed ${seed}`,
  });
}

function totals({ output }: Session, result: ChaosResult): void {
  const spread = (value: ChaosResult['recoveryMs']): string =>
    (value ? `median ${value.median} ms, p99 ${value.p99} ms, longest ${value.longest} ms` : 'none');
  output.line();
  output.table(
    ['FAULT', 'TIMES'],
    Object.entries(result.faults)
      .sort(([a], [b]) => a.localeCompare(b))
      .map(([kind, times]) => [kind, String(times)]),
    'nothing was broken',
  );
  output.line();
  output.fields([
    ['seed', String(result.seed)],
    ['rounds', `${result.rounds}, ${result.doubleRounds} of them double; ${result.skipped.length} faults not possible`],
    ['incidents', `${result.incidents.opened}, ${result.incidents.fenced} of them fenced`],
    ['recoveries', `${result.recoveries}; since the last write: ${spread(result.recoveryMs)}`],
    ['well again after', spread(result.settleMs)],
    ['stale writes', String(result.staleWrites.length)],
    ['false fences', String(result.falseFences.length)],
    ['VMs lost', String(result.lostVms.length)],
    ['leaked', String(result.leaked.length)],
  ]);
}

import type { Stress, SuspicionBench } from '@holdfast/bench';
import { Option, type Command } from 'commander';
import { parseCount } from '../arguments.js';
import { stateDirectory } from '../connection.js';
import { CommandFailure } from '../failure.js';
import { Progress } from '../progress.js';
import { withJson, type JsonFlag, type Session } from '../session.js';
import { requireWithin } from '../within.js';

interface SuspicionFlags extends JsonFlag {
  minutes: number;
  stress: Stress;
}

const maxMinutes = 1440;
/** Known here too, so that the help and a wrong name need no lab. */
const stresses: Stress[] = ['cpu', 'loss', 'pauses'];

export function addBenchSuspicion(group: Command, session: Session): void {
  const stress = new Option('--stress <KIND>',
    'cpu: every core busy; loss: one in ten packets on management lost; pauses: agents stand still for 1 s');
  withJson(group.command('suspicion'))
    .description('whether hosts that live are suspected, held or fenced under stress')
    .requiredOption('--minutes <N>', 'how long', parseCount)
    .addOption(stress.choices(stresses).makeOptionMandatory())
    .action((flags: SuspicionFlags) => suspicion(session, flags));
}

async function suspicion(session: Session, flags: SuspicionFlags): Promise<void> {
  const { minutes, stress } = flags;
  requireWithin('minutes', minutes, [1, maxMinutes], 'half an hour tells something');
  const { benchSuspicion } = await import('@holdfast/bench');
  const progress = new Progress(session.io, flags.json === true);
  let bench: SuspicionBench;
  try {
    bench = await benchSuspicion({
      stateDirectory: stateDirectory(session.io.env),
      minutes,
      stress,
      progress: (step) => progress.say(step),
      signal: session.io.interrupted,
    });
  } finally {
    progress.end();
  }
  if (flags.json) session.output.json(bench);
  else tell(session, bench);
  if (bench.failures.length === 0) return;
  throw new CommandFailure({ code: 'failed', message: bench.failures.join('; ') });
}

function tell({ output }: Session, bench: SuspicionBench): void {
  for (const { host, event, text, atMs } of bench.events) {
    output.line(`${new Date(atMs).toISOString()}  ${host}  ${event}: ${text}`);
  }
  const { stress, minutes, hosts, vms, suspected, held, fenced, restarted } = bench;
  output.line(`${stress} for ${minutes} min, ${hosts} hosts, ${vms} VMs:`
    + ` suspected ${suspected}, held ${held}, fenced ${fenced}, VMs started again ${restarted.length}`);
}

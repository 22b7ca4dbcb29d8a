import type { Command } from 'commander';
import { Progress } from '../progress.js';
import { withJson, type JsonFlag, type Register, type Session } from '../session.js';
import { registerSimJudge } from './sim-judge.js';
import { registerSimReplay } from './sim-replay.js';
import { checked, failWhenBroken, parseRange, sized, type Sizes } from './sim-options.js';
import { registerSimSeed } from './sim-seed.js';
import { registerSimTopology } from './sim-topology.js';

/** The same cores as in the services, in a simulated cluster, under every fault. */
export const registerSim: Register = (program, session) => {
  const group = program.command('sim').description('the safety core under simulated faults, reproducible by seed');
  registerSimRun(group, session);
  registerSimSeed(group, session);
  registerSimReplay(group, session);
  registerSimJudge(group, session);
  registerSimTopology(group, session);
};

function registerSimRun(group: Command, session: Session): void {
  sized(withJson(group.command('run')))
    .description('run many seeds on all cores of this machine')
    .requiredOption('--seeds <a-b>', 'range of seeds', parseRange)
    .action((flags: Sizes & JsonFlag & { seeds: { from: number; to: number } }) => runSeeds(session, flags));
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
  failWhenBroken(totals.broken.length, `${totals.broken.length} of ${totals.seeds} seeds broke an invariant`);
}

import type { RebalancePlan } from '@holdfast/contracts';
import { CommandFailure } from '../failure.js';
import { memoryText, type Output } from '../output.js';
import { Progress } from '../progress.js';
import { withJson, withWait, type JsonFlag, type Register, type Session, type WaitFlags } from '../session.js';

const percent = (share: number): string => `${(share * 100).toFixed(0)} %`;

function show(output: Output, { moves, hosts, before, after }: RebalancePlan): void {
  output.table(
    ['HOST', 'LOAD', 'AFTER'],
    hosts.map((each) => [each.host, percent(each.before), percent(each.after)]),
    'no load is known yet: agents tell it every ten seconds',
  );
  output.line();
  output.table(
    ['VM', 'FROM', 'TO', 'MEMORY', 'CPUS WANTED'],
    moves.map(({ vm, from, to, memoryMiB, cpus }) => [vm, from, to, memoryText(memoryMiB), cpus.toFixed(2)]),
    'no move pays',
  );
  if (moves.length === 0) return;
  output.line();
  output.line(`The loads differ by ${percent(before)} now, and by ${percent(after)} then (standard deviation).`);
}

async function apply(session: Session, flags: WaitFlags): Promise<void> {
  const { client, output, io } = session;
  const plan = await client.applyRebalance();
  if (!flags.json) show(output, plan);
  if (!flags.wait || plan.moves.length === 0) {
    if (flags.json) output.json({ ...plan, state: plan.moves.length === 0 ? 'idle' : 'applying' });
    return;
  }
  const progress = new Progress(io, flags.json === true);
  try {
    const seen = await client.waitForRebalance({
      timeoutMs: flags.timeout * 1000,
      signal: io.interrupted,
      onProgress: () => progress.say(`moving ${plan.moves.map(({ vm }) => vm).join(', ')}`),
    });
    if (flags.json) output.json({ ...plan, state: seen.state });
    if (seen.state === 'applying') {
      const remedy = 'it goes on; `holdfast rebalance` tells how';
      throw new CommandFailure({ code: 'timeout', message: `not within ${flags.timeout} s`, remedy });
    }
  } finally {
    progress.end();
  }
}

export const registerRebalance: Register = (program, session): void => {
  const group = withJson(program.command('rebalance'))
    .description('what would be moved to even out the measured load; `rebalance apply` moves it')
    .option('--dry-run', 'as without it: nothing is changed')
    .addHelpText(
      'after',
      `
Whether it happens by itself: holdfast settings set rebalance=off|propose|auto

Examples:
  holdfast rebalance
  holdfast rebalance apply`,
    )
    .action(async ({ json }: JsonFlag) => {
      const plan = await session.client.rebalance();
      if (json) session.output.json(plan);
      else show(session.output, plan);
    });
  withWait(group.command('apply'))
    .description('carry it out, as many moves at once as the settings allow')
    .option('--wait', 'end when it is done', true)
    .action((_flags: WaitFlags, command: { optsWithGlobals(): WaitFlags }) =>
      apply(session, command.optsWithGlobals()));
};

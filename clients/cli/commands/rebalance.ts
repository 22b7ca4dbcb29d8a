import type { RebalancePlan } from '@holdfast/contracts';
import { CommandFailure } from '../failure.js';
import { memoryText, type Output } from '../output.js';
import { Progress } from '../progress.js';
import { withJson, withWait, type JsonFlag, type Register, type Session, type WaitFlags } from '../session.js';

const percent = (share: number): string => `${(share * 100).toFixed(0)} %`;

function show(output: Output, { moves, hosts, left, ...spread }: RebalancePlan): void {
  const isForecast = hosts.some(({ soon }) => soon !== null);
  const forecast = (share: number | null): string[] => (isForecast ? [share === null ? '-' : percent(share)] : []);
  output.table(
    ['HOST', 'LOAD', 'AFTER', ...(isForecast ? ['IN AN HOUR', 'AFTER'] : []), 'MEMORY', 'AFTER'],
    hosts.map((each) => [
      each.host, percent(each.before), percent(each.after), ...forecast(each.soon), ...forecast(each.soonAfter),
      percent(each.memoryBefore), percent(each.memoryAfter),
    ]),
    'no load is known yet: agents tell it every ten seconds',
  );
  if (hosts.length === 0) return;
  output.line();
  output.table(
    ['VM', 'FROM', 'TO', 'MEMORY', 'CPUS WANTED', ...(isForecast ? ['IN AN HOUR'] : []), 'GAIN'],
    moves.map(({ vm, from, to, memoryMiB, cpus, soon, gain }) => [
      vm, from, to, memoryText(memoryMiB), cpus.toFixed(2), ...(isForecast ? [soon?.toFixed(2) ?? '-'] : []),
      gain.toFixed(2),
    ]),
    'no move pays',
  );
  for (const { vm, makesRoomFor } of moves) {
    if (makesRoomFor !== null) output.line(`${vm} makes room for ${makesRoomFor}, which has to leave its host`);
  }
  for (const { vm, host, text } of left) output.line(`${vm} stays on ${host}: ${text}`);
  if (moves.length === 0) return;
  output.line();
  const { before, after, memoryBefore, memoryAfter } = spread;
  const counts = isForecast ? ', each VM with the larger of its load now and in an hour' : '';
  output.line(`The loads differ by ${percent(before)} now, and by ${percent(after)} then, the memory in use by`);
  output.line(`${percent(memoryBefore)} and ${percent(memoryAfter)} (standard deviation${counts}).`);
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

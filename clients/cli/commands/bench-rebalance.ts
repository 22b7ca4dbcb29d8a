import { writeFile } from 'node:fs/promises';
import type { RebalanceGroup, RebalanceResult } from '@holdfast/bench';
import type { Command } from 'commander';
import { parseCount } from '../arguments.js';
import { CommandFailure } from '../failure.js';
import { Progress } from '../progress.js';
import type { Session } from '../session.js';
import { requireWithin } from '../within.js';

interface RebalanceFlags {
  hosts?: number;
  peer: boolean;
  peerSeconds: number;
  json?: true | string;
}

const usualHosts = [20, 40, 100, 200, 1000];

export function addBenchRebalance(group: Command, session: Session): void {
  group
    .command('rebalance')
    .description('how evenly hosts are used after a rebalance, moves and time, beside hbal of ganeti-htools')
    .option('--hosts <N>', `only so many hosts, 20 VMs for each (left out: ${usualHosts.join(', ')})`, parseCount)
    .option('--no-peer', 'without hbal; otherwise ganeti-htools is installed when it is not there')
    .option('--peer-seconds <S>', 'how long hbal may take, each time', parseCount, 120)
    .option('--json [FILE]', 'for programs; to a file, or instead of the table')
    .action((flags: RebalanceFlags) => rebalance(session, flags));
}

async function rebalance({ io, output }: Session, flags: RebalanceFlags): Promise<void> {
  requireWithin('hosts', flags.hosts, [2, 5000]);
  requireWithin('peer-seconds', flags.peerSeconds, [1, 86_400]);
  const { benchRebalance } = await import('@holdfast/bench');
  const progress = new Progress(io, flags.json === true);
  const bench = await benchRebalance({
    hosts: flags.hosts === undefined ? usualHosts : [flags.hosts],
    runs: 5,
    peerLimitMs: flags.peer ? flags.peerSeconds * 1000 : null,
    progress: (step) => progress.say(step),
  }).finally(() => progress.end());
  if (typeof flags.json === 'string') await writeFile(flags.json, `${JSON.stringify(bench, null, 2)}\n`);
  if (flags.json === true) output.json(bench);
  else {
    const heads = ['HOSTS', 'VMS', 'BY', 'DEVIATION BEFORE', 'AFTER', 'MOVES', 'GIB', 'CPU'];
    output.table(heads, bench.groups.flatMap(rows), 'nothing was measured');
    output.line('Standard deviations of the shares of memory and CPUs in use, added up; CPU time, median of five.');
  }
  if (bench.failures.length > 0) throw new CommandFailure({ code: 'failed', message: bench.failures.join('; ') });
}

function rows(group: RebalanceGroup): string[][] {
  const row = (by: string, { deviation, moves, gib, cpuMs }: RebalanceResult): string[] => [
    String(group.hosts), String(group.vms), by, group.deviation.toFixed(4), deviation.toFixed(4), String(moves),
    gib.toFixed(0), `${cpuMs.toFixed(cpuMs < 100 ? 1 : 0)} ms`,
  ];
  const ours = row('holdfast', group.holdfast);
  if (group.hbal) return [ours, row('hbal', group.hbal)];
  return [ours, [String(group.hosts), String(group.vms), `hbal: ${group.withoutPeer}`, '-', '-', '-', '-', '-']];
}

import type { Panel, RebalanceBench, RebalanceGroup, RebalanceResult } from '@holdfast/bench';
import type { Command } from 'commander';
import { parseCount } from '../arguments.js';
import { report, withReport, type ReportFlags } from '../bench-report.js';
import type { Session } from '../session.js';
import { requireWithin } from '../within.js';

interface RebalanceFlags extends ReportFlags {
  hosts?: number;
  peer: boolean;
  peerSeconds: number;
}

const usualHosts = [20, 40, 100, 200, 1000];

export function addBenchRebalance(group: Command, session: Session): void {
  const command = group
    .command('rebalance')
    .description('how evenly hosts are used after a rebalance, moves and time, beside hbal of ganeti-htools')
    .option('--hosts <N>', `only so many hosts, 20 VMs for each (left out: ${usualHosts.join(', ')})`, parseCount)
    .option('--no-peer', 'without hbal; otherwise ganeti-htools is installed when it is not there')
    .option('--peer-seconds <S>', 'how long hbal may take, each time', parseCount, 120);
  withReport(command).action((flags: RebalanceFlags) => rebalance(session, flags));
}

async function rebalance(session: Session, flags: RebalanceFlags): Promise<void> {
  requireWithin('hosts', flags.hosts, [2, 5000]);
  requireWithin('peer-seconds', flags.peerSeconds, [1, 86_400]);
  const { benchRebalance } = await import('@holdfast/bench');
  const hosts = flags.hosts === undefined ? usualHosts : [flags.hosts];
  const peerLimitMs = flags.peer ? flags.peerSeconds * 1000 : null;
  await report(session, flags, {
    title: 'Hosts evened out',
    measure: (progress) => benchRebalance({ hosts, runs: 5, peerLimitMs, progress }),
    panels,
    tell: (bench) => tell(session, bench),
  });
}

function panels({ groups }: RebalanceBench): Panel[] {
  const barsOf = (figure: 'deviation' | 'cpuMs'): Panel['bars'] =>
    groups.flatMap(({ hosts, holdfast, hbal }) => [
      { name: `${hosts} hosts`, value: holdfast[figure] },
      ...(hbal ? [{ name: `${hosts} hosts, hbal`, value: hbal[figure] }] : []),
    ]);
  return [
    { title: 'standard deviation of what is used, afterwards', scale: 'linear', bars: barsOf('deviation') },
    { title: 'ms of CPU', scale: 'log', bars: barsOf('cpuMs') },
  ];
}

function tell({ output }: Session, { groups }: RebalanceBench): void {
  const heads = ['HOSTS', 'VMS', 'BY', 'DEVIATION BEFORE', 'AFTER', 'MOVES', 'GIB', 'CPU'];
  output.table(heads, groups.flatMap(rows), 'nothing was measured');
  output.line('Standard deviations of the shares of memory and CPUs in use, added up; CPU time, median of five.');
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

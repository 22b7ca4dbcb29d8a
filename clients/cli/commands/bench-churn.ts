import type { ChurnBench, Panel } from '@holdfast/bench';
import type { Command } from 'commander';
import { parseCount } from '../arguments.js';
import { report, withReport, type ReportFlags } from '../bench-report.js';
import type { Session } from '../session.js';
import { requireWithin } from '../within.js';

interface ChurnFlags extends ReportFlags {
  hosts: number;
}

export function addBenchChurn(group: Command, session: Session): void {
  const command = group
    .command('churn')
    .description('how many hosts stay empty while VMs come and go as in Alibaba\'s trace of 2023, by each policy')
    .option('--hosts <N>', 'how many there are', parseCount, 200);
  withReport(command).action(async (flags: ChurnFlags) => {
    const { hosts } = flags;
    requireWithin('hosts', hosts, [20, 1000]);
    const { benchChurn } = await import('@holdfast/bench');
    await report(session, flags, {
      title: 'Empty hosts while VMs come and go',
      measure: (progress) => benchChurn({ hosts, rounds: 5, progress }),
      panels,
      tell: (bench) => tell(session, bench),
    });
  });
}

const panels = ({ hosts, policies }: ChurnBench): Panel[] => [
  {
    title: `% of ${hosts} hosts`,
    scale: 'linear',
    bars: policies.map(({ name, emptyPercent: value }) => ({ name, value })),
  },
];

function tell({ output }: Session, { hosts, rounds, vms, policies }: ChurnBench): void {
  output.line(`${vms} VMs come to ${hosts} hosts and go, in each of ${rounds} rounds.`);
  output.table(
    ['POLICY', 'HOSTS EMPTY', 'CPUS USED', 'NOT PLACED', 'RULES BROKEN', 'CPU SECONDS'],
    policies.map((of) => [
      of.name,
      `${of.emptyPercent.toFixed(1)} %`,
      `${of.usedPercent.toFixed(1)} %`,
      String(of.refused),
      String(of.broken),
      of.cpuSeconds.toFixed(2),
    ]),
    'nothing was measured',
  );
}

import type { CapacityBench, Panel } from '@holdfast/bench';
import type { Command } from 'commander';
import { report, withReport, type ReportFlags } from '../bench-report.js';
import type { Session } from '../session.js';

export function addBenchCapacity(group: Command, session: Session): void {
  const command = group
    .command('capacity')
    .description('whether all return after the loss of any host, asked after each placement: 200 hosts, 4000 VMs');
  withReport(command).action(async (flags: ReportFlags) => {
    const { benchCapacity } = await import('@holdfast/bench');
    await report(session, flags, {
      title: 'A verdict on the loss of any host after each placement',
      measure: (progress) => benchCapacity({ hosts: 200, vms: 4000, progress }),
      panels,
      tell: (bench) => tell(session, bench),
    });
  });
}

function panels({ hosts, vms, counts, hspace, p50Ms, p99Ms, longestMs, cpuMsFromScratch }: CapacityBench): Panel[] {
  const counted = [
    { name: 'holdfast', value: counts.withCheck },
    ...(hspace ? [{ name: 'hspace', value: hspace.withCheck }] : []),
    { name: 'holdfast, without', value: counts.without },
    ...(hspace ? [{ name: 'hspace, without', value: hspace.without }] : []),
  ];
  const took = { median: p50Ms, p99: p99Ms, longest: longestMs, 'all anew': cpuMsFromScratch };
  const bars = Object.entries(took).map(([name, value]) => ({ name, value }));
  return [
    { title: `ms for a placement with its verdict, ${hosts} hosts, ${vms} VMs`, scale: 'log', bars },
    { title: 'VMs on 20 hosts of which any one may be lost', scale: 'linear', bars: counted },
  ];
}

function tell({ output }: Session, bench: CapacityBench): void {
  const ms = (value: number): string => `${value.toFixed(2)} ms`;
  output.table(
    ['HOSTS', 'VMS', 'CPU SECONDS', 'MEDIAN', 'P99', 'LONGEST', 'CPU WHEN FULL', 'ALL ANEW', 'HOSTS WITH LOSERS'],
    [[
      String(bench.hosts),
      String(bench.vms),
      bench.cpuSeconds.toFixed(2),
      ms(bench.p50Ms),
      ms(bench.p99Ms),
      ms(bench.longestMs),
      ms(bench.cpuMsWhenFull),
      ms(bench.cpuMsFromScratch),
      String(bench.failingHosts),
    ]],
    'nothing was measured',
  );
  output.line();
  const rows = [['holdfast', String(bench.counts.withCheck), String(bench.counts.without)]];
  if (bench.hspace) rows.push(['hspace', String(bench.hspace.withCheck), String(bench.hspace.without)]);
  output.table(['20 HOSTS UNTIL FULL', 'ONE MAY BE LOST', 'NONE'], rows, 'nothing was measured');
  if (bench.withoutPeer !== null) output.line(bench.withoutPeer);
}

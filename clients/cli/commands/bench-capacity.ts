import type { CapacityBench, OnePlacement, Panel } from '@holdfast/bench';
import type { Command } from 'commander';
import { parseCount } from '../arguments.js';
import { report, withReport, type ReportFlags } from '../bench-report.js';
import type { Session } from '../session.js';
import { requireWithin } from '../within.js';

interface CapacityFlags extends ReportFlags {
  peer: boolean;
  peerHosts: number;
}

export function addBenchCapacity(group: Command, session: Session): void {
  const command = group
    .command('capacity')
    .description('whether all return after the loss of any host, asked after each placement: 200 hosts, 4000 VMs')
    .option('--no-peer', 'without hspace and hail; otherwise ganeti-htools is installed when it is not there')
    .option('--peer-hosts <N>', 'hosts of the cluster in which hail places a VM; 200 take it minutes', parseCount, 200);
  withReport(command).action(async (flags: CapacityFlags) => {
    requireWithin('peer-hosts', flags.peerHosts, [3, 1000]);
    const { benchCapacity } = await import('@holdfast/bench');
    const peerHosts = flags.peer ? flags.peerHosts : null;
    await report(session, flags, {
      title: 'A verdict on the loss of any host after each placement',
      measure: (progress) => benchCapacity({ hosts: 200, vms: 4000, peerHosts, progress }),
      panels,
      tell: (bench) => tell(session, bench),
    });
  });
}

function panels(bench: CapacityBench): Panel[] {
  const { hosts, vms, counts, hspace, oneMore, p50Ms, p99Ms, longestMs, cpuMsFromScratch } = bench;
  const counted = [
    { name: 'holdfast', value: counts.withCheck },
    ...(hspace ? [{ name: 'hspace', value: hspace.withCheck }] : []),
    { name: 'holdfast, without', value: counts.without },
    ...(hspace ? [{ name: 'hspace, without', value: hspace.without }] : []),
  ];
  const took = { median: p50Ms, p99: p99Ms, longest: longestMs, 'all anew': cpuMsFromScratch };
  const bars = Object.entries(took).map(([name, value]) => ({ name, value }));
  const beside = [{ name: 'holdfast', value: oneMore.cpuMs }, { name: 'all anew', value: oneMore.cpuMsAllAnew }];
  if (oneMore.hail) beside.push({ name: 'hail', value: oneMore.hail.cpuSeconds * 1000 });
  return [
    { title: `ms for a placement with its verdict, ${hosts} hosts, ${vms} VMs`, scale: 'log', bars },
    { title: 'VMs on 20 hosts of which any one may be lost', scale: 'linear', bars: counted },
    { title: `ms of CPU for one VM more, ${oneMore.hosts} hosts, ${oneMore.vms} VMs`, scale: 'log', bars: beside },
  ];
}

function tell(session: Session, bench: CapacityBench): void {
  const { output } = session;
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
  output.line();
  tellOneMore(session, bench.oneMore);
  if (bench.withoutPeer !== null) output.line(`Nothing to compare with: ${bench.withoutPeer}.`);
}

function tellOneMore({ output }: Session, { hosts, vms, cpuMs, cpuMsAllAnew, isSurvived, hail }: OnePlacement): void {
  const times = (ms: number): string => (hail ? `${Math.round((1000 * hail.cpuSeconds) / ms)}` : '-');
  const survived = (is: boolean): string => (is ? 'yes' : 'no');
  const rows = [
    ['holdfast', `${cpuMs.toFixed(3)} ms`, times(cpuMs), survived(isSurvived)],
    ['holdfast, all proofs anew', `${cpuMsAllAnew.toFixed(1)} ms`, times(cpuMsAllAnew), survived(isSurvived)],
  ];
  if (hail) rows.push(['hail', `${hail.cpuSeconds.toFixed(2)} s`, '1', survived(hail.isSurvived)]);
  const what = `ONE VM MORE, ${hosts} HOSTS, ${vms} VMS`;
  output.table([what, 'CPU', 'TIMES AS FAST AS HAIL', 'ANY ONE MAY BE LOST'], rows, 'nothing was measured');
}

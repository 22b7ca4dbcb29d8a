import type { Panel, RecoverBench } from '@holdfast/bench';
import type { Command } from 'commander';
import { parseCount } from '../arguments.js';
import { report, withReport, type ReportFlags } from '../bench-report.js';
import type { Session } from '../session.js';
import { requireWithin } from '../within.js';

interface RecoverFlags extends ReportFlags {
  peer: boolean;
  peerHosts: number;
}

export function addBenchRecover(group: Command, session: Session): void {
  const command = group
    .command('recover')
    .description('how long it takes to place what was on lost hosts: one and a quarter of 200, a rack of 10,000')
    .option('--no-peer', 'without crm_simulate; otherwise pacemaker-cli-utils is installed when it is not there')
    .option('--peer-hosts <N>', 'hosts of which crm_simulate loses one; 200 take it minutes', parseCount, 200);
  withReport(command).action((flags: RecoverFlags) => recover(session, flags));
}

async function recover(session: Session, flags: RecoverFlags): Promise<void> {
  requireWithin('peer-hosts', flags.peerHosts, [2, 1000]);
  const { benchRecover, timesAsFast } = await import('@holdfast/bench');
  const peerHosts = flags.peer ? flags.peerHosts : null;
  await report(session, flags, {
    title: 'Placing what was on lost hosts',
    measure: (progress) => benchRecover({ hosts: 200, largeHosts: 10_000, runs: 5, peerHosts, progress }),
    panels,
    tell: (bench) => tell(session, bench, timesAsFast(bench.cases, bench.peer)),
  });
}

function panels({ cases, peer }: RecoverBench): Panel[] {
  const bars = cases.map(({ name, cpuMs: value }) => ({ name, value }));
  if (peer) bars.push({ name: `crm_simulate, one of ${peer.hosts}`, value: peer.cpuSeconds * 1000 });
  return [{ title: 'ms of CPU', scale: 'log', bars }];
}

function tell({ output }: Session, { cases, peer, withoutPeer }: RecoverBench, times: number | null): void {
  output.table(
    ['LOST', 'VICTIMS', 'LOSERS', 'VIOLATIONS', 'CPU', 'WALL'],
    cases.map((of) => [
      of.name, String(of.victims), String(of.losers), String(of.violations),
      `${of.cpuMs.toFixed(1)} ms`, `${of.wallMs.toFixed(1)} ms`,
    ]),
    'nothing was measured',
  );
  if (peer) {
    const { hosts, vms, cpuSeconds } = peer;
    const ratio = times === null ? '' : `, ${Math.round(times)} times as much`;
    output.line(`crm_simulate, one of ${hosts} hosts with ${vms} VMs: ${cpuSeconds.toFixed(2)} s of CPU${ratio}.`);
  }
  if (withoutPeer !== null) output.line(`Nothing to compare with: ${withoutPeer}.`);
}

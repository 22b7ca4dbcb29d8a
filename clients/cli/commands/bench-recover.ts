import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { parseCount } from '../arguments.js';
import { CommandFailure } from '../failure.js';
import { Progress } from '../progress.js';
import type { Session } from '../session.js';
import { requireWithin } from '../within.js';

interface RecoverFlags {
  peer: boolean;
  peerHosts: number;
  json?: true | string;
}

export function addBenchRecover(group: Command, session: Session): void {
  group
    .command('recover')
    .description('how long it takes to place what was on lost hosts: one and a quarter of 200, a rack of 10,000')
    .option('--no-peer', 'without crm_simulate; otherwise pacemaker-cli-utils is installed when it is not there')
    .option('--peer-hosts <N>', 'hosts of the cluster that crm_simulate plans for, ten VMs on each', parseCount, 20)
    .option('--json [FILE]', 'for programs; to a file, or instead of the table')
    .action((flags: RecoverFlags) => recover(session, flags));
}

async function recover({ io, output }: Session, flags: RecoverFlags): Promise<void> {
  requireWithin('peer-hosts', flags.peerHosts, [2, 1000]);
  const { benchRecover } = await import('@holdfast/bench');
  const progress = new Progress(io, flags.json === true);
  const bench = await benchRecover({
    hosts: 200,
    largeHosts: 10_000,
    runs: 5,
    peerHosts: flags.peer ? flags.peerHosts : null,
    progress: (step) => progress.say(step),
  }).finally(() => progress.end());
  if (typeof flags.json === 'string') await writeFile(flags.json, `${JSON.stringify(bench, null, 2)}\n`);
  if (flags.json === true) output.json(bench);
  else {
    output.table(
      ['LOST', 'VICTIMS', 'LOSERS', 'VIOLATIONS', 'CPU', 'WALL'],
      bench.cases.map((of) => [
        of.name, String(of.victims), String(of.losers), String(of.violations),
        `${of.cpuMs.toFixed(1)} ms`, `${of.wallMs.toFixed(1)} ms`,
      ]),
      'nothing was measured',
    );
    const { peer, withoutPeer } = bench;
    if (peer) {
      const { hosts, vms, cpuSeconds } = peer;
      output.line(`crm_simulate, one of ${hosts} hosts with ${vms} VMs: ${cpuSeconds.toFixed(2)} s of CPU.`);
    }
    if (withoutPeer !== null) output.line(`Nothing to compare with: ${withoutPeer}.`);
  }
  if (bench.failures.length > 0) throw new CommandFailure({ code: 'failed', message: bench.failures.join('; ') });
}

import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { CommandFailure } from '../failure.js';
import { Progress } from '../progress.js';
import type { Session } from '../session.js';

export function addBenchCapacity(group: Command, session: Session): void {
  group
    .command('capacity')
    .description('whether all return after the loss of any host, asked after each placement: 200 hosts, 4000 VMs')
    .option('--json [FILE]', 'for programs; to a file, or instead of the table')
    .action(({ json }: { json?: true | string }) => benchVerdicts(session, json));
}

async function benchVerdicts({ io, output }: Session, json: true | string | undefined): Promise<void> {
  const { benchCapacity } = await import('@holdfast/bench');
  const progress = new Progress(io, json === true);
  const bench = await benchCapacity({ hosts: 200, vms: 4000, progress: (step) => progress.say(step) })
    .finally(() => progress.end());
  if (typeof json === 'string') await writeFile(json, `${JSON.stringify(bench, null, 2)}\n`);
  if (json === true) output.json(bench);
  else {
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
  if (bench.failures.length > 0) throw new CommandFailure({ code: 'failed', message: bench.failures.join('; ') });
}

import { writeFile } from 'node:fs/promises';
import type { PlaceBench } from '@holdfast/bench';
import type { Command } from 'commander';
import { parseCount } from '../arguments.js';
import { CommandFailure } from '../failure.js';
import { Progress } from '../progress.js';
import type { Session } from '../session.js';
import { requireWithin } from '../within.js';

interface PlaceFlags {
  hosts?: number;
  placements: number;
  peer: boolean;
  commits: boolean;
  json?: true | string;
}

/** Known here too, so that a wrong number needs no start. */
const limits = { hosts: [10, 20_000], placements: [100, 1_000_000] } as const;

export function addBenchPlace(group: Command, session: Session): void {
  group
    .command('place')
    .description('placements in a second of CPU, with all filters and anti-affinity, beside hspace of ganeti-htools')
    .option('--hosts <N>', 'only with so many hosts, and ten VMs for each (left out: 1000, then 10000)', parseCount)
    .option('--placements <N>', 'how many are measured, for each number of hosts', parseCount, 20_000)
    .option('--no-peer', 'without hspace; otherwise ganeti-htools is installed when it is not there')
    .option('--no-commits', 'without storing placements on three NATS servers, started for this')
    .option('--json [FILE]', 'for programs; to a file, or instead of the table')
    .action((flags: PlaceFlags) => benchPlacements(session, flags));
}

async function benchPlacements(session: Session, flags: PlaceFlags): Promise<void> {
  for (const [name, range] of Object.entries(limits)) requireWithin(name, flags[name as keyof typeof limits], range);
  const { benchPlace } = await import('@holdfast/bench');
  const progress = new Progress(session.io, flags.json === true);
  let bench: PlaceBench;
  try {
    const hosts = flags.hosts === undefined ? [1000, 10_000] : [flags.hosts];
    const { placements, peer: withPeer, commits: withCommits } = flags;
    bench = await benchPlace({ hosts, placements, withPeer, withCommits, progress: (step) => progress.say(step) });
  } finally {
    progress.end();
  }
  if (typeof flags.json === 'string') await writeFile(flags.json, `${JSON.stringify(bench, null, 2)}\n`);
  if (flags.json === true) session.output.json(bench);
  else tell(session, bench);
  if (bench.failures.length > 0) throw new CommandFailure({ code: 'failed', message: bench.failures.join('; ') });
}

function tell({ output }: Session, { groups, full, hspace, withoutPeer, commits }: PlaceBench): void {
  const ms = (value: number): string => `${value.toFixed(3)} ms`;
  output.table(
    ['HOSTS', 'VMS', 'PLACEMENTS', 'NOT PLACED', 'PER CPU-SECOND', 'MEDIAN', 'P99', 'LONGEST', 'P99 WALL', 'SNAPSHOT'],
    groups.map((of) => [
      String(of.hosts),
      String(of.vms),
      String(of.placements),
      String(of.unplaced),
      String(of.perCpuSecond),
      ms(of.p50Ms),
      ms(of.p99Ms),
      ms(of.longestMs),
      ms(of.p99WallMs),
      `${of.snapshotMiB} MiB`,
    ]),
    'nothing was measured',
  );
  output.line('Median, p99 and longest in CPU time; wall time holds what others take of the machine.');
  output.line();
  output.table(
    [`${full.hosts} HOSTS UNTIL FULL`, 'VMS', 'PER CPU-SECOND'],
    [
      ['holdfast', String(full.placed), String(full.perCpuSecond)],
      ...(hspace ? [[hspace.version, String(hspace.placed), String(hspace.perCpuSecond)]] : []),
    ],
    'nothing was measured',
  );
  if (withoutPeer !== null) output.line(`Nothing to compare with: ${withoutPeer}.`);
  if (hspace) output.line(`That is ${(full.perCpuSecond / hspace.perCpuSecond).toFixed(0)} times as fast.`);
  if (!commits) return;
  output.line();
  output.table(
    ['NATS SERVERS', 'VMS', 'ROUNDS', 'STORED A SECOND', 'MEDIAN', 'P99', 'CPU EACH', 'LOST'],
    [[
      String(commits.servers),
      String(commits.vms),
      String(commits.rounds),
      String(commits.perSecond),
      ms(commits.p50Ms),
      ms(commits.p99Ms),
      ms(commits.cpuMs),
      String(commits.lost),
    ]],
    'nothing was measured',
  );
}

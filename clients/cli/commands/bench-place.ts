import type { PlaceBench, Panel } from '@holdfast/bench';
import type { Command } from 'commander';
import { parseCount } from '../arguments.js';
import { report, withReport, type ReportFlags } from '../bench-report.js';
import type { Session } from '../session.js';
import { requireWithin } from '../within.js';

interface PlaceFlags extends ReportFlags {
  hosts?: number;
  placements: number;
  peer: boolean;
  commits: boolean;
}

/** Known here too, so that a wrong number needs no start. */
const limits = { hosts: [10, 20_000], placements: [100, 1_000_000] } as const;

export function addBenchPlace(group: Command, session: Session): void {
  const command = group
    .command('place')
    .description('placements in a second of CPU, with all filters and anti-affinity, beside hspace of ganeti-htools')
    .option('--hosts <N>', 'only with so many hosts, and ten VMs for each (left out: 1000, then 10000)', parseCount)
    .option('--placements <N>', 'how many are measured, for each number of hosts', parseCount, 20_000)
    .option('--no-peer', 'without hspace; otherwise ganeti-htools is installed when it is not there')
    .option('--no-commits', 'without storing placements on three NATS servers, started for this');
  withReport(command).action((flags: PlaceFlags) => benchPlacements(session, flags));
}

async function benchPlacements(session: Session, flags: PlaceFlags): Promise<void> {
  for (const [name, range] of Object.entries(limits)) requireWithin(name, flags[name as keyof typeof limits], range);
  const { benchPlace } = await import('@holdfast/bench');
  const { placements, peer: withPeer, commits: withCommits } = flags;
  const hosts = flags.hosts === undefined ? [1000, 10_000] : [flags.hosts];
  await report(session, flags, {
    title: 'Placements',
    measure: (progress) => benchPlace({ hosts, placements, withPeer, withCommits, progress }),
    panels,
    tell: (bench) => tell(session, bench),
  });
}

function panels({ groups, full, hspace, commits }: PlaceBench): Panel[] {
  const barsOf = (figure: 'perCpuSecond' | 'p99Ms'): Panel['bars'] =>
    groups.map((of) => ({ name: `${of.hosts} hosts`, value: of[figure] }));
  return [
    { title: 'placements in a second of CPU, with rules', scale: 'linear', bars: barsOf('perCpuSecond') },
    { title: 'p99 of a placement, ms of CPU', scale: 'linear', bars: barsOf('p99Ms') },
    {
      title: `VMs in a second of CPU until ${full.hosts} hosts are full`,
      scale: 'log',
      bars: [
        { name: 'holdfast', value: full.perCpuSecond },
        ...(hspace ? [{ name: 'hspace', value: hspace.perCpuSecond }] : []),
      ],
    },
    ...(commits ? [stored(commits.servers, commits.perSecond)] : []),
  ];
}

const stored = (servers: number, value: number): Panel => ({
  title: `placements stored in a second on ${servers} NATS servers`,
  scale: 'linear',
  bars: [{ name: 'holdfast', value }],
});

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

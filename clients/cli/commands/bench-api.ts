import type { ApiBench } from '@holdfast/bench';
import type { Command } from 'commander';
import { parseCount } from '../arguments.js';
import { CommandFailure } from '../failure.js';
import { Progress } from '../progress.js';
import { withJson, type JsonFlag, type Session } from '../session.js';
import { requireWithin } from '../within.js';

interface ApiFlags extends JsonFlag {
  vms: number;
  followers: number;
  seconds: number;
}

const limits = { vms: [100, 100_000], followers: [1, 2000], seconds: [1, 600] } as const;

export function addBenchApi(group: Command, session: Session): void {
  withJson(group.command('api'))
    .description('how soon the API answers: lists, creates, followers of events')
    .option('--vms <N>', 'VMs in its view', parseCount, 10_000)
    .option('--followers <N>', 'followers of events', parseCount, 1000)
    .option('--seconds <N>', 'how long each kind of request is sent', parseCount, 10)
    .action((flags: ApiFlags) => api(session, flags));
}

async function api(session: Session, flags: ApiFlags): Promise<void> {
  for (const [name, range] of Object.entries(limits)) requireWithin(name, flags[name as keyof typeof limits], range);
  const { benchApi } = await import('@holdfast/bench');
  const progress = new Progress(session.io, flags.json === true);
  let bench: ApiBench;
  try {
    const { vms, followers, seconds } = flags;
    bench = await benchApi({ vms, followers, seconds, progress: (step) => progress.say(step) });
  } finally {
    progress.end();
  }
  if (flags.json) session.output.json(bench);
  else {
    session.output.table(
      ['', 'COUNT', 'MEDIAN', 'P99', 'WANTED'],
      bench.figures.map(({ what, count, medianMs, p99Ms, wantedMs }) =>
        [what, String(count), `${medianMs} ms`, `${p99Ms} ms`, `${wantedMs} ms`]),
      'nothing was measured',
    );
    session.output.line();
    session.output.line(`${bench.vms} VMs, bus in memory; the client shares the processor with the API.`);
  }
  if (bench.failures.length === 0) return;
  throw new CommandFailure({ code: 'failed', message: bench.failures.join('; ') });
}

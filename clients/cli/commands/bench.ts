import type { FailoverBench, FailoverCase, FailoverFault, FailoverRun, PeerComparison, Spread } from '@holdfast/bench';
import { InvalidArgumentError, Option } from 'commander';
import { parseCount, parseNames } from '../arguments.js';
import { stateDirectory } from '../connection.js';
import { CommandFailure } from '../failure.js';
import { Progress } from '../progress.js';
import { withJson, type JsonFlag, type Register, type Session } from '../session.js';
import { requireWithin } from '../within.js';
import { addBenchApi } from './bench-api.js';
import { addBenchAgents } from './bench-agents.js';
import { manyVms } from './bench-many-vms.js';
import { measurePeer, parsePeer, refusePeer, tellPeer } from './bench-peer.js';
import { addBenchCapacity } from './bench-capacity.js';
import { addBenchChurn } from './bench-churn.js';
import { addBenchPlace } from './bench-place.js';
import { addBenchRebalance } from './bench-rebalance.js';
import { addBenchReassign } from './bench-reassign.js';
import { addBenchRecover } from './bench-recover.js';
import { addBenchSuspicion } from './bench-suspicion.js';

const maxRuns = 1000;
/** Known here too, so that the help and a wrong name need no lab. */
const faults = ['power', 'isolated', 'frozen', 'qemu-killed', 'with-bus'] as const;

interface FailoverFlags extends JsonFlag {
  runs: number;
  /** Left out: all that the lab at hand can do. */
  faults?: FailoverFault[];
  vms?: number;
  peer?: 'pacemaker';
  peerRuns: number;
}

/** How fast it is, measured on the lab's real parts. */
export const registerBench: Register = (program, session) => {
  const group = program.command('bench').description('how fast it is, measured on real parts');
  withJson(group.command('failover'))
    .description('how long each phase of a failover takes, for each kind of fault')
    .option('--runs <N>', 'how often each fault is done', parseCount, 20)
    .option('--faults <LIST>', `some of ${faults.join(', ')}`, parseFaults)
    .option('--vms <N>', 'instead: one host is lost with so many VMs, and when each of them runs', parseCount)
    .addOption(new Option('--peer <NAME>', 'then the same with pacemaker instead of Holdfast, default and tuned')
      .argParser(parsePeer)
      .conflicts('vms'))
    .option('--peer-runs <N>', 'how often the plug is pulled on the peer, each way', parseCount, 3)
    .action((flags: FailoverFlags) => (flags.vms === undefined
      ? failover(session, flags)
      : manyVms(session, flags.vms, flags.json === true)));
  addBenchAgents(group, session);
  addBenchApi(group, session);
  addBenchSuspicion(group, session);
  addBenchPlace(group, session);
  addBenchCapacity(group, session);
  addBenchReassign(group, session);
  addBenchChurn(group, session);
  addBenchRebalance(group, session);
  addBenchRecover(group, session);
};

function parseFaults(text: string): FailoverFault[] {
  return parseNames(text).map((name) => {
    const fault = faults.find((known) => known === name);
    if (!fault) throw new InvalidArgumentError(`There is no fault ${name}; choose from ${faults.join(', ')}.`);
    return fault;
  });
}

async function failover(session: Session, flags: FailoverFlags): Promise<void> {
  requireWithin('runs', flags.runs, [1, maxRuns], 'leave --runs out for 20');
  if (flags.peer) await refusePeer(session, flags.peerRuns, flags.faults ?? null);
  const { benchFailover } = await import('@holdfast/bench');
  const progress = new Progress(session.io, flags.json === true);
  let bench: FailoverBench;
  let peer: PeerComparison | undefined;
  try {
    let isFirst = true;
    bench = await benchFailover({
      stateDirectory: stateDirectory(session.io.env),
      runs: flags.runs,
      faults: flags.faults ?? null,
      progress: (step) => progress.say(step),
      told: (run) => {
        progress.end();
        if (flags.json) return;
        if (isFirst) session.output.line(runHeading);
        isFirst = false;
        session.output.line(runLine(run));
      },
      signal: session.io.interrupted,
    });
    if (flags.peer) {
      peer = await measurePeer(session, flags.peerRuns, bench, { isJson: flags.json === true, progress });
    }
  } finally {
    progress.end();
  }
  if (flags.json) session.output.json({ ...bench, ...(peer && { peer }) });
  else {
    summary(session, bench.cases);
    if (peer) tellPeer(session, peer);
  }
  const failures = [
    ...bench.cases.flatMap(({ fault, failures: of }) => of.map((text) => `${fault}: ${text}`)),
    ...(peer?.cases ?? []).flatMap(({ mode, failures: of }) => of.map((text) => `pacemaker ${mode}: ${text}`)),
  ];
  if (failures.length === 0) return;
  throw new CommandFailure({ code: 'failed', message: failures.join('; ') });
}

const columns = ['SUSPECTED', 'PROVEN', 'PLACED', 'ATTACHED', 'RUNNING', 'GUEST BOOT'] as const;
const phases = ['suspectedMs', 'provenMs', 'placedMs', 'attachedMs', 'runningMs', 'guestBootMs'] as const;

/** Lines come one by one, so their columns are as wide as need be, not as what is in them. */
const runHeading = aligned('FAULT', 'RUN', 'HOST', columns);

function aligned(fault: string, run: string, host: string, values: readonly string[]): string {
  return [fault.padEnd(12), run.padStart(4), '  ', host.padEnd(5), ...values.map((value) => value.padStart(11))]
    .join('')
    .trimEnd();
}

function runLine(run: FailoverRun): string {
  const values = phases.map((phase) => (run[phase] === undefined ? '-' : `${run[phase]} ms`));
  const line = aligned(run.fault, String(run.run), run.host, values);
  return run.failure === null ? line : `${line}  FAILED: ${run.failure}`;
}

function summary({ output }: Session, cases: readonly FailoverCase[]): void {
  const spread = (value: Spread | null): string => (value ? `${value.median} / ${value.p99} ms` : '-');
  output.line();
  output.line('Since the fault, median / p99. The guest boots in an emulated CPU, apart from that.');
  output.line();
  output.table(
    ['FAULT', 'RUNS', ...columns, 'STALE WRITES'],
    cases.map((each) => [
      each.fault,
      String(each.runs),
      ...phases.map((phase) => spread(each[phase])),
      String(each.staleWrites),
    ]),
    'nothing was measured',
  );
}

/** `bench failover --peer pacemaker`: the peer's part, and both side by side. */
import type { FailoverBench, FailoverFault, PeerComparison, PeerRun, Range } from '@holdfast/bench';
import { InvalidArgumentError } from 'commander';
import { stateDirectory } from '../connection.js';
import type { Progress } from '../progress.js';
import type { Session } from '../session.js';
import { requireWithin } from '../within.js';

export const maxPeerRuns = 100;

export function parsePeer(text: string): 'pacemaker' {
  if (text !== 'pacemaker') throw new InvalidArgumentError(`There is no peer ${text}; choose pacemaker.`);
  return text;
}

/** Before Holdfast itself is measured, which takes long. @throws CommandFailure, LabError */
export async function refusePeer(session: Session, runs: number, faults: FailoverFault[] | null): Promise<void> {
  requireWithin('peer-runs', runs, [1, maxPeerRuns], 'leave --peer-runs out for 3');
  const { refuseIncomparable } = await import('@holdfast/bench');
  await refuseIncomparable(stateDirectory(session.io.env), faults);
}

export async function measurePeer(
  session: Session, runs: number, bench: FailoverBench, { isJson, progress }: { isJson: boolean; progress: Progress },
): Promise<PeerComparison> {
  const { benchPacemaker, compared } = await import('@holdfast/bench');
  const peer = await benchPacemaker({
    stateDirectory: stateDirectory(session.io.env),
    runs,
    progress: (step) => progress.say(step),
    told: (run) => {
      progress.end();
      if (!isJson) session.output.line(runLine(run));
    },
    signal: session.io.interrupted,
  });
  return compared(bench, peer);
}

function runLine({ mode, run, host, wasCoordinator, runningMs, guestBootMs, failure }: PeerRun): string {
  const ms = (value: number | undefined): string => (value === undefined ? '-' : `${value} ms`);
  const who = wasCoordinator ? `${host}, the coordinator` : host;
  const line = `pacemaker ${mode} ${run} (${who}): running ${ms(runningMs)}, guest boot ${ms(guestBootMs)}`;
  return failure === null ? line : `${line}  FAILED: ${failure}`;
}

export function tellPeer({ output }: Session, peer: PeerComparison): void {
  const row = (name: string, runs: number, range: Range | null, ratio: number | null): string[] => [
    name, String(runs), ...(range ? [range.median, range.min, range.max].map((ms) => `${ms} ms`) : ['-', '-', '-']),
    ratio === null ? '-' : String(ratio),
  ];
  const { corosync, pacemaker } = peer.versions;
  output.line();
  output.line('From the plug pulled until QEMU of the VM runs on another host.'
    + ` Corosync ${corosync ?? '?'}, Pacemaker ${pacemaker ?? '?'}, VirtualDomain, fence_ipmilan; tuned:`);
  const own = peer.cases.find(({ mode }) => mode === 'tuned')?.settings ?? [];
  const usual = peer.cases.find(({ mode }) => mode === 'default')?.settings ?? [];
  for (const { name, value, reason } of own.filter((each) => !usual.some((other) => other.name === each.name))) {
    output.line(`  ${name}=${value}  ${reason}`);
  }
  output.line();
  output.table(
    ['', 'RUNS', 'MEDIAN', 'MIN', 'MAX', 'TIMES AS LONG'],
    [
      row('Holdfast', peer.holdfast.runs, peer.holdfast.runningMs, peer.holdfast.runningMs && 1),
      ...peer.cases.toReversed().map(({ mode, runs, runningMs }) =>
        row(`Pacemaker, ${mode}`, runs, runningMs, peer.ratios[mode])),
    ],
    'nothing was measured',
  );
}

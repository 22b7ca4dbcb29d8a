/** Holdfast and the peer, the same fault side by side. */
import { LabError, openLab } from '@holdfast/lab';
import type { FailoverBench } from '../failover.js';
import type { FailoverFault } from '../fault.js';
import type { PeerMode } from './modes.js';
import { pacemakerSoftware, type PacemakerBench } from './pacemaker.js';
import { rangeOf, ratioOf, type Range } from './range.js';

/** What both are measured after. */
export const comparedFault: FailoverFault = 'power';

export interface PeerComparison extends PacemakerBench {
  holdfast: { runs: number; runningMs: Range | null };
  /** How many times as long as Holdfast each mode of the peer took, by the medians. */
  ratios: Record<PeerMode, number | null>;
}

export function compared({ cases }: FailoverBench, peer: PacemakerBench): PeerComparison {
  const raw = cases.find(({ fault }) => fault === comparedFault)?.raw ?? [];
  const runningMs = rangeOf(raw.flatMap((run) => run.runningMs ?? []));
  const ratio = (mode: PeerMode): number | null =>
    ratioOf(peer.cases.find((each) => each.mode === mode)?.runningMs ?? null, runningMs);
  return {
    ...peer,
    holdfast: { runs: raw.length, runningMs },
    ratios: { default: ratio('default'), tuned: ratio('tuned') },
  };
}

/** Before anything is measured. @throws LabError with the remedy, when the two could not be compared. */
export async function refuseIncomparable(
  stateDirectory: string,
  faults: readonly FailoverFault[] | null,
): Promise<void> {
  if (faults && !faults.includes(comparedFault)) {
    throw new LabError('invalid-argument',
      `faults: a peer is compared by ${comparedFault} alone; remedy: add it to --faults, or leave --faults out`);
  }
  pacemakerSoftware();
  if (await openLab(stateDirectory)) {
    throw new LabError('already-running',
      'a lab runs here, and two of them would slow each other down; remedy: ./holdfast down, then run this again');
  }
}

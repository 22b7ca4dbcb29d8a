import { clockMarginMs } from '@holdfast/contracts';

/** The times that failover works by. Milliseconds. */
export interface Timing {
  /** Silence on the bus after which a host of unknown rhythm is suspected. Suspicion is cheap: it only means asking. */
  suspectAfterMs: number;
  /** The least and the most that a known rhythm may make of it. */
  suspectAtLeastMs: number;
  suspectAtMostMs: number;
  /**
   * A host that was suspected and then heard is not suspected again for so long: two replicas, of which only one hears
   * it, would contradict each other all the time.
   */
  suspectAgainAfterMs: number;
  /** How long the other paths may take to answer before their silence counts as an answer. */
  confirmWithinMs: number;
  /** How often the other paths are asked again. */
  askAgainMs: number;
  /** A host counts as heard on the storage path when it was heard there within this time... */
  storageHeardWithinMs: number;
  /** ... and so much after its last heartbeat on the bus: more than one interval, or it may have died just then. */
  storageHeardLaterMs: number;
  /** A sign of life later than this after a power-off proof voids it. */
  voidAfterMs: number;
  /**
   * How long power-off is still asked for after storage has proven the host cut off. It then only silences old
   * copies on the network; a BMC that answers later would switch off a host that is on its way back.
   */
  powerAskedForMs: number;
  /** By so much the clocks that one `lease-expired` rests on may differ. */
  clockMarginMs: number;
  /** How long that proof waits; left out, as long as the host's own times ask for. */
  leaseProofWaitsMs?: number;
  /** A host that is silent this long while joining is out again. */
  rejoinSilenceMs: number;
  /** Brake: more silent hosts than this share, and at least two, need the storage path to agree. */
  brakeShare: number;
  /** A person is told when nobody has been able to manage a host's VMs for so long. */
  unmanagedAfterMs: number;
  /** So many returns from a fence, or from a suspicion, within this time are too many: the host is held off. */
  flapFences: number;
  flapSuspicions: number;
  flapWithinMs: number;
  /** For how long, the first time, the second, ... without a quiet period between them. */
  holdOffMs: readonly number[];
}

export const defaultTiming: Timing = {
  suspectAfterMs: 1000,
  suspectAtLeastMs: 750,
  suspectAtMostMs: 3000,
  suspectAgainAfterMs: 3000,
  confirmWithinMs: 500,
  askAgainMs: 500,
  storageHeardWithinMs: 900,
  storageHeardLaterMs: 300,
  voidAfterMs: 500,
  powerAskedForMs: 3000,
  clockMarginMs,
  rejoinSilenceMs: 5000,
  brakeShare: 0.3,
  unmanagedAfterMs: 300_000,
  flapFences: 3,
  flapSuspicions: 10,
  flapWithinMs: 3_600_000,
  holdOffMs: [60_000, 300_000, 900_000, 3_600_000],
};

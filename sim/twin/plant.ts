/**
 * Where a test may put a bug between a core and its world, to see that the checker finds it. Here are the places only:
 * the bugs themselves are in `planted/`, which no build contains.
 */
import type { LocalState, LocalVm } from '@holdfast/host-agent/core';
import type { HostRecord, Observed, VmRecord } from '@holdfast/contracts';
import type { DrillStep, DrillView, HostStep, HostView } from '@holdfast/failover/core';
import type { Admission, Cluster, DrainView, stepDrain, VmStep, VmView } from '@holdfast/scheduler/core';
import type { World } from '../world/world.js';

/** What goes wrong in whatever runs a core. */
export interface RunnerPlant {
  /** An effect that is in hand is performed once more. */
  pilesUp?: true;
  /** Effects follow only in the replica that has stored their cause. */
  leavesToOthers?: true;
  /** Effects follow before their cause is stored. */
  actsEarly?: true;
  /** Whoever has this rank stores without comparing. */
  isBlindAt?: number;
  /** What is read after a lost race is decided on, however old, and stored without comparing. */
  believesReads?: true;
  /** Transitions count as derived once they are stored. */
  marksEarly?: true;
}

export interface Plant {
  /** Before anything starts. */
  world?(world: World): void;
  runner?: RunnerPlant;
  /** What the scheduler sees, and its steps. */
  cluster?(cluster: Cluster): Cluster;
  vm?(view: VmView, step: (view: VmView) => VmStep): VmStep;
  evict?(vm: VmRecord | null, admit: (vm: VmRecord | null) => Admission): Admission;
  drain?(view: DrainView, step: typeof stepDrain): ReturnType<typeof stepDrain>;
  /** Failover's steps, and what it sees when a person confirms that a host is dead. */
  host?(view: HostView, step: (view: HostView) => HostStep): HostStep;
  drill?(view: DrillView, step: (view: DrillView) => DrillStep): DrillStep;
  confirmed?(view: HostView): HostView;
  /** What an agent reads from its disk, what it is told, and what it says. */
  recalled?(state: LocalState): LocalState;
  command?(name: string, request: unknown, local: LocalState): unknown;
  report?(report: Observed, record: HostRecord | null): Observed;
  /** What an agent takes a copy for when it decides whether to look at its guest. */
  seesGuest?(vm: LocalVm): LocalVm;
  /** An agent takes whatever comes, as if it had endless memory. */
  hasEndlessRoom?: true;
  /** An agent begins copies whether its boot is known or not. */
  beginsInUnknownBoot?: true;
  /** An agent begins what it was told without asking whether its host still counts. */
  asksNobody?: true;
  /** An agent sends guests that go on by themselves once they have arrived. */
  movesUnpaused?: true;
  /** An agent has forgotten which generations were ruled out. */
  forgetsGenerations?: true;
  /** An agent leaves copies of an older epoch alone. */
  keepsStaleCopies?: true;
  /** An agent that is cut off from everybody ends nothing. */
  forgetsSelfFence?: true;
  /** An agent does not take from storage that its host was revoked. */
  ignoresRevocation?: true;
  /** An agent lets what a disk error has paused go on, whatever storage says of it. */
  resumesStaleCopies?: true;
  /** Storage: each is one thing that it leaves out. */
  skipsRevocation?: true;
  forgetsFloors?: true;
  checksNoFloor?: true;
  keepsOlderHolders?: true;
  opensRevoked?: true;
  bindsAddressFirst?: true;
  /** Storage: a volume is there, and open to whoever asks, before all of its image is in it. */
  showsHalfFilled?: true;
  /** Storage: a volume is copied although somebody has it open, and opened while it is copied. */
  copiesOpen?: true;
  /** Failover: a power-off counts when it is commanded, and any BMC is believed. */
  readsNoPower?: true;
  believesAnyBmc?: true;
  /** A restore gives no new incarnation. */
  keepsIncarnation?: true;
}

export const nothingPlanted: Plant = {};

/** A core's step, or what a bug makes of it. */
export function stepThrough<View, Step>(
  hook: ((view: View, step: (view: View) => Step) => Step) | undefined,
  view: View,
  step: (view: View) => Step,
): Step {
  return hook ? hook(view, step) : step(view);
}

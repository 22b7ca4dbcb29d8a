/**
 * A running VM whose disks do not answer its host, while that host and its agent are well. It waits for them, and after
 * a while starts elsewhere, if its policy lets it and a host is there that reaches its disks. Then its old copy is
 * ordered gone and shut out by storage at once: whichever is proven first. Others on that host run on.
 *
 *   running ──lost──► running (told) ──back──► running
 *                        └──for long, and elsewhere is better──► recovering ──► (placing)
 */
import {
  maxLeftovers,
  storageLostReasons,
  type Assignment,
  type CopyStorageLoss,
  type VmRecord,
} from '@holdfast/contracts';
import { choose } from './place.js';
import { isOut, isProvenByStorage } from './proof.js';
import { effects, type VmEffect } from './vm-effect.js';
import {
  copyOf,
  finish,
  isDetached,
  move,
  nothingLeft,
  reasonStands,
  stay,
  type VmStep,
  type VmView,
} from './vm-record.js';

/** Longer than a restart of the storage daemon takes, and than all hosts need to notice that it is gone for all. */
export const storageLostAfterMs = 10_000;
/** An answer of storage that is older says nothing of it now. */
const storageAnswersWithinMs = 5000;
const lookAgainMs = 1000;

/** A replica may see reports of long ago for as long as a minute. */
const toldStandsMs = 5000;
const toldEvents = ['vm.storage-lost', 'vm.storage-back'];

type Loss = NonNullable<VmRecord['storageLost']>;

/** What a running VM does about disks that do not answer; null while they do. */
export function storageLoss(view: VmView, at: Assignment): VmStep | null {
  const { vm, env } = view;
  const copy = copyOf(view, at);
  const known = lossOf(vm, at);
  if (copy === null) return null;
  const seen = copy.storageLost;
  const isNews = known?.reason !== seen?.reason;
  // Another replica may see an older report, and would say the opposite as fast as it can write.
  if (isNews && reasonStands(view, toldEvents, toldStandsMs)) return stay(view, [], lookAgainMs);
  if (!seen) return known ? isBack(view, at) : null;
  if (known === null || isNews) return isLost(view, at, seen);
  const leftMs = storageLostAfterMs - Math.abs(env.nowMs - known.sinceMs);
  if (leftMs > 0) return stay(view, [], leftMs);
  const whyHeld = whyStays(view, known);
  if (whyHeld !== null) return held(view, known, whyHeld);
  // Nothing is older than that copy, so this changes nothing: it shows that storage can shut out and open anew.
  const asked = effects.detach(vm, at.generation, null);
  if (asked.every(({ key }) => hasJustAgreed(view, key))) {
    // What was out for others as well may be back here in the next moment: the wait begins anew.
    return known.isHeld ? isLost(view, at, seen) : leave(view, at, known);
  }
  if (leftMs > -storageAnswersWithinMs && !known.isHeld) return stay(view, asked, lookAgainMs);
  const step = held(view, known, 'it waits there: storage itself does not answer');
  return { ...step, effects: asked };
}

function hasJustAgreed(view: VmView, key: string): boolean {
  const answer = view.answer(key);
  return answer?.reply.ok === true && Math.abs(view.env.nowMs - answer.atMs) < storageAnswersWithinMs;
}

function isLost(view: VmView, { host, generation }: Assignment, { reason, volumes }: CopyStorageLoss): VmStep {
  const storageLost: Loss = { host, generation, reason, sinceMs: view.env.nowMs, isHeld: false };
  return move(view, { storageLost }, {
    event: 'vm.storage-lost',
    text: `its disks do not answer on ${host}: ${storageLostReasons[reason]}`,
    data: { host, generation, reason, volumes: volumes.join(',') },
  });
}

function isBack(view: VmView, { host, generation }: Assignment): VmStep {
  return move(view, { storageLost: undefined }, {
    event: 'vm.storage-back',
    text: `running on ${host}; its disks answer again`,
    data: { host, generation },
  });
}

/** Why it waits where it is; null when it is to start elsewhere. */
function whyStays({ vm, cluster }: VmView, { reason }: Loss): string | null {
  const { policy } = vm.spec;
  // Nothing comes of waiting for a hypervisor that has given up: that is no storage that will be back.
  if (policy.onStorageLoss === 'pause' && reason !== 'session') return 'it waits there (policy: onStorageLoss pause)';
  if (policy.restart === 'never') return 'it waits there (policy: restart never)';
  if (reason === 'error') return 'it waits there: what the disk refuses here it would refuse elsewhere';
  const arming = cluster.arming();
  if (!arming.armed) return `it waits there: ${arming.text}`;
  const choice = choose(cluster, vm);
  if (!choice.host) return `it waits there: ${choice.text}`;
  return choice.lostPool === null ? null : `it waits there: no host reaches the storage of ${choice.lostPool}`;
}

function held(view: VmView, known: Loss, why: string): VmStep {
  const { vm } = view;
  // What a policy says can change, and so can the hosts.
  if (known.isHeld) return stay(view, [], lookAgainMs);
  return move(view, { storageLost: { ...known, isHeld: true } }, {
    event: 'vm.held',
    text: `its disks do not answer on ${known.host} (${storageLostReasons[known.reason]}); ${why}`,
    data: { host: known.host, generation: vm.assignment?.generation ?? vm.generation },
  });
}

/** The number that its copy must stay below is spent here, so what is still under way to it is void. */
function leave(view: VmView, { host }: Assignment, { reason }: Loss): VmStep {
  const patch = { phase: 'recovering' as const, generation: view.vm.generation + 1, reboot: null };
  return finish(view, 'failed', patch, {
    event: 'vm.recovering',
    text: `its disks do not answer on ${host} (${storageLostReasons[reason]}); starting it where they do`,
    data: { host },
  });
}

/** It is on its way from a host that is not out. */
export function isLeaving({ vm, cluster }: VmView): boolean {
  const at = vm.assignment;
  if (vm.phase !== 'recovering' || at === null || vm.generation <= at.generation) return false;
  return lossOf(vm, at) !== null && !isOut(cluster.host(at.host), at);
}

/** Its agent is asked to end the copy and storage to shut it out; nothing more once either is proven. */
export function leavingEffects({ vm }: VmView): VmEffect[] {
  const at = vm.assignment as Assignment;
  return [stopOf(vm, at), ...effects.detach(vm, vm.generation, null)];
}

/** What proves that the copy it leaves can write no more, besides the proofs of every copy. */
export function leavingProof(view: VmView): string | null {
  const { vm, cluster } = view;
  const at = vm.assignment as Assignment;
  if (nothingLeft(view, stopOf(vm, at))) return 'attested-stopped';
  const canShutOut = isProvenByStorage(vm, cluster) && (hasLeftover(vm, at) || vm.leftovers.length < maxLeftovers);
  return canShutOut && isDetached(view, vm.generation) ? 'storage-revoked' : null;
}

/** A copy that storage has shut out, and that its agent has not ended yet, is ordered gone until it is. */
export function rememberLeft(view: VmView): VmStep | null {
  const { vm } = view;
  const at = vm.assignment as Assignment;
  if (hasLeftover(vm, at)) return null;
  return move(view, { leftovers: [...vm.leftovers, at] }, {
    event: 'vm.shut-out',
    text: `its copy on ${at.host} can write no more (storage-revoked)`,
    data: { host: at.host, generation: at.generation },
  });
}

const stopOf = (vm: VmRecord, at: Assignment): VmEffect => effects.stop(at.host, at.hostEpoch, vm.generation, 0);

const hasLeftover = (vm: VmRecord, at: Assignment): boolean =>
  vm.leftovers.some(({ host, generation }) => host === at.host && generation === at.generation);

function lossOf({ storageLost }: VmRecord, at: Assignment): Loss | null {
  return storageLost?.host === at.host && storageLost.generation === at.generation ? storageLost : null;
}

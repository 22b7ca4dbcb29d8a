/**
 * The life of one VM.
 *
 *   provisioning ──► (placing) ──► attaching ──► starting ──► running ◄──► migrating
 *        │              │ ▲                         │           │   │
 *        │              ▼ │                  failed start       │   └─► recovering ──► (placing)
 *        │           waiting                        ▼           ▼           (host out, proof needed)
 *        └──► stopped ◄── detaching ◄── stopping ◄─ failed    stopping
 *                │ ▲
 *                │ └──► renaming
 *                └──► deleting ──► deleted
 *
 * Invariants
 *  1. A copy is started only at `assignment.generation`, and every new assignment has a generation never used before.
 *  2. Before a new assignment is made, every older copy is stopped by attestation or proven unable to write.
 *  3. A start is sent only when every volume is open to exactly that generation and to no other.
 *  4. Called again with the same facts it asks for the same: any crash between two effects heals.
 */
import { maxLeftovers, type Assignment, type VmPhase } from '@holdfast/contracts';
import { beginEviction, evictedProof, evicting, isBeingEvicted } from './canary.js';
import { leaveStuck } from './drain-turn.js';
import { climbOn, isGuestSettled, tendGuest, watchEffects } from './guest-ladder.js';
import { ownMove } from './own-move.js';
import { choose, isMateBeingPlaced, mateIsPlacedMs } from './place.js';
import { claimantOf, claimRoom } from './preempt.js';
import { isOut, isProvenByStorage, proofOf } from './proof.js';
import { isLeaving, leavingEffects, leavingProof, rememberLeft, storageLoss } from './storage-loss.js';
import { standBack } from './turn.js';
import { effects, type VmEffect } from './vm-effect.js';
import { beginMigration, migrating } from './vm-migration.js';
import { changingDisk, plugging } from './vm-disks.js';
import { pluggingNic } from './vm-nics.js';
import { pausing } from './vm-pause.js';
import { renaming } from './vm-rename.js';
import { forgettingMemory, suspended } from './vm-suspend.js';
import { growing } from './vm-resize.js';
import { atRest, notLarger } from './vm-size.js';
import { assign, attaching, failStart, placeIt, starting } from './vm-start.js';
import {
  assigned,
  beginRecovering,
  beginStopping,
  isLeftDown,
  leaveDown,
  leaveHost,
  startAfterSelfFence,
} from './vm-turn.js';
import {
  copyOf,
  finish,
  isDetached,
  isShutOut,
  move,
  nothingLeft,
  reasonStands,
  reasonStandsMs,
  refusalOf,
  stay,
  type VmStep,
  type VmView,
} from './vm-record.js';

const lookAgainMs = 5000;
const lookForRoomMs = 1000;

const next: Record<VmPhase, (view: VmView) => VmStep> = {
  provisioning,
  waiting: (view) => placeIt(view),
  attaching,
  starting,
  running,
  stopping,
  detaching,
  stopped,
  migrating,
  recovering,
  failed,
  renaming,
  deleting,
  deleted: (view) => stay(view),
};

export function stepVm(view: VmView): VmStep {
  return next[view.vm.phase](view);
}

function provisioning(view: VmView): VmStep {
  const { vm, cluster } = view;
  if (vm.desired === 'deleted') return beginDeleting(view);
  const records = vm.volumes.map(({ volume }) => cluster.volume(volume));
  const broken = records.find((record) => record?.state === 'failed');
  const refusal = vm.volumes
    .map(({ volume }) => refusalOf(view, `create-volume/${volume}`))
    .find((found) => found !== null);
  if (broken || refusal) {
    const text = `its volume could not be created: ${broken?.reason ?? refusal?.message}`;
    return finish(view, 'failed', { phase: 'failed', desired: 'stopped' }, { event: 'vm.failed', text });
  }
  if (records.some((record) => record?.state !== 'ready')) {
    return stay(view, effects.createVolumes(vm), 500);
  }
  if (vm.desired === 'running') return placeIt(view);
  return finish(view, 'done', { phase: 'stopped' }, {
    event: 'vm.created',
    text: 'created, not started',
  });
}

function running(view: VmView): VmStep {
  const { vm, cluster, env } = view;
  const at = assigned(vm);
  if (isOut(cluster.host(at.host), at)) return beginRecovering(view);
  const copy = copyOf(view, at);
  if (copy?.state === 'stopped' || copy?.state === 'failed') {
    return suspended(view, copy.reason) ?? stoppedByItself(view, copy.reason);
  }
  if (vm.desired !== 'running') return beginStopping(view, 'asked to stop');
  if (vm.operation?.kind === 'migrate') return beginMigration(view);
  if (vm.operation?.kind === 'relocate') return beginStopping(view, 'stopped to be started elsewhere');
  if (vm.operation?.kind === 'evict') return beginEviction(view);
  if (vm.reboot) return rebooting(view, vm.reboot);
  const claimant = vm.operation === null ? claimantOf(cluster, vm) : null;
  if (claimant) {
    const { name, spec } = claimant;
    const text = `stopped to make room for ${name} (priority ${spec.policy.priority})`;
    return beginStopping(view, text, { preemptedBy: name });
  }
  const paused = pausing(view);
  if (paused) return paused;
  const loss = storageLoss(view, at);
  if (loss) return loss;
  // A guest whose memory is being stored answers nobody.
  const tended = vm.savedMemory?.state === 'storing' ? null : tendGuest(view);
  if (tended) return tended;
  const grown = growing(view);
  if (grown) return grown;
  const forgetting = forgettingMemory(view);
  if (forgetting) return forgetting;
  const plugged = pluggingNic(view) ?? plugging(view) ?? (vm.operation === null ? null : changingDisk(view));
  if (plugged) return plugged;
  const own = ownMove(view);
  const stuck = leaveStuck(view, own);
  if (stuck) return stuck;
  if (own && 'to' in own) return beginMigration(view, own);
  const changing = changingDisk(view);
  if (changing) return changing;
  // Then its count of failed starts begins anew, and its incident is over for it.
  const settledMs = vm.spec.policy.restartWindowSeconds * 1000;
  const settled = env.nowMs - vm.phaseSinceMs >= settledMs;
  const { starts, hosts, resets = 0 } = vm.failures;
  const remembers = starts + resets > 0 || hosts.length > 0 || vm.incident !== null || (vm.guest ?? null) !== null;
  if (settled && remembers && isGuestSettled(view)) {
    return move(view, { failures: { starts: 0, hosts: [] }, incident: null, guest: null }, {
      event: 'vm.settled',
      text: 'ran long enough for what went before to be over',
    });
  }
  const wakeInMs = Math.min(own?.inMs ?? Infinity, settled && !remembers ? Infinity : settledMs);
  return stay(view, watchEffects(view), wakeInMs === Infinity ? null : wakeInMs);
}

/** Its QEMU is gone although it should run: the guest's own wish is respected, a crash is not. */
function stoppedByItself(view: VmView, reason: string): VmStep {
  const { vm } = view;
  if (vm.desired !== 'running') return beginStopping(view, 'asked to stop');
  if (reason === 'host-shutdown') return leaveHost(view);
  if (reason === 'self-fenced') return startAfterSelfFence(view);
  if (reason !== 'guest-shutdown') {
    const where = `stopped by itself on ${assigned(vm).host}: ${reason}`;
    // Whatever was asked of the copy that crashed has ended with it.
    return vm.spec.policy.restart === 'never' ? leaveDown(view, where) : failStart(view, reason, 'vm.crashed');
  }
  const patch = { phase: 'detaching' as const, desired: 'stopped' as const, reboot: null };
  return finish(view, 'failed', { ...patch, generation: vm.generation + 1 }, {
    event: 'vm.shut-down',
    text: 'the guest powered itself down',
  });
}

function rebooting(view: VmView, reboot: { operation: string; force: boolean }): VmStep {
  const at = assigned(view.vm);
  const seen = copyOf(view, at)?.reboot;
  const asked = seen?.operation === reboot.operation ? seen : null;
  if (asked?.result === 'done') {
    return finish(view, 'done', { reboot: null }, {
      event: 'vm.rebooted',
      text: `rebooted on ${at.host}`,
      data: { host: at.host },
    });
  }
  if (asked?.result === 'failed') return notRebooted(view, asked.reason);
  const effect = effects.reboot(at, reboot.operation, reboot.force);
  const refusal = refusalOf(view, effect.key);
  if (refusal) return notRebooted(view, refusal.message);
  return stay(view, [effect], lookAgainMs);
}

function notRebooted(view: VmView, why: string): VmStep {
  const next = climbOn(view, why);
  if (next) return next;
  return finish(view, 'failed', { reboot: null }, {
    event: 'vm.reboot-failed',
    text: `not rebooted: ${why}`,
  });
}

function stopping(view: VmView): VmStep {
  const { vm, cluster } = view;
  const at = assigned(vm);
  const proof = proofOf(vm, at, cluster);
  if (proof) {
    return move(view, { phase: 'detaching' }, {
      event: 'vm.halted',
      text: `no copy runs any more (${proof}); taking its access back`,
    });
  }
  const grace = vm.force ? 0 : vm.spec.policy.stopGraceSeconds;
  const stop = effects.stop(at.host, at.hostEpoch, vm.generation, grace);
  if (nothingLeft(view, stop)) {
    return move(view, { phase: 'detaching' }, { event: 'vm.halted', text: 'it was not running' });
  }
  return stay(view, [stop], lookAgainMs);
}

function detaching(view: VmView): VmStep {
  const { vm } = view;
  if (!isDetached(view, vm.generation)) return stay(view, effects.detach(vm, vm.generation, null), 500);
  if (vm.desired === 'deleted') return beginDeleting(view);
  const { patch: resized, told } = atRest(vm);
  const released = { ...resized, assignment: null, migration: null, incident: null, force: false };
  if (vm.desired === 'running') {
    const forWhom = vm.preemptedBy === undefined ? null : `stopped for ${vm.preemptedBy}`;
    return move(view, { phase: 'waiting', reason: forWhom ?? '', ...released }, {
      event: 'vm.stopped',
      text: forWhom === null ? 'stopped; starting again' : `${forWhom}; starts again when there is room`,
      ...told,
    });
  }
  return finish(view, 'done', { phase: 'stopped', ...released }, {
    event: 'vm.stopped',
    text: `${vm.savedMemory?.state === 'kept' ? 'suspended' : 'stopped'}; nobody has access to its volumes`,
    ...told,
  });
}

function stopped(view: VmView): VmStep {
  const { vm } = view;
  if (vm.desired === 'deleted') return beginDeleting(view);
  const changing = forgettingMemory(view) ?? changingDisk(view);
  if (changing) return changing;
  if (vm.desired === 'running') return placeIt(view);
  return stay(view);
}

/** Given up: whatever may be left of it is stopped and shut out, so that a later start begins clean. */
function failed(view: VmView): VmStep {
  const { vm } = view;
  if (vm.assignment) {
    const { host, hostEpoch } = vm.assignment;
    const stop = effects.stop(host, hostEpoch, vm.generation + 1, 0);
    // Given up before an agent ever had it, no copy will be seen: then its answer says so.
    if (!proofOf(vm, vm.assignment, view.cluster) && !nothingLeft(view, stop)) {
      return stay(view, [stop], lookAgainMs);
    }
    if (!isDetached(view, vm.generation + 1)) {
      return stay(view, effects.detach(vm, vm.generation + 1, null), 500);
    }
    const { patch, told } = atRest(vm);
    return move(view, { ...patch, assignment: null, generation: vm.generation + 1, reason: vm.reason }, {
      event: 'vm.released',
      text: 'nothing of it is left on any host',
      ...told,
    });
  }
  if (vm.desired === 'deleted') return beginDeleting(view);
  if (vm.operation?.kind === 'stop') {
    const text = 'stopped; it had been given up';
    return finish(view, 'done', { phase: 'stopped', force: false }, { event: 'vm.stopped', text });
  }
  return stay(view);
}

/** Elsewhere only on proof; a VM that was on the move needs it for both of its copies. */
function recovering(view: VmView): VmStep {
  const { vm, cluster } = view;
  if (isBeingEvicted(vm)) return evicting(view);
  const attested = proofOf(vm, assigned(vm), cluster) ?? evictedProof(vm);
  const leaves = attested === null && isLeaving(view);
  const proof = attested ?? (leaves ? leavingProof(view) : null);
  if (!proof) return stay(view, leaves ? leavingEffects(view) : [], lookAgainMs);
  const left = leaves && proof === 'storage-revoked' ? rememberLeft(view) : null;
  if (left) return left;
  const other = vm.migration?.to;
  if (other && !proofOf(vm, other, cluster)) {
    const stop = effects.stop(other.host, other.hostEpoch, vm.generation + 1, 0);
    if (!nothingLeft(view, stop)) return withoutOther(view, other, stop);
  }
  if (vm.desired !== 'running') {
    return move(view, { phase: 'detaching', generation: vm.generation + 1 }, {
      event: 'vm.halted',
      text: `its copy cannot write any more (${proof})`,
    });
  }
  if (isLeftDown(vm)) return leaveDown(view, `${assigned(vm).host} was lost, and its copy there with it (${proof})`);
  if (vm.resizing) {
    const before = notLarger(vm);
    const text = 'its copy was lost before it was made larger';
    return move(view, before, { event: 'vm.resize-failed', text });
  }
  const standsBack = standBack(view);
  if (standsBack) return standsBack;
  if (isMateBeingPlaced(cluster, vm.name, view.env.nowMs)) return stay(view, [], mateIsPlacedMs);
  const choice = choose(cluster, vm);
  if (choice.host) {
    // The number that stopped the other copy is spent, so the next assignment lies above it.
    const spent = other ? { ...vm, generation: vm.generation + 1 } : vm;
    return assign({ ...view, vm: spent }, choice.host.host, choice.host.epoch);
  }
  const claimed = claimRoom(view);
  if (claimed) return claimed;
  // It waits with its old assignment, and so with the need for proof: one voided meanwhile stops the recovery.
  if (vm.operation === null) {
    if (vm.reason === choice.text) return stay(view, [], lookForRoomMs);
    if (reasonStands(view)) return stay(view, [], reasonStandsMs);
  }
  return finish(view, 'failed', { wish: null }, { event: 'vm.unplaceable', text: choice.text });
}

/** The other half of its move is asked for first; where its host does not answer, storage shuts it out. */
function withoutOther(view: VmView, other: Assignment, stop: VmEffect): VmStep {
  const { vm, cluster } = view;
  const isSilent = view.answer(stop.key)?.reply.ok === false;
  const canShutOut = isProvenByStorage(vm, cluster) && vm.leftovers.length < maxLeftovers;
  if (!isSilent || !canShutOut) return stay(view, [stop], 500);
  if (!isShutOut(view, other.generation)) {
    return stay(view, [stop, ...effects.detach(vm, vm.generation + 1, other.generation)], 500);
  }
  const patch = { migration: null, generation: vm.generation + 1, leftovers: [...vm.leftovers, other] };
  return move(view, patch, {
    event: 'vm.shut-out',
    text: `${other.host} does not answer; its half of the move can write no more (storage-revoked)`,
    data: { host: other.host, generation: other.generation },
  });
}

function beginDeleting(view: VmView): VmStep {
  return move(view, { phase: 'deleting', assignment: null, migration: null }, {
    event: 'vm.deleting',
    text: 'removing its volumes',
  });
}

function deleting(view: VmView): VmStep {
  const { vm, cluster } = view;
  const left = vm.volumes.filter(({ volume }) => {
    const record = cluster.volume(volume);
    return record !== null && record.state !== 'deleted';
  });
  const unanswered = vm.volumes.filter(
    ({ volume }) => view.answer(`delete-volume/${volume}`)?.reply.ok !== true,
  );
  if (left.length > 0 || unanswered.length > 0) return stay(view, effects.deleteVolumes(vm), 1000);
  return finish(view, 'done', { phase: 'deleted' }, { event: 'vm.deleted', text: 'deleted' });
}


/**
 * The life of one VM.
 *
 *   provisioning ──► (placing) ──► attaching ──► starting ──► running ◄──► migrating
 *        │              │ ▲                         │           │   │
 *        │              ▼ │                  failed start       │   └─► recovering ──► (placing)
 *        │           waiting                        ▼           ▼           (host out, proof needed)
 *        └──► stopped ◄── detaching ◄── stopping ◄─ failed    stopping
 *                │
 *                └──► deleting ──► deleted
 *
 * Invariants
 *  1. A copy is started only at `assignment.generation`, and every new assignment has a generation never used before.
 *  2. Before a new assignment is made, every older copy is stopped by attestation or proven unable to write.
 *  3. A start is sent only when every volume is open to exactly that generation and to no other.
 *  4. Called again with the same facts it asks for the same: any crash between two effects heals.
 */
import type { Assignment, VmPhase, VmRecord } from '@holdfast/contracts';
import { assert } from '@holdfast/kernel';
import { choose } from './place.js';
import { isOut, proofOf } from './proof.js';
import { attachKey, effects, startKey } from './vm-effect.js';
import { beginMigration, migrating } from './vm-migration.js';
import {
  copyOf,
  finish,
  isAttached,
  isDetached,
  move,
  nothingLeft,
  refusalOf,
  stay,
  type VmStep,
  type VmView,
} from './vm-record.js';

/** A VM that ran this long starts its count of failed starts anew, and its incident is over for it. */
const settledMs = 60_000;
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

/** Chooses a host and makes a new assignment; without one the VM waits and says why. */
function placeIt(view: VmView): VmStep {
  const { vm, cluster } = view;
  if (vm.desired !== 'running') {
    return move(view, { phase: 'detaching', generation: vm.generation + 1 }, {
      event: 'vm.given-up',
      text: 'not wanted any more',
    });
  }
  const choice = choose(cluster, vm);
  if (choice.host) return assign(view, choice.host.host, choice.host.epoch);
  const isKnown = vm.phase === 'waiting' && vm.reason === choice.text && vm.operation === null;
  if (isKnown) return stay(view, [], lookAgainMs);
  const transition = { event: 'vm.unplaceable', text: choice.text };
  // Somebody may be waiting for an answer: they get it now, the VM goes on waiting for room.
  const patch = { phase: 'waiting' as const, assignment: null, migration: null, wish: null };
  return finish(view, 'failed', patch, transition);
}

function assign(view: VmView, host: string, hostEpoch: number): VmStep {
  const generation = view.vm.generation + 1;
  const assignment: Assignment = { host, hostEpoch, generation };
  return move(
    view,
    { phase: 'attaching', generation, assignment, migration: null, wish: null },
    {
      event: 'vm.placed',
      text: `placed on ${host} as generation ${generation}`,
      data: { host, generation },
    },
  );
}

function attaching(view: VmView): VmStep {
  const { vm, cluster } = view;
  const to = assigned(vm);
  const host = cluster.host(to.host);
  if (vm.desired !== 'running') {
    return beginStopping(view, 'stopped before it was started');
  }
  // Nothing was started at this generation yet, so a better host may be chosen at once; its attach shuts this one out.
  if (isOut(host, to) || host?.health === 'fencing' || host?.health === 'fenced') {
    return placeIt({ ...view, vm: { ...vm, phase: 'waiting', reason: '' } });
  }
  if (isAttached(view, to, 'single')) {
    return move(view, { phase: 'starting' }, {
      event: 'vm.starting',
      text: `its volumes are open to ${to.host} alone; starting`,
      data: { host: to.host, generation: to.generation },
    });
  }
  const refusal = vm.volumes
    .map(({ volume }) => refusalOf(view, attachKey(volume, to.generation)))
    .find((found) => found !== null);
  if (refusal?.code === 'stale') return assign(view, to.host, host?.epoch ?? to.hostEpoch);
  if (refusal) return failStart(view, `storage refused: ${refusal.message}`);
  return stay(view, effects.attach(vm, to, 'single'), lookAgainMs);
}

function starting(view: VmView): VmStep {
  const { vm, cluster } = view;
  const at = assigned(vm);
  if (isOut(cluster.host(at.host), at)) return beginRecovering(view);
  if (vm.desired !== 'running') return beginStopping(view, 'stopped while starting');
  const copy = copyOf(view, at);
  if (copy?.state === 'running') {
    return finish(view, 'done', { phase: 'running' }, {
      event: 'vm.started',
      text: `running on ${at.host}`,
      data: { host: at.host, generation: at.generation },
    });
  }
  if (copy?.state === 'failed' || copy?.state === 'stopped') {
    return failStart(view, copy.reason === '' ? 'it stopped at once' : copy.reason);
  }
  const refusal = refusalOf(view, startKey(at));
  if (refusal) return refusedStart(view, refusal.message);
  return stay(view, [effects.start(at)], lookAgainMs);
}

/** The agent took no action, so this generation never ran; a floor makes sure that it never will. */
function refusedStart(view: VmView, message: string): VmStep {
  const at = assigned(view.vm);
  const stop = effects.stop(at.host, at.hostEpoch, at.generation + 1, 0);
  if (nothingLeft(view, stop)) return failStart(view, `the host refused: ${message}`);
  return stay(view, [stop], 500);
}

/** Tries again on the same host, then elsewhere, then gives up with the reason. */
function failStart(view: VmView, why: string, event = 'vm.start-failed'): VmStep {
  const { vm, cluster } = view;
  const at = assigned(vm);
  const starts = vm.failures.starts + 1;
  const verb = event === 'vm.crashed' ? 'stopped by itself' : 'start failed';
  const transition = { event, text: `${verb} on ${at.host}: ${why}`, data: { host: at.host } };
  const host = cluster.host(at.host);
  // What was asked of a copy that crashed ends with it; a start goes on until it is given up.
  const goOn = (patch: Partial<VmRecord>): VmStep =>
    event === 'vm.crashed'
      ? finish(view, 'failed', { ...patch, reboot: null }, transition)
      : move(view, patch, transition);
  if (starts <= vm.spec.policy.maxRestart && host?.health === 'online') {
    const generation = vm.generation + 1;
    const assignment = { host: at.host, hostEpoch: host.epoch, generation };
    const failures = { ...vm.failures, starts };
    return goOn({ phase: 'attaching', generation, assignment, failures });
  }
  const hosts = [...new Set([...vm.failures.hosts, at.host])];
  const failures = { starts: 0, hosts };
  if (hosts.length <= vm.spec.policy.maxRelocate) {
    return goOn({ phase: 'waiting', assignment: null, reason: '', failures });
  }
  return finish(view, 'failed', { phase: 'failed', failures, reboot: null }, {
    event: 'vm.failed',
    text: `given up after failed starts on ${hosts.join(', ')}: ${why}`,
  });
}

function running(view: VmView): VmStep {
  const { vm, cluster, env } = view;
  const at = assigned(vm);
  if (isOut(cluster.host(at.host), at)) return beginRecovering(view);
  const copy = copyOf(view, at);
  if (copy?.state === 'stopped' || copy?.state === 'failed') return stoppedByItself(view, copy.reason);
  if (vm.desired !== 'running') return beginStopping(view, 'asked to stop');
  if (vm.operation?.kind === 'migrate') return beginMigration(view);
  if (vm.reboot) return rebooting(view, vm.reboot);
  const settled = env.nowMs - vm.phaseSinceMs >= settledMs;
  const remembers = vm.failures.starts > 0 || vm.failures.hosts.length > 0 || vm.incident !== null;
  if (settled && remembers) {
    return move(view, { failures: { starts: 0, hosts: [] }, incident: null }, {
      event: 'vm.settled',
      text: 'ran long enough for what went before to be over',
    });
  }
  return stay(view, [], settled ? null : settledMs);
}

/** Its QEMU is gone although it should run: the guest's own wish is respected, a crash is not. */
function stoppedByItself(view: VmView, reason: string): VmStep {
  const { vm } = view;
  if (vm.desired !== 'running') return beginStopping(view, 'asked to stop');
  if (reason !== 'guest-shutdown') return failStart(view, reason, 'vm.crashed');
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
  return finish(view, 'failed', { reboot: null }, {
    event: 'vm.reboot-failed',
    text: `not rebooted: ${why}`,
  });
}

/** A change of power state is a new generation: whatever was sent to start it before is void from here on. */
export function beginStopping(view: VmView, text: string): VmStep {
  const generation = view.vm.generation + 1;
  return move(view, { phase: 'stopping', generation, reboot: null }, { event: 'vm.stopping', text });
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
  const released = { assignment: null, migration: null, incident: null, force: false };
  if (vm.desired === 'running') {
    return move(view, { phase: 'waiting', reason: '', ...released }, {
      event: 'vm.stopped',
      text: 'stopped; starting again',
    });
  }
  return finish(view, 'done', { phase: 'stopped', ...released }, {
    event: 'vm.stopped',
    text: 'stopped; nobody has access to its volumes',
  });
}

function stopped(view: VmView): VmStep {
  const { vm } = view;
  if (vm.desired === 'deleted') return beginDeleting(view);
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
    const generation = vm.generation + 1;
    return move(view, { assignment: null, generation, reason: vm.reason }, {
      event: 'vm.released',
      text: 'nothing of it is left on any host',
    });
  }
  if (vm.desired === 'deleted') return beginDeleting(view);
  if (vm.operation?.kind === 'stop') {
    const text = 'stopped; it had been given up';
    return finish(view, 'done', { phase: 'stopped', force: false }, { event: 'vm.stopped', text });
  }
  return stay(view);
}

function beginRecovering(view: VmView): VmStep {
  const { vm, cluster } = view;
  const at = assigned(vm);
  const incident = cluster.host(at.host)?.incident?.id ?? null;
  const patch = { phase: 'recovering' as const, incident, reboot: null };
  const transition = {
    event: 'vm.recovering',
    text: `${at.host} is out; waiting for proof that its copy cannot write`,
    data: { host: at.host },
    incident,
  };
  // A move or a reboot of the lost copy is lost with it; a start goes on, elsewhere.
  const isLost = vm.operation?.kind === 'migrate' || vm.operation?.kind === 'reboot';
  return isLost ? finish(view, 'failed', patch, transition) : move(view, patch, transition);
}

/** Elsewhere only on proof; a VM that was on the move needs it for both of its copies. */
function recovering(view: VmView): VmStep {
  const { vm, cluster } = view;
  const proof = proofOf(vm, assigned(vm), cluster);
  if (!proof) return stay(view, [], lookAgainMs);
  const other = vm.migration?.to;
  if (other && !proofOf(vm, other, cluster)) {
    const stop = effects.stop(other.host, other.hostEpoch, vm.generation + 1, 0);
    if (!nothingLeft(view, stop)) return stay(view, [stop], 500);
  }
  if (vm.desired !== 'running') {
    return move(view, { phase: 'detaching', generation: vm.generation + 1 }, {
      event: 'vm.halted',
      text: `its copy cannot write any more (${proof})`,
    });
  }
  const choice = choose(cluster, vm);
  if (choice.host) {
    // The number that stopped the other copy is spent, so the next assignment lies above it.
    const spent = other ? { ...vm, generation: vm.generation + 1 } : vm;
    return assign({ ...view, vm: spent }, choice.host.host, choice.host.epoch);
  }
  // It waits with its old assignment, and so with the need for proof: one voided meanwhile stops the recovery.
  if (vm.reason === choice.text && vm.operation === null) return stay(view, [], lookForRoomMs);
  return finish(view, 'failed', { wish: null }, { event: 'vm.unplaceable', text: choice.text });
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

export function assigned(vm: VmRecord): Assignment {
  assert(vm.assignment, `VM ${vm.name} is ${vm.phase} without an assignment`);
  return vm.assignment;
}

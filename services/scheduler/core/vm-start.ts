/** From the choice of a host to a VM that is seen running there, and what happens when a start fails. */
import type { Assignment, VmRecord } from '@holdfast/contracts';
import { isForbidden } from './own-move.js';
import { longestPauseMs, pauseMsAfter } from './pause.js';
import { choose, isMateBeingPlaced, mateIsPlacedMs } from './place.js';
import { standsAside } from './preempt.js';
import { isOut } from './proof.js';
import { mayStart } from './turn.js';
import { spentBy } from './vm-suspend.js';
import { attachKey, effects, startKey } from './vm-effect.js';
import { assigned, beginRecovering, beginStopping, leaveHost, startAfterSelfFence } from './vm-turn.js';
import {
  copyOf,
  finish,
  isAttached,
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
const waitForTurnMs = 250;
/** So long another replica's choice of a host stands, also where we see that host as lost. */
const chooseAnewAfterMs = 1000;

/** Chooses a host and makes a new assignment; without one the VM waits and says why. */
export function placeIt(view: VmView): VmStep {
  const { vm, cluster } = view;
  if (vm.desired !== 'running') {
    return move(view, { phase: 'detaching', generation: vm.generation + 1 }, {
      event: 'vm.given-up',
      text: 'not wanted any more',
    });
  }
  if (standsAside(view)) return stay(view, [], lookAgainMs);
  if (isMateBeingPlaced(cluster, vm.name, view.env.nowMs)) return stay(view, [], mateIsPlacedMs);
  const choice = choose(cluster, vm);
  if (choice.host) return assign(view, choice.host.host, choice.host.epoch);
  const why = vm.preemptedBy === undefined ? choice.text : `stopped for ${vm.preemptedBy}; ${choice.text}`;
  const text = choice.nearest === null ? why : `${why}. What would help: ${choice.nearest}`;
  if (vm.phase === 'waiting' && vm.operation === null) {
    if (vm.reason === text) return stay(view, [], lookAgainMs);
    if (reasonStands(view)) return stay(view, [], reasonStandsMs);
  }
  const transition = { event: 'vm.unplaceable', text };
  // Somebody may be waiting for an answer: they get it now, the VM goes on waiting for room.
  const patch = { phase: 'waiting' as const, assignment: null, migration: null, wish: null };
  return finish(view, 'failed', patch, transition);
}

export function assign(view: VmView, host: string, hostEpoch: number): VmStep {
  const generation = view.vm.generation + 1;
  const assignment: Assignment = { host, hostEpoch, generation };
  const chosen = view.vm.chosen?.host === host ? view.vm.chosen : null;
  const { claims, preemptedBy } = view.vm;
  const roomFound = { ...(claims ? { claims: undefined } : {}), ...(preemptedBy ? { preemptedBy: undefined } : {}) };
  const home = view.vm.operation?.kind === 'relocate' ? null : view.vm.home;
  const more = { ...roomFound, ...spentBy(view.vm, generation) };
  return move(
    view,
    { phase: 'attaching', generation, assignment, migration: null, wish: null, chosen, home, ...more },
    {
      event: 'vm.placed',
      text: `placed on ${host} as generation ${generation}`,
      data: { host, generation },
    },
  );
}

export function attaching(view: VmView): VmStep {
  const { vm, cluster } = view;
  const to = assigned(vm);
  const host = cluster.host(to.host);
  if (vm.desired !== 'running') {
    return beginStopping(view, 'stopped before it was started');
  }
  // Nothing was started at this generation yet, so a better host may be chosen; its attach shuts this one out. But not
  // at once: two replicas of which one sees an old list of hosts would undo each other's choice for ever.
  const isLost = isOut(host, to) || host?.health === 'fencing' || host?.health === 'fenced';
  const waitedMs = view.env.nowMs - vm.changedAtMs;
  const placedAnew = (): VmStep => placeIt({ ...view, vm: { ...vm, phase: 'waiting', reason: '' } });
  if (isLost && (waitedMs < 0 || waitedMs >= chooseAnewAfterMs)) return placedAnew();
  if (isAttached(view, to, 'single')) {
    if (!mayStart(view)) return stay(view, [], waitForTurnMs);
    return move(view, { phase: 'starting' }, {
      event: 'vm.starting',
      text: `its volumes are open to ${to.host} alone; starting`,
      data: { host: to.host, generation: to.generation },
    });
  }
  const refusal = vm.volumes
    .map(({ volume }) => refusalOf(view, attachKey(volume, to.generation)))
    .find((found) => found !== null);
  if (refusal?.code === 'stale' && isLost) return placedAnew();
  // Its number is spent, or storage knows more of the host than we do: then another number changes nothing at once.
  const isToWait = waitedMs >= 0 && waitedMs < chooseAnewAfterMs;
  if (refusal?.code === 'stale' && isToWait) return stay(view, [], chooseAnewAfterMs - waitedMs);
  if (refusal?.code === 'stale') return assign(view, to.host, host?.epoch ?? to.hostEpoch);
  if (refusal) return failStart(view, `storage refused: ${refusal.message}`);
  return stay(view, effects.attach(vm, to, 'single'), isLost ? chooseAnewAfterMs - waitedMs : lookAgainMs);
}

export function starting(view: VmView): VmStep {
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
  if (copy?.reason === 'host-shutdown') return leaveHost(view);
  if (copy?.reason === 'self-fenced') return startAfterSelfFence(view);
  if (copy?.state === 'failed' || copy?.state === 'stopped') {
    return failStart(view, copy.reason === '' ? 'it stopped at once' : copy.reason);
  }
  const refusal = refusalOf(view, startKey(at));
  if (refusal) return refusedStart(view, refusal.message);
  const pauseMs = pauseLeftMs(view);
  return pauseMs > 0 ? stay(view, [], pauseMs) : stay(view, [effects.start(at)], lookAgainMs);
}

/** The agent took no action, so this generation never ran; a floor makes sure that it never will. */
function refusedStart(view: VmView, message: string): VmStep {
  const at = assigned(view.vm);
  const stop = effects.stop(at.host, at.hostEpoch, at.generation + 1, 0);
  if (nothingLeft(view, stop)) return failStart(view, `the host refused: ${message}`);
  return stay(view, [stop], 500);
}

/** Of a clock that was set back in the meantime nothing is expected but that the pause does not grow. */
function pauseLeftMs({ vm, env }: VmView): number {
  const leftMs = (vm.failures.notBeforeMs ?? 0) - env.nowMs;
  return leftMs > longestPauseMs ? 0 : leftMs;
}

/** Tries again on the same host, then elsewhere, then gives up with the reason. */
export function failStart(view: VmView, why: string, event = 'vm.start-failed'): VmStep {
  const { vm, cluster } = view;
  const at = assigned(vm);
  const starts = vm.failures.starts + 1;
  const inARow = (vm.failures.inARow ?? 0) + 1;
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
    const pauseMs = pauseMsAfter(inARow);
    const failures = { ...vm.failures, starts, inARow, notBeforeMs: view.env.nowMs + pauseMs };
    if (pauseMs > 0) transition.text += `; again in ${pauseMs / 1000} s`;
    // A rule may be younger than its place: then it begins anew where it may be, and counts as having failed nowhere.
    if (isForbidden(cluster, vm, at.host)) return goOn({ phase: 'waiting', assignment: null, reason: '', failures });
    return goOn({ phase: 'attaching', generation, assignment, failures });
  }
  const hosts = [...new Set([...vm.failures.hosts, at.host])];
  const failures = { starts: 0, hosts, inARow };
  if (hosts.length <= vm.spec.policy.maxRelocate) {
    return goOn({ phase: 'waiting', assignment: null, reason: '', failures });
  }
  return finish(view, 'failed', { phase: 'failed', failures, reboot: null }, {
    event: 'vm.failed',
    text: `given up after failed starts on ${hosts.join(', ')}: ${why}`,
  });
}

/**
 * Live migration: access for the target before, the source's revoked after.
 *
 *   running ─► opening ─► moving ─► closing ─► running (on the target)
 *                 │          │         │
 *                 │          ├─────────┴─► detaching, then anywhere (nobody says what became of a half)
 *                 └──────────┴─► abandoning ─► running (still on the source)
 *
 * The guest arrives paused. It goes on there only after the assignment was flipped, and that only on the *observed* end
 * of the move (safety rule 4): the target has it whole, and the source's host attests that its copy has ended and did
 * not run on. Without that word what arrived is never let go on: a hypervisor that misses the last word of the other
 * lets the guest run on at the source, and the disk is then ahead of the memory that arrived. If either host is lost
 * meanwhile, the VM recovers, and then both copies need proof.
 */
import { maxLeftovers, type Assignment, type ObservedVm, type VmRecord } from '@holdfast/contracts';
import { assert } from '@holdfast/kernel';
import type { OwnMove } from './own-move.js';
import { place } from './place.js';
import { isOut, isProvenByStorage, proofOf } from './proof.js';
import { attachKey, effects, migrateKey, receiveKey, type VmEffect } from './vm-effect.js';
import {
  copyOf,
  finish,
  isAttached,
  isDetached,
  isShutOut,
  move,
  nothingLeft,
  refusalOf,
  stay,
  type VmStep,
  type VmView,
} from './vm-record.js';

const lookAgainMs = 2000;
/** How long one half waits for word of the other, by the clock of its host, before that counts as unclear. */
const silentMs = 3000;
/** So long a guest that was told to go on may stand still. */
const standStillMs = 8000;
/** What is still unclear then, by our own clock and with a bus that stores, is given up. */
const unclearMs = 5000;

/** To where a person wishes, or where it goes by itself. */
export function beginMigration(view: VmView, own: OwnMove | null = null): VmStep {
  const { vm, cluster, env } = view;
  assert(vm.assignment, 'only an assigned VM migrates');
  const avoid = new Map([[vm.assignment.host, 'runs it now']]);
  const choice = place(cluster, vm, { avoid, wish: own?.to ?? vm.wish });
  if (!choice.host) {
    return finish(view, 'failed', { wish: null }, {
      event: 'vm.migration-failed',
      text: `not moved: ${choice.text}`,
    });
  }
  const generation = vm.generation + 1;
  const to = { host: choice.host.host, hostEpoch: choice.host.epoch, generation };
  const migration = { to, stage: 'opening' as const, startedAtMs: env.nowMs };
  const why = own ? `: ${own.why}` : '';
  const home = own ? own.home : vm.home;
  return move(view, { phase: 'migrating', generation, migration, home, wish: null }, {
    event: 'vm.migrating',
    text: `moving from ${vm.assignment.host} to ${to.host}${why}`,
    data: { from: vm.assignment.host, to: to.host, generation },
  });
}

export function migrating(view: VmView): VmStep {
  const { assignment, migration } = view.vm;
  assert(assignment && migration, `VM ${view.vm.name} migrates without saying where`);
  const legs = { from: assignment, to: migration.to };
  const sourceOut = isOut(view.cluster.host(legs.from.host), legs.from);
  // Past the switch-over the source no longer matters; before it, the target is the one that can be dropped.
  if (migration.stage === 'closing') return closing(view, legs);
  if (sourceOut) return sourceLost(view, legs);
  if (migration.stage === 'opening') return opening(view, legs);
  if (migration.stage === 'moving') return moving(view, legs);
  return abandoning(view, legs);
}

interface Legs {
  from: Assignment;
  to: Assignment;
}

function opening(view: VmView, { from, to }: Legs): VmStep {
  const { vm, cluster } = view;
  const source = copyOf(view, from)?.state;
  if (source === 'stopped' || source === 'failed') {
    return abandon(view, 'its guest stopped before the move');
  }
  if (isOut(cluster.host(to.host), to)) return abandon(view, `${to.host} was lost`);
  const refusal =
    refusalOf(view, receiveKey(to)) ??
    vm.volumes
      .map(({ volume }) => refusalOf(view, attachKey(volume, to.generation)))
      .find((found) => found !== null);
  if (refusal) return abandon(view, refusal.message);
  const attached = isAttached(view, to, 'migrating');
  const target = copyOf(view, to);
  // Failed, or lost with its agent half-way: that generation never comes there again.
  if (target?.state === 'failed' || target?.state === 'stopped') {
    return abandon(view, `${to.host}: ${target.reason}`);
  }
  if (attached && target?.state === 'receiving') {
    return move(view, { migration: { ...migrationOf(view), stage: 'moving' } }, {
      event: 'vm.moving',
      text: `${to.host} has access and is ready to receive`,
    });
  }
  const asks = attached ? [effects.receive(to)] : effects.attach(vm, to, 'migrating');
  return stay(view, asks, lookAgainMs);
}

function moving(view: VmView, legs: Legs): VmStep {
  const { from, to } = legs;
  const { cluster } = view;
  const source = copyOf(view, from);
  const target = copyOf(view, to);
  const sourceGone = source?.state === 'stopped' || source?.state === 'failed';
  const targetGone = target?.state === 'stopped' || target?.state === 'failed';
  const ended = endOf(view, legs);
  const hasMoved = ended?.result === 'moved';
  // What was lost on arrival is treated as any that runs and ends: the next look at it finds that out.
  if (hasMoved && (isThere(target) || targetGone)) return switchOver(view, legs, ended.downtimeMs);
  if (sourceGone && !hasMoved && isThere(target)) {
    return recover(view, `nobody knows whether it ran on on ${from.host} after it was sent`);
  }
  const isTargetLost = targetGone || isOut(cluster.host(to.host), to);
  const hasWaited = (copy: ObservedVm): boolean => view.env.nowMs - copy.sinceMs >= silentMs;
  if (sourceGone && (isTargetLost || (!hasMoved && hasWaited(source)))) {
    return recover(view, 'neither the source nor the target runs it any more');
  }
  if (sourceGone && hasWaited(source)) {
    return unclear(view, `${to.host} does not say that it has arrived`, [], (why) => recover(view, why));
  }
  const isHere = source?.state === 'running' || (source?.state === 'paused' && hasWaited(source));
  if (ended?.result === 'failed' && isHere) return abandon(view, ended.reason);
  // The source has not heard of this move, and there is nothing left to send it to.
  if (isTargetLost && source?.state === 'running' && ended === null) {
    return abandon(view, `${to.host} was lost before the move began`);
  }
  const refusal = refusalOf(view, migrateKey(to));
  if (refusal && isHere) return abandon(view, refusal.message);
  const asks = [effects.migrate(from, to)];
  if (target && isThere(target) && hasWaited(target)) {
    const text = `it has arrived on ${to.host}, and ${from.host} does not say what became of it there`;
    return unclear(view, text, asks, (why) => giveUp(view, [from, to], why, () => abandon(view, why)));
  }
  return stay(view, asks, lookAgainMs);
}

/** What the source says of this very move. */
function endOf(view: VmView, { from, to }: Legs): ObservedVm['migration'] {
  const told = copyOf(view, from)?.migration ?? null;
  return told?.generation === to.generation ? told : null;
}

/** The guest is there, whole. */
function isThere(target: ObservedVm | null): boolean {
  return target?.state === 'arrived' || target?.state === 'paused' || target?.state === 'running';
}

function switchOver(view: VmView, { from, to }: Legs, downtimeMs: number | null): VmStep {
  const { vm } = view;
  const isAtHome = vm.home === to.host || vm.operation?.kind === 'migrate';
  const home = isAtHome ? null : vm.home;
  const migration = { ...migrationOf(view), stage: 'closing' as const, unclearSinceMs: undefined };
  return move(view, { assignment: to, migration, home }, {
    event: 'vm.switched',
    text: `has arrived on ${to.host} and goes on there; taking access from ${from.host}`,
    data: { from: from.host, to: to.host, generation: to.generation, downtimeMs },
  });
}

/**
 * The source's host is out. If it had said that its copy has ended, what arrived is the survivor; otherwise both copies
 * need proof.
 */
function sourceLost(view: VmView, legs: Legs): VmStep {
  const ended = endOf(view, legs);
  const isMoving = migrationOf(view).stage === 'moving';
  if (isMoving && ended?.result === 'moved' && isThere(copyOf(view, legs.to))) {
    return switchOver(view, legs, ended.downtimeMs);
  }
  return recover(view, `${legs.from.host} was lost during the move`);
}

/** First said, then done: the time between is measured by our own clock, while the bus stores. */
function unclear(view: VmView, text: string, asks: VmEffect[], then: (text: string) => VmStep): VmStep {
  const migration = migrationOf(view);
  const { nowMs } = view.env;
  if (migration.unclearSinceMs === undefined) {
    return move(view, { migration: { ...migration, unclearSinceMs: nowMs } }, { event: 'vm.move-unclear', text });
  }
  const leftMs = migration.unclearSinceMs + unclearMs - nowMs;
  return leftMs <= 0 ? then(text) : stay(view, asks, Math.min(leftMs, lookAgainMs));
}

/**
 * Nobody says which half is the guest: storage takes its volumes from both, and it starts anew. Where volumes cannot
 * be taken away only the hosts can tell.
 */
function giveUp(view: VmView, copies: Assignment[], text: string, otherwise: () => VmStep): VmStep {
  const { vm, cluster } = view;
  const leftovers = [...vm.leftovers, ...copies];
  if (!isProvenByStorage(vm, cluster) || leftovers.length > maxLeftovers) return otherwise();
  const patch = { phase: 'detaching' as const, generation: vm.generation + 1, migration: null, leftovers };
  return finish(view, 'failed', patch, {
    event: 'vm.migration-failed',
    text: `${text}; taking its volumes from both, it starts anew`,
  });
}

function recover(view: VmView, text: string): VmStep {
  const { vm, cluster } = view;
  const incident = vm.assignment ? (cluster.host(vm.assignment.host)?.incident?.id ?? null) : null;
  return finish(view, 'failed', { phase: 'recovering', incident }, {
    event: 'vm.recovering',
    text: `${text}; waiting for proof that no copy can write`,
    incident,
  });
}

function closing(view: VmView, { to }: Legs): VmStep {
  const { vm, cluster, env } = view;
  // From the switch-over on the assignment is the target.
  if (isOut(cluster.host(to.host), to)) {
    return recover({ ...view, vm: { ...vm, migration: null } }, `${to.host} was lost after the move`);
  }
  const target = copyOf(view, to);
  // One that has ended is found out by the next look at a running VM.
  const goesOn = target?.state === 'running' || target?.state === 'stopped' || target?.state === 'failed';
  const isClosed = isDetached(view, to.generation) && isAttached(view, to, 'single');
  const switched = vm.transitions.findLast(({ event }) => event === 'vm.switched');
  const asks = [...(goesOn ? [] : [effects.resume(to)]), ...(isClosed ? [] : effects.detach(vm, to.generation, null))];
  if (!goesOn && env.nowMs - (switched?.atMs ?? vm.changedAtMs) >= standStillMs) {
    const goOn = (): VmStep => stay(view, asks, 500);
    return unclear(view, `${to.host} does not let it go on`, asks, (why) => giveUp(view, [to], why, goOn));
  }
  if (asks.length > 0) return stay(view, asks, 500);
  return finish(view, 'done', { phase: 'running', migration: null }, {
    event: 'vm.migrated',
    text: `moved to ${to.host}`,
    data: { ...switched?.data, ...downtimeOf(switched, target), host: to.host, generation: to.generation },
  });
}

/** From the guest's last moment on the source to its first on the target: what libvirt measured, and the wait there. */
function downtimeOf(
  switched: VmRecord['transitions'][number] | undefined,
  target: ObservedVm | null,
): { downtimeMs: number | null } {
  const measuredMs = switched?.data['downtimeMs'];
  if (typeof measuredMs !== 'number') return { downtimeMs: null };
  return { downtimeMs: measuredMs + (target?.heldMs ?? 0) };
}

/** The number that orders the target to drop its half is spent on this. */
function abandon(view: VmView, why: string): VmStep {
  const migration = { ...migrationOf(view), stage: 'abandoning' as const, unclearSinceMs: undefined };
  return move(view, { migration, generation: view.vm.generation + 1 }, {
    event: 'vm.migration-abandoned',
    text: `not moved: ${why}`,
  });
}

function abandoning(view: VmView, { from, to }: Legs): VmStep {
  const { vm, cluster } = view;
  const drop = effects.stop(to.host, to.hostEpoch, vm.generation, 0);
  if (!isShutOut(view, to.generation)) {
    return stay(view, [drop, ...effects.detach(vm, vm.generation, to.generation)], 500);
  }
  // Without a volume only the target's host can say that its half is gone; with one, it is asked and not waited for.
  const isDropped = proofOf(vm, to, cluster) !== null || nothingLeft(view, drop);
  const isAsked = vm.volumes.length > 0 && view.answer(drop.key) !== null && vm.leftovers.length < maxLeftovers;
  if (!isDropped && !isAsked) return stay(view, [drop], 500);
  const leftovers = isDropped ? vm.leftovers : [...vm.leftovers, to];
  // A hypervisor that could not let its guest run on has left it paused: it may, now that the other half is out.
  const resume = effects.resume(from);
  const isStill = copyOf(view, from)?.state === 'paused' && view.answer(resume.key) === null;
  if (isStill) return stay(view, [drop, resume], 500);
  // If the source's guest has stopped meanwhile, the next look at a running VM finds that out.
  return finish(view, 'failed', { migration: null, phase: 'running', leftovers }, {
    event: 'vm.migration-failed',
    text: vm.reason,
    data: { host: from.host },
  });
}

function migrationOf(view: VmView): NonNullable<VmView['vm']['migration']> {
  assert(view.vm.migration, `VM ${view.vm.name} has no migration`);
  return view.vm.migration;
}

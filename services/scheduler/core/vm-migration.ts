/**
 * Live migration: access for the target before, the source's revoked after.
 *
 *   running ─► opening ─► moving ─► closing ─► running (on the target)
 *                 │          │
 *                 └──────────┴─► abandoning ─► running (still on the source)
 *
 * The assignment flips only on the *observed* end of the move (safety rule 4); if either host is lost meanwhile, the VM
 * recovers, and then both copies need proof.
 */
import type { Assignment } from '@holdfast/contracts';
import { assert } from '@holdfast/kernel';
import type { OwnMove } from './own-move.js';
import { place } from './place.js';
import { isOut, proofOf } from './proof.js';
import { attachKey, effects, migrateKey, receiveKey } from './vm-effect.js';
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
/** How long a source that is gone waits for word of a target that runs, before both count as lost. */
const targetSilentMs = 3000;

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

function moving(view: VmView, { from, to }: Legs): VmStep {
  const { cluster, env } = view;
  const source = copyOf(view, from);
  const target = copyOf(view, to);
  const sourceGone = source?.state === 'stopped' || source?.state === 'failed';
  const targetGone = target?.state === 'stopped' || target?.state === 'failed';
  const ended = source?.migration?.generation === to.generation ? source.migration : null;
  const hasMoved = ended?.result === 'moved';
  // A guest that moved and then ended by itself is treated as any that runs: the next look at it finds that out.
  if (target?.state === 'running' ? sourceGone || hasMoved : hasMoved && targetGone) {
    return switchOver(view, { from, to }, ended?.downtimeMs ?? null);
  }
  const isTargetLost = targetGone || isOut(cluster.host(to.host), to);
  if (sourceGone && (isTargetLost || env.nowMs - source.sinceMs >= targetSilentMs)) {
    return recover(view, 'neither the source nor the target runs it any more');
  }
  if (ended?.result === 'failed' && source?.state === 'running') return abandon(view, ended.reason);
  // The source has not heard of this move, and there is nothing left to send it to.
  if (isTargetLost && source?.state === 'running' && ended === null) {
    return abandon(view, `${to.host} was lost before the move began`);
  }
  const refusal = refusalOf(view, migrateKey(to));
  if (refusal && source?.state === 'running') return abandon(view, refusal.message);
  return stay(view, [effects.migrate(from, to)], lookAgainMs);
}

function switchOver(view: VmView, { from, to }: Legs, downtimeMs: number | null): VmStep {
  const { vm } = view;
  const isAtHome = vm.home === to.host || vm.operation?.kind === 'migrate';
  const home = isAtHome ? null : vm.home;
  return move(view, { assignment: to, migration: { ...migrationOf(view), stage: 'closing' }, home }, {
    event: 'vm.switched',
    text: `runs on ${to.host}; taking access from ${from.host}`,
    data: { from: from.host, to: to.host, generation: to.generation, downtimeMs },
  });
}

/** The source's host is out. A target that already runs is the survivor; otherwise both copies need proof. */
function sourceLost(view: VmView, legs: Legs): VmStep {
  if (migrationOf(view).stage === 'moving' && copyOf(view, legs.to)?.state === 'running') {
    return switchOver(view, legs, null);
  }
  return recover(view, `${legs.from.host} was lost during the move`);
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
  const { vm, cluster } = view;
  // From the switch-over on the assignment is the target.
  if (isOut(cluster.host(to.host), to)) {
    return recover({ ...view, vm: { ...vm, migration: null } }, `${to.host} was lost after the move`);
  }
  if (!isDetached(view, to.generation) || !isAttached(view, to, 'single')) {
    return stay(view, effects.detach(vm, to.generation, null), 500);
  }
  const switched = vm.transitions.findLast(({ event }) => event === 'vm.switched');
  return finish(view, 'done', { phase: 'running', migration: null }, {
    event: 'vm.migrated',
    text: `moved to ${to.host}`,
    data: { ...switched?.data, host: to.host, generation: to.generation },
  });
}

/** The number that orders the target to drop its half is spent on this. */
function abandon(view: VmView, why: string): VmStep {
  const migration = { ...migrationOf(view), stage: 'abandoning' as const };
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
  const isAsked = vm.volumes.length > 0 && view.answer(drop.key) !== null;
  if (!isDropped && !isAsked) return stay(view, [drop], 500);
  // If the source's guest has stopped meanwhile, the next look at a running VM finds that out.
  return finish(view, 'failed', { migration: null, phase: 'running' }, {
    event: 'vm.migration-failed',
    text: vm.reason,
    data: { host: from.host },
  });
}

function migrationOf(view: VmView): NonNullable<VmView['vm']['migration']> {
  assert(view.vm.migration, `VM ${view.vm.name} has no migration`);
  return view.vm.migration;
}

import {
  inIncarnation,
  withTransition,
  type Assignment,
  type NewTransition,
  type ObservedVm,
  type Refusal,
  type Reply,
  type VmPhase,
  type VmRecord,
} from '@holdfast/contracts';
import type { Env, Step } from '@holdfast/kernel';
import type { Cluster } from './cluster.js';
import { detachKey, type VmEffect } from './vm-effect.js';
import { notLarger } from './vm-size.js';
import { givenVolumes, pluggedByStart } from './vm-volumes.js';

export const reasonStandsMs = 1000;
const waitEvents = ['vm.unplaceable', 'vm.held'];
const hourMs = 3_600_000;

export type VmStep = Step<VmRecord, VmEffect>;

/** All that a lifecycle function looks at. */
export interface VmView {
  vm: VmRecord;
  cluster: Cluster;
  env: Env;
  /** The newest answer to an effect, null if none has come. */
  answer(effectKey: string): { atMs: number; reply: Reply<unknown> } | null;
}

/** Nothing changes; ask for these and look again then. */
export function stay(view: VmView, effects: VmEffect[] = [], wakeInMs: number | null = null): VmStep {
  const wakeAtMs = wakeInMs === null ? null : view.env.nowMs + wakeInMs;
  return { state: view.vm, effects, wakeAtMs };
}

/**
 * Why a VM waits stands for a while: two replicas that see it differently would overwrite each other's word as fast as
 * they can write. What comes from a clock that is ahead of ours stands as well, or neither would give way.
 */
export function reasonStands({ vm, env }: VmView, events = waitEvents, ms = reasonStandsMs): boolean {
  const last = vm.transitions.at(-1);
  if (last === undefined || !events.includes(last.event)) return false;
  const agoMs = env.nowMs - last.atMs;
  return agoMs < ms && agoMs > -hourMs;
}

/** The record moves on; effects follow from the new phase once it is stored. */
export function move(
  view: VmView,
  patch: Partial<VmRecord> & { phase?: VmPhase },
  transition: NewTransition,
): VmStep {
  const { vm, env } = view;
  const phaseChanged = patch.phase !== undefined && patch.phase !== vm.phase;
  const phase = patch.phase ?? vm.phase;
  const next: VmRecord = {
    ...inIncarnation(vm, env.incarnation),
    ...(vm.storageLost && phase !== 'running' && phase !== 'recovering' ? { storageLost: undefined } : {}),
    reason: transition.text,
    phaseSinceMs: phaseChanged ? env.nowMs : vm.phaseSinceMs,
    ...patch,
  };
  const isSameCopy = next.assignment?.generation === vm.assignment?.generation;
  const state = withTransition(isSameCopy ? next : pluggedByStart(notLarger(next)), env.nowMs, {
    operation: vm.operation?.id ?? null,
    incident: vm.incident,
    ...transition,
  });
  return { state, effects: [], wakeAtMs: null };
}

/** Like `move`, and the operation in hand ends with it; one that overruled what ends here goes on to its own end. */
export function finish(
  view: VmView,
  outcome: 'done' | 'failed',
  patch: Partial<VmRecord>,
  transition: NewTransition,
): VmStep {
  const { vm } = view;
  if (vm.operation === null || isOverruling(vm, patch.phase ?? vm.phase)) {
    return move(view, patch, transition);
  }
  const data = { ...transition.data, operationState: outcome };
  return move(view, { ...patch, operation: null }, { ...transition, data });
}

/** A stop or a delete whose goal this phase is not. */
function isOverruling(vm: VmRecord, phase: VmPhase): boolean {
  if (vm.desired === 'running') return false;
  if (vm.desired === 'deleted') return phase !== 'deleted';
  return phase !== 'stopped' && phase !== 'failed';
}

/** What the agent says of exactly this copy, or null. */
export function copyOf(view: VmView, copy: Assignment): ObservedVm | null {
  const observed = view.cluster.observed(copy.host)?.vms[view.vm.name];
  return observed?.uid === view.vm.uid && observed.generation === copy.generation ? observed : null;
}

/** The refusal an effect was answered with, except those that only mean "try again". */
export function refusalOf(view: VmView, effectKey: string): Refusal | null {
  const reply = view.answer(effectKey)?.reply;
  if (!reply || reply.ok || reply.refusal.code === 'unavailable') return null;
  return reply.refusal;
}

/** Every volume is open to exactly this copy, and (in mode `single`) to nobody else. */
export function isAttached(view: VmView, copy: Assignment, mode: 'single' | 'migrating'): boolean {
  return givenVolumes(view.vm).every(({ volume }) => {
    const attachment = view.cluster.attachment(volume);
    if (!attachment) return false;
    const own = attachment.holders.find(({ generation }) => generation === copy.generation);
    const isOpen = own?.host === copy.host && own.phase === 'open';
    return isOpen && (mode === 'migrating' || attachment.holders.length === 1);
  });
}

/**
 * No volume has a holder below this generation, and none can get access any more: an attach that is still on its way
 * leaves no trace in the record, so the record must say that the number is spent, or storage must have answered.
 */
export function isDetached(view: VmView, floor: number): boolean {
  return view.vm.volumes.every(({ volume }) => {
    const attachment = view.cluster.attachment(volume);
    if (!attachment) return view.answer(detachKey(volume, floor, null))?.reply.ok === true;
    const isRuledOut = attachment.newest >= floor - 1;
    return isRuledOut && attachment.holders.every(({ generation }) => generation >= floor);
  });
}

/** This one generation has no access, and cannot get it any more, whatever is still on its way. */
export function isShutOut(view: VmView, generation: number): boolean {
  return givenVolumes(view.vm).every(({ volume }) => {
    const attachment = view.cluster.attachment(volume);
    if (!attachment || attachment.newest < generation) return false;
    return attachment.holders.every((holder) => holder.generation !== generation);
  });
}

/** The agent answered this stop, and had no copy below its generation (any more). */
export function nothingLeft(view: VmView, stop: VmEffect): boolean {
  const reply = view.answer(stop.key)?.reply;
  return reply?.ok === true && (reply.value as { state?: string }).state === 'already-done';
}

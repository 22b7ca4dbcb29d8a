/**
 * Whose turn it is after hosts were lost. Three decisions, all on the records alone:
 *  - a VM gets no new host before those that it depends on run;
 *  - a VM of lower priority gets no new host while one of higher priority is on its way up;
 *  - of those that are ready to start on one host only a few do at once, the highest first.
 * None is ever waited for without end, and none concerns a VM that is alone: its way takes no step more.
 */
import type { VmPhase, VmRecord } from '@holdfast/contracts';
import type { Cluster } from './cluster.js';
import { comingUpAbove, comingUpIn } from './coming-up.js';
import { canChoose } from './place.js';
import { isOut, proofOf } from './proof.js';
import { isAttached, move, stay, type VmStep, type VmView } from './vm-record.js';
import { isLeftDown } from './vm-turn.js';

/** So long a VM stands back behind those of higher priority. */
const standsBackMs = 30_000;
/** So long it waits for those that it depends on. */
const waitsForNeededMs = 60_000;
/** Starts under way on one host: more would only slow each other down. */
export const startsAtOnce = 4;
/** A start that takes longer keeps nobody back any more. */
const startTakesMs = 60_000;
const lookAgainMs = 250;
/** Phases in which a VM may learn that its host was lost. */
const ran: readonly VmPhase[] = ['running', 'migrating', 'starting'];
/** Of those without a host only so many are looked at for one that would now take them. */
const placedAnewAtMost = 8;

/** The step of a VM that could go on and has to wait; null when it is its turn. */
export function standBack(view: VmView): VmStep | null {
  const { vm, env } = view;
  // Somebody waits for it.
  if (vm.operation !== null) return null;
  const sinceMs = queuedAtMs(vm);
  const text = waitsFor(view, sinceMs === null ? 0 : Math.abs(env.nowMs - sinceMs));
  if (text === null) return null;
  return sinceMs === null ? move(view, {}, { event: 'vm.queued', text }) : stay(view, [], lookAgainMs);
}

function waitsFor(view: VmView, waitedMs: number): string | null {
  const needed = waitedMs < waitsForNeededMs ? firstNeeded(view.vm, view.cluster) : null;
  if (needed) return `waits until ${needed.name} runs, which it depends on`;
  const first = waitedMs < standsBackMs ? firstAhead(view) : null;
  return first && `waits for VMs of higher priority (${first.name}: ${first.spec.policy.priority})`;
}

/** One that it depends on and that does not run yet; one that is not to run, or was given up, is not waited for. */
function firstNeeded(vm: VmRecord, cluster: Cluster): VmRecord | null {
  for (const name of vm.spec.policy.after) {
    const other = cluster.vm(name);
    if (other === null || other.desired !== 'running' || other.phase === 'failed') continue;
    const isLost = other.assignment !== null && isOut(cluster.host(other.assignment.host), other.assignment);
    if (isLost && isLeftDown(other)) continue;
    const runs = other.phase === 'running' || other.phase === 'migrating';
    if (!runs || isLost) return other;
  }
  return null;
}

/** Since when it stands back in this recovery. */
function queuedAtMs({ transitions }: VmRecord): number | null {
  const begun = transitions.findLastIndex(({ event }) => event === 'vm.recovering');
  return transitions.slice(begun + 1).find(({ event }) => event === 'vm.queued')?.atMs ?? null;
}

function firstAhead({ vm, cluster }: VmView): VmRecord | null {
  let looks = 0;
  for (const other of comingUpAbove(cluster, vm.spec.policy.priority)) {
    if (!isComingUp(other, cluster)) continue;
    if (!hasNoHost(other)) return other;
    looks += 1;
    if (looks <= placedAnewAtMost && canChoose(cluster, other)) return other;
  }
  return null;
}

/** It runs soon, by itself, and nothing of its own keeps it: no proof or VM that it waits for, no failed start. */
function isComingUp(vm: VmRecord, cluster: Cluster): boolean {
  const { assignment, phase } = vm;
  if (assignment === null || vm.desired !== 'running' || vm.operation !== null) return false;
  const isStarting = phase === 'attaching' || phase === 'starting';
  const isLost = phase === 'recovering' || (ran.includes(phase) && isOut(cluster.host(assignment.host), assignment));
  if (isLost) {
    return !isLeftDown(vm) && proofOf(vm, assignment, cluster) !== null && firstNeeded(vm, cluster) === null;
  }
  return isStarting && vm.failures.starts === 0 && vm.failures.hosts.length === 0;
}

function hasNoHost({ phase, transitions }: VmRecord): boolean {
  return phase === 'recovering' && transitions.at(-1)?.event === 'vm.unplaceable';
}

/** Whether a VM whose volumes are open may be started now; asked again shortly if not. */
export function mayStart(view: VmView): boolean {
  const { vm, cluster, env } = view;
  let ahead = 0;
  for (const other of comingUpIn(cluster)) {
    if (other.name === vm.name || other.assignment?.host !== vm.assignment?.host) continue;
    if (Math.abs(env.nowMs - other.phaseSinceMs) >= startTakesMs) continue;
    if ((other.failures.notBeforeMs ?? 0) > env.nowMs) continue;
    if (other.phase === 'starting' || (isReady(other, view) && isBefore(other, vm))) ahead += 1;
  }
  return ahead < startsAtOnce;
}

function isReady(other: VmRecord, view: VmView): boolean {
  const { assignment, desired, phase } = other;
  if (phase !== 'attaching' || desired !== 'running' || assignment === null) return false;
  return isAttached({ ...view, vm: other }, assignment, 'single');
}

function isBefore(a: VmRecord, b: VmRecord): boolean {
  const higher = a.spec.policy.priority - b.spec.policy.priority;
  return higher === 0 ? a.name < b.name : higher > 0;
}

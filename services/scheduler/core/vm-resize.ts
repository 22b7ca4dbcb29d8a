/**
 * Another size for a VM. One that has no copy takes any. A copy that runs can be made larger, up to the maximum that it
 * was started with; it is never made smaller: what a guest uses cannot be taken from it. Anything else waits for the
 * next stop, if a person says so.
 *
 * The larger size counts from the moment it is admitted, before the host is asked; the former one is kept until the
 * host says that it is done, or that it will not be, or until there is no such copy any more.
 */
import {
  isPaused,
  memoryBlockMiB,
  type NextSize,
  type ObservedVm,
  type VmRecord,
  type VmSize,
  type VmSizeChange,
  type VmSpec,
} from '@holdfast/contracts';
import { assert, type Env } from '@holdfast/kernel';
import type { Cluster } from './cluster.js';
import { roomFor } from './place.js';
import { effects } from './vm-effect.js';
import { copyOf, finish, stay, type VmStep, type VmView } from './vm-record.js';
import { admit, cannotEver, no, roomAfter, type Admission, type VmRequest } from './vm-request.js';
import { admitBeside } from './vm-set.js';
import { refuseIfSuspended } from './vm-suspend.js';
import { assigned } from './vm-turn.js';
import { takenUp, withSize, wrongMaximum } from './vm-size.js';

const lookAgainMs = 2000;
const stopFirst = 'stop it first, or take it on at its next stop (--at-next-start)';

export type ResizeRequest = VmRequest & { size: VmSizeChange; atNextStart: boolean };

export function admitResize(vm: VmRecord | null, request: ResizeRequest, cluster: Cluster, env: Env): Admission {
  const isAtRest = vm !== null && vm.assignment === null;
  if (request.atNextStart || isAtRest) return admitAtRest(vm, request, cluster, env);
  return admit(vm, request, 'resize', env, (known) => {
    const wanted = sizeAfter(known.spec, request.size);
    const refusal = notWhileRunning(known, wanted) ?? impossible(known, wanted, cluster);
    if (refusal) return refusal;
    const { cpus, memoryMiB } = known.spec;
    if (wanted.cpus === cpus && wanted.memoryMiB === memoryMiB) {
      return no('conflict', `${known.name} has that size already`, { remedy: 'there is nothing to do' });
    }
    const patch = { spec: withSize(known.spec, wanted), resizing: { operation: request.operation, cpus, memoryMiB } };
    const full = noRoom(cluster, known, patch.spec);
    if (full) return full;
    const room = roomAfter(cluster, { ...known, ...patch }, null);
    return room && 'reply' in room ? room : { patch, text: `asked to grow to ${textOf(wanted)}`, ...room };
  });
}

/** Done as soon as it is stored: there is no copy, or it does not concern the one that there is. */
function admitAtRest(vm: VmRecord | null, request: ResizeRequest, cluster: Cluster, env: Env): Admission {
  return admitBeside(vm, request, env, (known) => {
    const wanted = sizeAfter(known.nextSize ?? known.spec, request.size);
    const refusal = refuseIfSuspended(known) ?? impossible(known, wanted, cluster);
    if (refusal) return { refusal: refusal.reply };
    if (known.assignment !== null) {
      const text = `takes on ${textOf(wanted)} when it has stopped`;
      return { record: { ...known, nextSize: wanted }, event: 'vm.resize-planned', text };
    }
    const record = { ...known, spec: withSize(known.spec, wanted), nextSize: undefined };
    return { record, event: 'vm.resized', text: `has ${textOf(wanted)} now`, data: takenUp(record) };
  });
}

function sizeAfter({ cpus, memoryMiB, maxCpus, maxMemoryMiB }: NextSize, change: VmSizeChange): NextSize {
  const most = (is: number | undefined, to: number | null | undefined): number | undefined =>
    to === undefined ? is : (to ?? undefined);
  return {
    cpus: change.cpus ?? cpus,
    memoryMiB: change.memoryMiB ?? memoryMiB,
    maxCpus: most(maxCpus, change.maxCpus),
    maxMemoryMiB: most(maxMemoryMiB, change.maxMemoryMiB),
  };
}

function textOf({ cpus, memoryMiB }: VmSize): string {
  return `${cpus} CPU${cpus === 1 ? '' : 's'} and ${memoryMiB} MiB`;
}

function impossible(vm: VmRecord, wanted: NextSize, cluster: Cluster): Admission | null {
  const wrong = wrongMaximum(wanted);
  if (wrong) return no('invalid', wrong.text, { field: wrong.field, remedy: wrong.remedy });
  return cannotEver(withSize(vm.spec, wanted), cluster);
}

function notWhileRunning({ name, phase, spec, ...vm }: VmRecord, wanted: NextSize): Admission | null {
  if (phase !== 'running') {
    const remedy = 'wait until it runs or is stopped, or say --at-next-start';
    return no('conflict', `${name} is ${phase}, so its size cannot be changed now`, { remedy });
  }
  if (isPaused(vm)) {
    return no('conflict', `${name} is paused, so it cannot grow`, { remedy: `let it go on first, or ${stopFirst}` });
  }
  const refuse = (field: keyof NextSize, text: string, remedy = stopFirst): Admission =>
    no('conflict', `${field}: ${text}`, { field, remedy });
  for (const field of ['maxCpus', 'maxMemoryMiB'] as const) {
    if (wanted[field] !== spec[field]) return refuse(field, 'is what a VM is started with; it runs');
  }
  for (const [field, most] of [['cpus', 'maxCpus'], ['memoryMiB', 'maxMemoryMiB']] as const) {
    if (wanted[field] < spec[field]) return refuse(field, 'nothing can be taken from a guest while it runs');
    const atMost = spec[most] ?? spec[field];
    if (wanted[field] > atMost) return refuse(field, `while it runs it can have at most ${atMost} (its ${most})`);
  }
  const moreMiB = wanted.memoryMiB - spec.memoryMiB;
  const apart = spec.hugePages === undefined ? (spec.numa === undefined ? null : 'NUMA node') : 'huge pages';
  if (apart !== null && moreMiB > 0) return refuse('memoryMiB', `memory of ${apart} does not grow while it runs`);
  if (moreMiB % memoryBlockMiB !== 0) {
    const nearest = spec.memoryMiB + Math.ceil(moreMiB / memoryBlockMiB) * memoryBlockMiB;
    const text = `a guest takes more memory in blocks of ${memoryBlockMiB} MiB`;
    return refuse('memoryMiB', text, `ask for ${nearest} MiB, or ${stopFirst}`);
  }
  return null;
}

/** Of the host that runs it. */
function noRoom(cluster: Cluster, vm: VmRecord, spec: VmSpec): Admission | null {
  const { host } = assigned(vm);
  const refusal = roomFor(cluster, { ...vm, spec }, host);
  if (!refusal) return null;
  const remedy = `${refusal.change.text}, move it (holdfast vm migrate ${vm.name}), or ${stopFirst}`;
  return no('no-capacity', `${host} ${refusal.text}`, { remedy });
}

/** What a VM does that is being made larger; null when it is not. */
export function growing(view: VmView): VmStep | null {
  const { vm } = view;
  if (vm.resizing === undefined) return null;
  const at = assigned(vm);
  const seen = copyOf(view, at)?.resize;
  const told = seen?.operation === vm.resizing.operation ? seen : null;
  if (told?.result === 'done') {
    const { spec } = vm;
    const text = `has ${textOf(spec)} on ${at.host}`;
    return finish(view, 'done', { resizing: undefined }, { event: 'vm.resized', text, data: takenUp(vm) });
  }
  if (told?.result === 'failed') return notGrown(view, told);
  return stay(view, [effects.resize(at, vm.resizing.operation)], lookAgainMs);
}

/** Part of it may have been done: what it has then is what counts. */
function notGrown(view: VmView, { reason, has }: NonNullable<ObservedVm['resize']>): VmStep {
  const { vm } = view;
  assert(vm.resizing, `VM ${vm.name} is not being made larger`);
  const { cpus, memoryMiB } = has ?? vm.resizing;
  const left = { ...vm, spec: { ...vm.spec, cpus, memoryMiB } };
  const data = has && takenUp(left);
  const text = `not made larger: ${reason}; it has ${textOf(left.spec)}`.slice(0, 2000);
  const patch = { spec: left.spec, resizing: undefined };
  // Its sizes are counted from events that tell of another one.
  const event = has === undefined ? 'vm.resize-failed' : 'vm.resized';
  return finish(view, 'failed', patch, { event, text, ...(data && { data }) });
}

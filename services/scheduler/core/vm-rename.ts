/**
 * A VM takes another name. Its name is the key of its record, and two keys cannot be compared and set at once: for a
 * moment there are two records of one VM, both in phase `renaming`, where nobody can start either (ADR 0018).
 *
 *   old   asked ────────────────────────────────► removed without a word, once the new one is taken
 *           │ makes                                ▲
 *   new     └──► made ──► taken ──────────────────►└──► stopped, once the old one is gone and storage has the name
 *
 * The new one is taken only while the old one stands by its word, in the same operation; the old one leaves only after
 * that; and the new one is started only after the old one has left. One that was made too late is removed.
 */
import { noLongerThere, type Renaming, type VmRecord } from '@holdfast/contracts';
import { assert, type Env } from '@holdfast/kernel';
import type { Cluster } from './cluster.js';
import { cloneInHand } from './vm-clone.js';
import { effects, nameKey } from './vm-effect.js';
import { wrongDependency } from './policy.js';
import { finish, refusalOf, stay, type VmStep, type VmView } from './vm-record.js';
import { admit, no, type Admission, type VmRequest } from './vm-request.js';

const lookAgainMs = 1000;

export function admitRename(
  vm: VmRecord | null,
  request: VmRequest & { to: string },
  cluster: Cluster,
  env: Env,
): Admission {
  return admit(vm, request, 'rename', env, (known) => {
    const { to } = request;
    if (to === known.name) {
      return no('invalid', `to: ${to} is its name already`, { field: 'to', remedy: 'choose another name' });
    }
    if (cluster.vm(to)) {
      const more = { field: 'to', remedy: 'choose another name, or delete that VM first' };
      return no('exists', `to: a VM named ${to} exists already`, more);
    }
    const hindrance = hindranceOf(known, to, cluster);
    if (hindrance) {
      const [why, remedy] = hindrance;
      return no('conflict', `${known.name} ${why}, so it cannot be renamed`, { remedy });
    }
    const patch = { phase: 'renaming' as const, phaseSinceMs: env.nowMs, rename: { is: 'old' as const, other: to } };
    return { patch, text: `asked to be named ${to}` };
  });
}

/** What stands against it, and what to do about that. */
function hindranceOf(vm: VmRecord, to: string, cluster: Cluster): [why: string, remedy: string] | null {
  const { name, phase, assignment } = vm;
  const isAtRest = phase === 'stopped' || (phase === 'failed' && assignment === null);
  if (!isAtRest || vm.desired !== 'stopped') return [`is ${phase}`, `stop it first (holdfast vm stop ${name})`];
  if (vm.savedMemory !== undefined) {
    return ['is suspended', `start it first, or forget its memory (holdfast vm start ${name} --discard-memory)`];
  }
  if (vm.diskChange !== undefined || vm.leftovers.length > 0) return ['is still being cleaned up', 'try again shortly'];
  // Storage judges which of the two records is late: by the volumes.
  const [first] = vm.volumes;
  if (!first) return ['has no disk', `clone it (holdfast vm clone ${name} NEW) and delete it`];
  const isMade = vm.volumes.every(({ volume }) => {
    const record = cluster.volume(volume);
    return record !== null && !noLongerThere(record);
  });
  if (!isMade) return ['lacks a disk that it should have', 'try again shortly; if it never had that, delete it'];
  const clone = cloneInHand(vm, cluster);
  if (clone) return [`is being copied to ${clone.name}`, `wait until ${clone.name} is there, or delete it`];
  // Neither is named: they may be another project's.
  const ruled = cluster.rules().filter(({ state }) => state === 'active').flatMap(({ spec }) => spec.vms);
  const inRule = [name, to].find((each) => ruled.includes(each));
  if (inRule !== undefined) {
    const why = inRule === name ? 'is named by a placement rule' : `would be named by a placement rule as ${to}`;
    return [why, `take ${inRule} out of that rule first (holdfast rule list)`];
  }
  const isAwaited = cluster.vms().some(({ spec }) => spec.policy.after.includes(name));
  if (isAwaited) return ['is what another VM starts after', 'take it out of that policy first (holdfast vm set)'];
  const after = vm.spec.policy.after.filter((each) => each === to || cluster.vm(each));
  const circle = wrongDependency(to, after, cluster);
  return circle && [`would wait for itself as ${to} (${circle.text})`, circle.remedy];
}

/** The record under the new name, as it is made from the one under the old. */
export function renamedRecord(vm: VmRecord): VmRecord {
  const { name, rename, generation } = vm;
  assert(rename?.is === 'old', `${name} is not being renamed`);
  const { other } = rename;
  return { ...vm, name: other, generation: generation + 1, rename: { is: 'new', other: name } };
}

export function renaming(view: VmView): VmStep {
  const { vm, cluster } = view;
  const { rename } = vm;
  assert(rename !== undefined, `${vm.name} is being renamed, and nothing says to what`);
  // What is only about to be stored is nothing to go by.
  if (!cluster.isStored(rename.other)) return stay(view, [], lookAgainMs);
  const other = cluster.vm(rename.other);
  const own = other?.uid === vm.uid ? other : null;
  return rename.is === 'old' ? oldOne(view, other, own) : newOne(view, rename, own);
}

function oldOne(view: VmView, other: VmRecord | null, own: VmRecord | null): VmStep {
  const { vm } = view;
  if (own?.rename?.isTaken && isSameRenaming(vm, own)) return leave(vm);
  // It has gone on already; only a renaming gives a VM two names.
  if (own && own.phase !== 'renaming' && own.generation > vm.generation) return leave(vm);
  if (own) return stay(view, [], lookAgainMs);
  if (other) {
    const text = `keeps its name: another VM took the name ${other.name} meanwhile`;
    // A new record may have been made all the same: its number is spent.
    const patch = { phase: 'stopped' as const, rename: undefined, generation: vm.generation + 1 };
    return finish(view, 'failed', patch, { event: 'vm.rename-failed', text });
  }
  return stay(view, [effects.makeRecord(vm.operation?.id ?? vm.uid)], lookAgainMs);
}

function newOne(view: VmView, rename: Renaming, old: VmRecord | null): VmStep {
  const { vm, cluster } = view;
  if (isStray(view, old)) return leave(vm);
  const isMeant = old?.phase === 'renaming' && isSameRenaming(vm, old);
  if (!rename.isTaken) {
    if (!isMeant) return stay(view, [], lookAgainMs);
    return { state: { ...vm, rename: { ...rename, isTaken: true } }, effects: [], wakeAtMs: null };
  }
  // As long as the old one may keep its name, storage must not be told another.
  if (old && old.phase !== 'deleted') return stay(view, [], lookAgainMs);
  const unseen = vm.volumes.filter(({ volume }) => !cluster.volume(volume));
  const unnamed = [...namedOtherwise(vm, cluster), ...unseen];
  if (old || unnamed.length > 0) return stay(view, effects.nameVolumes(unnamed, vm.generation), lookAgainMs);
  return finish(view, 'done', { phase: 'stopped', rename: undefined }, {
    event: 'vm.renamed',
    text: `named ${vm.name}; it was ${rename.other}`,
    data: { formerName: rename.other },
  });
}

const isSameRenaming = (vm: VmRecord, other: VmRecord): boolean =>
  vm.operation !== null && vm.operation.id === other.operation?.id && other.rename?.other === vm.name;

/**
 * Made when what it was made for was over: the old record has gone on by itself, or storage knows a newer name, or has
 * deleted the volumes. Whoever sees that by an old copy of this record removes nothing: it has gone on since.
 */
function isStray(view: VmView, old: VmRecord | null): boolean {
  const { vm, cluster } = view;
  const isOver = old && old.phase !== 'deleted' && !isSameRenaming(vm, old);
  if (isOver && old.transitionCount > vm.transitionCount) return true;
  const isTaken = vm.rename?.isTaken === true;
  return vm.volumes.some(({ volume }) => {
    const record = cluster.volume(volume);
    // Before it is taken it can be made again; after that, storage itself has to say that there is no such volume.
    if (!record) return !isTaken || refusalOf(view, nameKey(volume, vm.generation))?.code === 'not-found';
    const isNamed = (record.namedAt ?? 0) >= vm.generation;
    return noLongerThere(record) || (isNamed && (!isTaken || record.vm !== vm.name));
  });
}

/** Those that storage has under another name. */
export function namedOtherwise(vm: VmRecord, cluster: Cluster): VmRecord['volumes'] {
  return vm.volumes.filter(({ volume }) => {
    const record = cluster.volume(volume);
    if (!record || noLongerThere(record)) return false;
    const attachment = cluster.attachment(volume);
    return record.vm !== vm.name || (attachment !== null && attachment.vm !== vm.name);
  });
}

/** A tombstone without a word: what there is to tell is told by the other one. */
function leave(vm: VmRecord): VmStep {
  return { state: { ...vm, phase: 'deleted', operation: null }, effects: [], wakeAtMs: null };
}

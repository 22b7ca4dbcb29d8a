/**
 * One VM on one host: which command may act on it, and what follows. A generation is used once: a copy that failed or
 * stopped stays so, and only a newer generation starts another (safety rules 7 and 8).
 *
 *   (none) ──start──► starting ──► running ──stop──► stopping ──► stopped
 *      │                  └──────────┬──────────────────────────► failed
 *      └──receive──► receiving ──────┘  running ──migrate──► migrating ──► stopped (moved) or running again
 */
import {
  accepted,
  refused,
  type Former,
  type ObservedVm,
  type Reply,
  type Stamp,
  type VmProbes,
  type VmSize,
  type WatchOrder,
} from '@holdfast/contracts';
import type { Env } from '@holdfast/kernel';

/** What an agent remembers of a VM on disk. */
export interface LocalVm {
  uid: string;
  /** The smallest generation that may still be started or received here. */
  floor: number;
  copy: ObservedVm | null;
  /** Newest revision of the VM's record that a command came from: tells which of two VMs of one name is the later. */
  revision?: number | undefined;
  /** What its copy takes of the host's memory; must not be forgotten over a restart while the copy lives on. */
  memoryMiB?: number | undefined;
  /** What growths that nobody has seen the end of may yet give it, however late. */
  mayHave?: VmSize | undefined;
  /** Made of these, and apart from the rest; undefined for ordinary memory. */
  hugePages?: '2M' | '1G' | undefined;
  /** How its guest is looked at; undefined for not at all. */
  probes?: VmProbes | undefined;
  /** Its policy when it came here: one that others never start may outlive the host's contact with them. */
  restart?: 'always' | 'never' | undefined;
}

/** What an agent remembers on disk of itself and of its VMs. */
export interface LocalState {
  incarnation: string;
  /** The epoch it has accepted, having destroyed every copy of an older one. */
  epoch: number;
  /** By VM name. */
  vms: Record<string, LocalVm>;
  /** Of the incarnation before: only its numbers count, for they must not be used again. */
  former?: Former | undefined;
  /** The links of its guests are cut, because it was cut off itself. */
  linksCut?: boolean | undefined;
}

export type VmAction =
  | { kind: 'start' | 'receive' }
  | { kind: 'stop'; graceSeconds: number }
  | { kind: 'reboot'; force: boolean }
  | { kind: 'migrate' }
  | { kind: 'pause' }
  | { kind: 'resume' }
  | { kind: 'resize' }
  | { kind: 'plug' };

export interface VmAdmission {
  /** The VM as it is to be remembered, on disk, before the action begins; null when that is as it was. */
  vm: LocalVm | null;
  action: VmAction | null;
  reply: Reply<{ state: 'started-work' | 'in-progress' | 'already-done' }>;
}

export interface VmCommand {
  stamp: Stamp;
  uid: string;
}

export interface Room {
  memoryMiB: number;
  freeMemoryMiB: number;
  /** The host is going down: it takes nothing more. */
  isLeaving: boolean;
}

/** A start that failed is cleaned up so often, and so many times, before it is left to the next look. */
export const cleanUpAgainMs = 1000;
export const cleanUpAttempts = 600;

/** Why a copy has stopped that its own host stopped because it goes down. */
export const hostShutdownReason = 'host-shutdown';

export function isLive(copy: ObservedVm | null): copy is ObservedVm {
  return copy !== null && copy.state !== 'stopped' && copy.state !== 'failed';
}

/** Incarnation, epoch and generation, in that order. */
export function refuseStale(local: LocalState, known: LocalVm | null, command: VmCommand): VmAdmission | null {
  const { stamp } = command;
  if (stamp.incarnation !== local.incarnation) {
    return no('stale', `incarnation ${stamp.incarnation} is not this cluster's`);
  }
  if (stamp.hostEpoch > local.epoch) {
    return no('unavailable', `epoch ${stamp.hostEpoch} is not accepted here yet`);
  }
  if (stamp.hostEpoch < local.epoch) {
    return no('stale', `epoch ${stamp.hostEpoch} is older than ${local.epoch}`);
  }
  if (known?.uid === command.uid && stamp.generation < known.floor) {
    return no('stale', `generation ${stamp.generation} is below the floor ${known.floor}`);
  }
  return refusePredecessor(known, command);
}

/** Names are used again: a command for the VM that had this one's name before comes too late. */
function refusePredecessor(known: LocalVm | null, { uid, stamp }: VmCommand): VmAdmission | null {
  if (!known || known.uid === uid || stamp.revision >= (known.revision ?? 0)) return null;
  return no('stale', `the VM ${uid} had this name before; revision ${stamp.revision} is too old`);
}

/** What was decided before something that this copy was told already: its cause is gone by now. */
export function refuseOlder(known: LocalVm | null, { uid, stamp }: VmCommand): VmAdmission | null {
  if (known?.uid !== uid || stamp.revision >= (known.revision ?? 0)) return null;
  return no('stale', `revision ${stamp.revision} is older than ${known.revision}, of which a command has come already`);
}

function newestRevision(known: LocalVm | null, { uid, stamp }: VmCommand): number {
  return known?.uid === uid ? Math.max(known.revision ?? 0, stamp.revision) : stamp.revision;
}

/** Start and receive: the copy begins at exactly this generation, unless it already has. */
export function admitBegin(
  local: LocalState,
  name: string,
  command: VmCommand & {
    spec: Pick<LocalVm, 'hugePages' | 'restart'> & { memoryMiB: number };
    watch?: WatchOrder | undefined;
    memoryOvercommit?: number | undefined;
  },
  kind: 'start' | 'receive',
  room: Room,
  env: Env,
): VmAdmission {
  const known = local.vms[name] ?? null;
  const stale = refuseStale(local, known, command);
  if (stale) return stale;
  const { generation, hostEpoch } = command.stamp;
  const copy = known?.uid === command.uid ? known.copy : null;
  if (copy?.generation === generation) {
    const isBegun = copy.state === 'starting';
    return { vm: null, action: null, reply: accepted({ state: isBegun ? 'in-progress' : 'already-done' }) };
  }
  if (known && known.uid !== command.uid && isLive(known.copy)) {
    return no('conflict', `another VM named ${name} still runs here`);
  }
  if (isLive(copy)) {
    return no('conflict', `generation ${copy.generation} is ${copy.state} here; stop it first`);
  }
  if (room.isLeaving) return no('unavailable', 'the host is going down');
  const { memoryMiB, hugePages, restart } = command.spec;
  const { freeMiB, mayPromiseMiB } = freeFor(command.spec, command, room);
  if (memoryMiB > freeMiB) {
    const pages = hugePages === undefined ? '' : ` of huge pages of ${hugePages}`;
    const free = `${freeMiB} of ${mayPromiseMiB} MiB${pages} are free`;
    return no('no-capacity', `${memoryMiB} MiB are asked for, ${free}`);
  }
  const fresh: ObservedVm = {
    uid: command.uid,
    generation,
    hostEpoch,
    state: 'starting',
    reason: '',
    sinceMs: env.nowMs,
    reboot: null,
    migration: null,
    ...(command.watch ? { watch: command.watch.key } : {}),
  };
  const revision = newestRevision(known, command);
  const probes = command.watch?.probes;
  const takes = { memoryMiB, hugePages, restart };
  return work({ uid: command.uid, floor: generation, copy: fresh, revision, ...takes, probes }, { kind });
}

/** What may be promised of the memory that it is made of, and what of it is left. */
export function freeFor(
  { hugePages }: Pick<LocalVm, 'hugePages'>,
  { memoryOvercommit = 1 }: { memoryOvercommit?: number | undefined },
  room: Room,
): { freeMiB: number; mayPromiseMiB: number } {
  const mayPromiseMiB = Math.floor(room.memoryMiB * (hugePages === undefined ? memoryOvercommit : 1));
  return { freeMiB: room.freeMemoryMiB + mayPromiseMiB - room.memoryMiB, mayPromiseMiB };
}

const takenBy = (vm: LocalVm | null): Pick<LocalVm, 'memoryMiB' | 'mayHave' | 'hugePages' | 'restart'> =>
  ({ memoryMiB: vm?.memoryMiB, mayHave: vm?.mayHave, hugePages: vm?.hugePages, restart: vm?.restart });

/** Every copy below the stamp's generation goes, and none below it comes again. */
export function admitStop(
  local: LocalState,
  name: string,
  command: VmCommand & { graceSeconds: number },
  env: Env,
): VmAdmission {
  const known = local.vms[name] ?? null;
  const { stamp } = command;
  if (stamp.incarnation !== local.incarnation) {
    return no('stale', `incarnation ${stamp.incarnation} is not this cluster's`);
  }
  const predecessor = refusePredecessor(known, command);
  if (predecessor) return predecessor;
  const own = known?.uid === command.uid ? known : null;
  if (known && !own && isLive(known.copy)) {
    // The answer promises a floor, and there is room for one VM of a name only.
    return no('unavailable', `another VM named ${name} still runs here`);
  }
  const floor = Math.max(own?.floor ?? 0, stamp.generation);
  const copy = own?.copy ?? null;
  const revision = newestRevision(known, command);
  if (!isLive(copy) || copy.generation >= stamp.generation) {
    const vm = own?.floor === floor ? null : { ...own, uid: command.uid, floor, copy, revision };
    return { vm, action: null, reply: accepted({ state: 'already-done' }) };
  }
  const sinceMs = copy.state === 'stopping' ? copy.sinceMs : env.nowMs;
  const stopping = { ...copy, state: 'stopping' as const, sinceMs };
  return work(
    { uid: command.uid, floor, copy: stopping, revision, ...takenBy(own) },
    { kind: 'stop', graceSeconds: command.graceSeconds },
  );
}

/** The host goes down, so its agent stops what is live by itself. Null when there is nothing to stop. */
export function admitLeave(vm: LocalVm, env: Env): (LocalVm & { copy: ObservedVm }) | null {
  const { copy } = vm;
  if (!isLive(copy)) return null;
  const sinceMs = copy.state === 'stopping' ? copy.sinceMs : env.nowMs;
  return { ...vm, copy: { ...copy, state: 'stopping', reason: hostShutdownReason, sinceMs } };
}

/** A stop for that reason that an agent before this one began. */
export function isLeftStopping(copy: ObservedVm | null): boolean {
  return copy?.state === 'stopping' && copy.reason === hostShutdownReason;
}

export function admitReboot(
  local: LocalState,
  name: string,
  command: VmCommand & { operation: string; force: boolean },
): VmAdmission {
  const known = local.vms[name] ?? null;
  const stale = refuseStale(local, known, command) ?? refuseAbsent(known, command, name);
  if (stale) return stale;
  const vm = known as LocalVm & { copy: ObservedVm };
  const { operation } = command;
  if (vm.copy.reboot?.operation === operation) {
    const state = vm.copy.reboot.result === 'asked' ? 'in-progress' : 'already-done';
    return { vm: null, action: null, reply: accepted({ state }) };
  }
  const copy = { ...vm.copy, reboot: { operation, result: 'asked' as const, reason: '' } };
  return work({ ...vm, copy }, { kind: 'reboot', force: command.force });
}

export function admitMigrate(
  local: LocalState,
  name: string,
  command: VmCommand & { to: { generation: number } },
  env: Env,
): VmAdmission {
  const known = local.vms[name] ?? null;
  const before = known?.copy?.migration;
  if (known?.uid === command.uid && before?.generation === command.to.generation) {
    const state = before.result === 'moving' ? 'in-progress' : 'already-done';
    return { vm: null, action: null, reply: accepted({ state }) };
  }
  const stale = refuseStale(local, known, command) ?? refuseAbsent(known, command, name);
  if (stale) return stale;
  const vm = known as LocalVm & { copy: ObservedVm };
  const { generation } = command.to;
  const migration = { generation, result: 'moving' as const, downtimeMs: null, reason: '' };
  const copy = { ...vm.copy, state: 'migrating' as const, sinceMs: env.nowMs, migration };
  return work({ ...vm, copy }, { kind: 'migrate' });
}

/**
 * A copy that has arrived, or was paused, goes on: its generation is that of the order, and not ruled out. The order's
 * revision is remembered, so that an order to stand still from before it, which comes late, is known for what it is.
 */
export function admitResume(local: LocalState, name: string, command: VmCommand): VmAdmission {
  const known = local.vms[name] ?? null;
  const stale = refuseStale(local, known, command) ?? refuseOlder(known, command);
  if (stale) return stale;
  const copy = known?.uid === command.uid ? known.copy : null;
  const { generation, revision } = command.stamp;
  if (known && copy?.generation === generation) {
    const vm = known.revision === revision ? null : { ...known, revision };
    if (copy.state === 'running' && copy.held !== true) {
      return { vm, action: null, reply: accepted({ state: 'already-done' }) };
    }
    if (copy.state === 'running' || copy.state === 'arrived' || copy.state === 'paused') {
      return { vm, action: { kind: 'resume' }, reply: accepted({ state: 'started-work' }) };
    }
  }
  const found = copy ? `generation ${copy.generation} is ${copy.state}` : 'there is no copy';
  return no('conflict', `${name} does not stand paused here as generation ${generation}: ${found}`);
}

/** A person wants it to stand still: that is remembered first, so that nothing here lets it go on meanwhile. */
export function admitPause(local: LocalState, name: string, command: VmCommand): VmAdmission {
  const known = local.vms[name] ?? null;
  const stale = refuseStale(local, known, command) ?? refuseOlder(known, command);
  if (stale) return stale;
  const copy = known?.uid === command.uid ? known.copy : null;
  const { generation, revision } = command.stamp;
  const mayPause = copy?.state === 'running' || copy?.state === 'paused' || copy?.state === 'arrived';
  if (!known || !mayPause || copy.generation !== generation) {
    const found = copy ? `generation ${copy.generation} is ${copy.state}` : 'there is no copy';
    return no('conflict', `${name} does not run here as generation ${generation}: ${found}`);
  }
  if (isHeld(copy)) return { vm: null, action: null, reply: accepted({ state: 'already-done' }) };
  return work({ ...known, copy: { ...copy, held: true }, revision }, { kind: 'pause' });
}

/** Stands still because a person wants it to. */
export function isHeld(copy: ObservedVm | null): boolean {
  return copy?.state === 'paused' && copy.held === true;
}

/** What is said of a copy once it goes on. */
export function wentOn({ state, sinceMs }: ObservedVm, nowMs: number): Partial<ObservedVm> {
  const heldMs = state === 'arrived' ? { heldMs: Math.max(0, nowMs - sinceMs) } : {};
  return { state: 'running', reason: '', held: undefined, ...heldMs };
}

/** By which probes its guest is looked at from now on; what others have said of it counts no more. */
export function admitWatch(
  local: LocalState,
  name: string,
  command: VmCommand & { watch: WatchOrder | null },
): VmAdmission {
  const known = local.vms[name] ?? null;
  const stale = refuseStale(local, known, command) ?? refuseAbsent(known, command, name);
  if (stale) return stale;
  const { probes: _, ...vm } = known as LocalVm & { copy: ObservedVm };
  const { watch: before, guest: __, ...copy } = vm.copy;
  const { watch } = command;
  const reply = accepted({ state: 'already-done' as const });
  if ((before ?? null) === (watch?.key ?? null)) return { vm: null, action: null, reply };
  const watched = watch ? { ...vm, copy: { ...copy, watch: watch.key }, probes: watch.probes } : { ...vm, copy };
  return { vm: watched, action: null, reply };
}

export function refuseAbsent(known: LocalVm | null, command: VmCommand, name: string): VmAdmission | null {
  const copy = known?.uid === command.uid ? known.copy : null;
  if (copy?.generation === command.stamp.generation && copy.state === 'running') return null;
  const found = copy ? `generation ${copy.generation} is ${copy.state}` : 'there is no copy';
  return no('conflict', `${name} does not run here as generation ${command.stamp.generation}: ${found}`);
}

export function work(vm: LocalVm, action: VmAction): VmAdmission {
  return { vm, action, reply: accepted({ state: 'started-work' }) };
}

export function no(...args: Parameters<typeof refused>): VmAdmission {
  return { vm: null, action: null, reply: refused(...args) };
}

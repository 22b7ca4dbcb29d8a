/**
 * One volume on this node: creating ──► ready ──► deleting ──► deleted, or creating ──► failed.
 * It is deleted only when nobody is attached to it, and its floor says so before that: a request to create it that
 * arrives after its record is gone does not bring it back. Nor does a record that was on its way to the bus when it was
 * deleted: once seen, it is deleted.
 */
import {
  accepted,
  copiedFrom,
  noTransitions,
  refused,
  inIncarnation,
  noLongerThere,
  withTransition,
  type Reply,
  type VolumeRecord,
  type VolumeSource,
} from '@holdfast/contracts';
import type { Env, Step } from '@holdfast/kernel';

/** The floor of a volume that is deleted: no generation is accepted any more, and its name is not used again. */
export const deletedFloor = Number.MAX_SAFE_INTEGER;

export type VolumeEffect = { key: string; resendMs?: number; kind: 'create' | 'delete' | 'take-up' };
export type VolumeStep = Step<VolumeRecord, VolumeEffect>;

export interface VolumeFacts {
  /** Holders of the volume, in any phase. */
  holderCount: number;
  volumeFloor: number;
  /** Somebody can reach what it is to be a copy of. */
  isSourceOpen: boolean;
  /** Another volume is being made from it. */
  isCopied(): boolean;
  /** Records that a backup brought back may be taken up. */
  reconciles: boolean;
  answer(effectKey: string): { atMs: number; reply: Reply<unknown> } | null;
}

export function stepVolume(record: VolumeRecord, facts: VolumeFacts, env: Env): VolumeStep {
  const become = (state: VolumeRecord['state'], event: string, text: string): VolumeStep => ({
    state: withTransition({ ...record, state, reason: text }, env.nowMs, {
      event, text, traceparent: record.transitions.at(-1)?.traceparent,
    }),
    effects: [],
    wakeAtMs: null,
  });
  if (record.incarnation !== env.incarnation) return takenUp(record, facts, env);
  if (record.state === 'creating') {
    if (facts.volumeFloor === deletedFloor) return become('deleting', 'volume.deleting', 'deleted before it was made');
    // Nothing of it has been copied: the store copies none that is open, and opens none that it copies.
    if (facts.isSourceOpen) {
      const text = `${copiedFrom(record)} is in use: a disk is copied while its VM is stopped`;
      return become('failed', 'volume.failed', text);
    }
    const reply = facts.answer('create')?.reply;
    if (reply?.ok) return become('ready', 'volume.created', `${record.sizeMiB} MiB in ${record.pool}`);
    if (reply?.ok === false && reply.refusal.code !== 'unavailable') {
      return become('failed', 'volume.failed', reply.refusal.message);
    }
    return { state: record, effects: [{ key: 'create', kind: 'create' }], wakeAtMs: null };
  }
  if (record.state === 'deleting') {
    if (facts.answer('delete')?.reply.ok) return become('deleted', 'volume.deleted', 'deleted');
    const isFree = facts.holderCount === 0 && !facts.isCopied();
    const effects: VolumeEffect[] = isFree ? [{ key: 'delete', kind: 'delete' }] : [];
    return { state: record, effects, wakeAtMs: env.nowMs + 500 };
  }
  return { state: record, effects: [], wakeAtMs: null };
}

/** A record from a backup is taken up after its attachment: until then nobody may attach it. */
function takenUp(record: VolumeRecord, facts: VolumeFacts, env: Env): VolumeStep {
  const wait = (effects: VolumeEffect[]): VolumeStep => ({ state: record, effects, wakeAtMs: env.nowMs + 1000 });
  if (!facts.reconciles || record.state === 'deleted') return wait([]);
  const reply = facts.answer('take-up')?.reply;
  if (!reply?.ok) return wait([{ key: 'take-up', kind: 'take-up', resendMs: 500 }]);
  const { isThere, isDeleted } = reply.value as { isThere: boolean; isDeleted: boolean };
  const isLost = record.state !== 'deleting' && (isDeleted || (record.state === 'ready' && !isThere));
  const reason = isLost ? 'it was deleted after the backup: there is no data of it' : record.reason;
  const state = isLost ? ('failed' as const) : record.state;
  const next = { ...inIncarnation(record, env.incarnation), reason, state };
  const text = isLost ? reason : 'restored from a backup';
  return { state: withTransition(next, env.nowMs, { event: 'volume.restored', text }), effects: [], wakeAtMs: null };
}

export type VolumeAdmission = { change: VolumeRecord | null; reply: Reply<unknown> };

export function admitVolumeCreate(
  existing: VolumeRecord | null,
  request: {
    volume: string;
    pool: string;
    vm: string;
    sizeMiB: number;
    image: string | null;
    source?: VolumeSource | undefined;
    operation: string | null;
  },
  at: { node: string; volumeFloor: number; source: VolumeRecord | null },
  env: Env,
): VolumeAdmission {
  if (existing) {
    if (existing.sizeMiB === request.sizeMiB && existing.vm === request.vm) {
      return { change: null, reply: accepted({ state: existing.state }) };
    }
    const message = `volume ${request.volume} exists with another size or VM`;
    return { change: null, reply: refused('exists', message) };
  }
  if (at.volumeFloor === deletedFloor) {
    return { change: null, reply: refused('stale', `volume ${request.volume} was deleted`) };
  }
  const wrong = wrongSource(request, at.source, env);
  if (wrong) return { change: null, reply: wrong };
  const { operation, ...spec } = request;
  const record: VolumeRecord = {
    ...noTransitions(env.incarnation, env.nowMs),
    ...spec,
    node: at.node,
    state: 'creating',
    reason: '',
  };
  const text = `${request.sizeMiB} MiB asked for ${request.vm}`;
  const change = withTransition(record, env.nowMs, { event: 'volume.requested', text, operation });
  return { change, reply: accepted({ state: 'creating' }) };
}

/** Only what has all of its data here can be copied. */
function wrongSource(
  request: { sizeMiB: number; source?: VolumeSource | undefined },
  source: VolumeRecord | null,
  env: Env,
): Reply<never> | null {
  const name = copiedFrom(request);
  if (name === null) return null;
  if (source?.state !== 'ready') {
    const state = source ? `is ${source.state}` : 'does not exist here';
    return refused('not-found', `volume ${name}, to be copied, ${state}`);
  }
  if (source.incarnation !== env.incarnation) return refused('unavailable', `volume ${name} is still being restored`);
  if (source.sizeMiB <= request.sizeMiB) return null;
  return refused('invalid', `volume ${name}, to be copied, has ${source.sizeMiB} MiB, which is more`);
}

/** Its VM has another name. What comes late, after a newer name, changes nothing. */
export function admitVolumeName(
  existing: VolumeRecord | null,
  request: { volume: string; vm: string; generation: number; operation: string | null },
  /** The newest generation that had access to it, or was ruled out. */
  newest: number,
  env: Env,
): VolumeAdmission {
  const { volume, vm, generation, operation } = request;
  if (!existing || noLongerThere(existing)) {
    return { change: null, reply: refused('not-found', `volume ${volume} is not there any more`) };
  }
  if (existing.incarnation !== env.incarnation) {
    return { change: null, reply: refused('unavailable', `volume ${volume} is still being restored`) };
  }
  const reply = accepted({ vm });
  if (existing.vm === vm) return { change: null, reply };
  const since = Math.max(existing.namedAt ?? 0, newest);
  if (generation <= since) {
    const message = `volume ${volume} is ${existing.vm}'s at generation ${since}`;
    return { change: null, reply: refused('stale', message) };
  }
  const text = `its VM is named ${vm}; it was ${existing.vm}`;
  const named = { ...existing, vm, namedAt: generation };
  return { change: withTransition(named, env.nowMs, { event: 'volume.named', text, operation }), reply };
}

export function admitVolumeDelete(existing: VolumeRecord | null, env: Env): VolumeAdmission {
  if (!existing || noLongerThere(existing)) {
    return { change: null, reply: accepted({ state: existing?.state ?? 'deleted' }) };
  }
  const deleting = { ...existing, state: 'deleting' as const };
  const change = withTransition(deleting, env.nowMs, {
    event: 'volume.deleting',
    text: 'to be deleted',
  });
  return { change, reply: accepted({ state: 'deleting' }) };
}

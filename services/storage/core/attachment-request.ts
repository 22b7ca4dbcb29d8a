/** What may be asked of a volume's attachment: intents, each stored by compare-and-set before anything is done. */
import {
  accepted,
  noTransitions,
  refused,
  type AttachmentRecord,
  type Holder,
  type Reply,
  type VolumeRecord,
} from '@holdfast/contracts';
import type { Env } from '@holdfast/kernel';
import { isBelowFloors, moved, type AttachmentFacts } from './attachment.js';

/** As many as the record holds, those on their way out included. */
const maxHolders = 4;

export type Admission = { change: AttachmentRecord | null; reply: Reply<unknown> };
type Floors = Pick<AttachmentFacts, 'volumeFloor' | 'hostFloor'>;

export interface AttachRequest {
  volume: string;
  vm: string;
  generation: number;
  host: string;
  hostEpoch: number;
  mode: 'single' | 'migrating';
  operation: string | null;
  incident: string | null;
}

export function admitAttach(
  record: AttachmentRecord | null,
  request: AttachRequest,
  at: {
    volume: VolumeRecord | null;
    /** Another volume is being made from it. */
    isCopied: boolean;
    floors: Floors;
    portal: { address: string; port: number };
  },
  env: Env,
): Admission {
  const { generation, host } = request;
  if (at.volume?.state !== 'ready') {
    const state = at.volume ? `is ${at.volume.state}` : 'does not exist here';
    return no('not-found', `volume ${request.volume} ${state}`);
  }
  if (at.volume.vm !== request.vm) {
    return no('forbidden', `volume ${request.volume} belongs to ${at.volume.vm}`);
  }
  if (isBelowFloors(request, at.floors)) {
    return no('stale', `generation ${generation} or epoch ${request.hostEpoch} is below a floor`);
  }
  const known = record?.holders.find((holder) => holder.generation === generation);
  if (known && (known.host !== host || known.phase === 'revoking')) {
    return no('stale', `generation ${generation} was ${known.host}'s and is spent`);
  }
  if (known) return { change: null, reply: accepted({}) };
  if (at.isCopied) return no('unavailable', `volume ${request.volume} is being copied`);
  if (record && generation <= record.newest) {
    return no('stale', `generation ${generation} is not newer than ${record.newest}`);
  }
  const others = record?.holders ?? [];
  if (request.mode === 'migrating' && others.filter(({ phase }) => phase === 'open').length !== 1) {
    return no('conflict', `volume ${request.volume} has no single open holder to migrate from`);
  }
  const isFull = others.length >= maxHolders;
  if (isFull || (request.mode === 'migrating' && others.length !== 1)) {
    return no('unavailable', `volume ${request.volume} is still being revoked`);
  }
  const fresh = newHolder(request, at.portal);
  const kept =
    request.mode === 'migrating'
      ? others
      : others.map((holder) => leaving(holder, { generation, hostEpoch: null }));
  const base = record ?? emptyRecord(at.volume, env);
  const { state } = moved(base, env, { holders: [...kept, fresh], newest: generation }, {
    event: 'attachment.requested',
    text: `to be opened to ${host} at generation ${generation}`,
    data: { host, generation },
    operation: request.operation,
    incident: request.incident,
  });
  return { change: state, reply: accepted({}) };
}

/**
 * `floor`: every holder below it goes and none below it may come; `only`: one generation goes and is spent, smaller
 * ones stay. A volume that was never attached gets a record too, for an attach may still be on its way.
 */
export function admitDetach(
  record: AttachmentRecord | null,
  request: { floor: number; only: number | null; operation: string | null; incident: string | null },
  env: Env,
  volume: VolumeRecord | null = null,
): Admission {
  const known = record ?? (volume?.state === 'ready' ? emptyRecord(volume, env) : null);
  if (!known) return { change: null, reply: accepted({}) };
  const { floor, only } = request;
  const isMeant = (holder: Holder): boolean =>
    only === null ? holder.generation < floor : holder.generation === only;
  const floors = { generation: only === null ? floor : null, hostEpoch: null };
  return revoke(known, isMeant, { floors, spent: only ?? floor - 1 }, request, env);
}

/** Its volume's VM has another name. */
export function renamed(record: AttachmentRecord | null, volume: VolumeRecord | null): AttachmentRecord | null {
  const isSame = !record || !volume || record.state === 'gone' || record.vm === volume.vm;
  return isSame ? null : { ...record, vm: volume.vm };
}

/** Fencing: all that the host holds in an epoch below the floor goes. */
export function admitRevokeHost(
  record: AttachmentRecord,
  request: { host: string; epochFloor: number; incident: string | null },
  env: Env,
): Admission {
  const isMeant = (holder: Holder): boolean =>
    holder.host === request.host && holder.hostEpoch < request.epochFloor;
  const about = { operation: null, incident: request.incident };
  const staying = record.holders.filter((holder) => holder.phase !== 'revoking' && !isMeant(holder));
  // What it held is ruled out too, but never what another host goes on with, as the source of a migration does.
  const generation = Math.min(record.newest + 1, ...staying.map((holder) => holder.generation));
  const floors = { generation, hostEpoch: request.epochFloor };
  return revoke(record, isMeant, { floors, spent: record.newest }, about, env);
}

function revoke(
  record: AttachmentRecord,
  isMeant: (holder: Holder) => boolean,
  limits: { floors: Holder['floors']; spent: number },
  about: { operation: string | null; incident: string | null },
  env: Env,
): Admission {
  const going = record.holders.filter((holder) => isMeant(holder) && holder.phase !== 'revoking');
  const newest = Math.max(record.newest, limits.spent);
  if (going.length === 0 && newest === record.newest) {
    return { change: null, reply: accepted({}) };
  }
  const holders = record.holders.map((holder) =>
    going.includes(holder) ? leaving(holder, limits.floors) : holder,
  );
  const named = going.map(({ host, generation }) => `${host} (generation ${generation})`);
  const { state } = moved(record, env, { holders, newest }, {
    event: 'attachment.revoking',
    text: named.length === 0 ? `numbers up to ${newest} are spent` : `taking access from ${named.join(', ')}`,
    operation: about.operation,
    incident: about.incident,
  });
  return { change: state, reply: accepted({}) };
}

/** On its way out. Where another holder goes on at a smaller number, no floor can rule out this one's. */
function leaving(holder: Holder, floors: Holder['floors']): Holder {
  if (holder.phase === 'revoking') return holder;
  const isBelow = floors.generation !== null && floors.generation > holder.generation;
  const generation = isBelow ? floors.generation : null;
  return { ...holder, phase: 'revoking', floors: { generation, hostEpoch: floors.hostEpoch } };
}

function newHolder(request: AttachRequest, portal: { address: string; port: number }): Holder {
  return {
    host: request.host,
    hostEpoch: request.hostEpoch,
    generation: request.generation,
    phase: 'opening',
    iqn: `iqn.2026-01.io.holdfast:${request.volume}.g${request.generation}`,
    lun: 1,
    portalAddress: portal.address,
    portalPort: portal.port,
    chapUser: `${request.volume}.g${request.generation}`,
    floors: { generation: null, hostEpoch: null },
  };
}

/** Also for a volume that a backup brought back without one. */
export function emptyRecord(volume: VolumeRecord, env: Env): AttachmentRecord {
  return {
    ...noTransitions(env.incarnation, env.nowMs),
    volume: volume.volume,
    node: volume.node,
    vm: volume.vm,
    mode: 'single',
    holders: [],
    newest: 0,
    state: 'active',
    revoked: null,
  };
}

function no(...args: Parameters<typeof refused>): Admission {
  return { change: null, reply: refused(...args) };
}

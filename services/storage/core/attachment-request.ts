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
  if (isBelowFloors(request, at.floors)) {
    return no('stale', `generation ${generation} or epoch ${request.hostEpoch} is below a floor`);
  }
  const known = record?.holders.find((holder) => holder.generation === generation);
  if (known && (known.host !== host || known.phase === 'revoking')) {
    return no('stale', `generation ${generation} was ${known.host}'s and is spent`);
  }
  if (known) return { change: null, reply: accepted({}) };
  if (record && generation <= record.newest) {
    return no('stale', `generation ${generation} is not newer than ${record.newest}`);
  }
  const others = record?.holders ?? [];
  if (request.mode === 'migrating' && others.filter(({ phase }) => phase === 'open').length !== 1) {
    return no('conflict', `volume ${request.volume} has no single open holder to migrate from`);
  }
  if (request.mode === 'migrating' && others.length !== 1) {
    return no('unavailable', `volume ${request.volume} is still being revoked`);
  }
  const fresh = newHolder(request, at.portal);
  const kept =
    request.mode === 'migrating' ? others : others.map((holder) => leaving(holder, generation, null));
  const base = record ?? emptyRecord(request, at.volume, env);
  const { state } = moved(base, env, { holders: [...kept, fresh], newest: generation }, {
    event: 'attachment.requested',
    text: `to be opened to ${host} at generation ${generation}`,
    data: { host, generation },
    operation: request.operation,
    incident: request.incident,
  });
  return { change: state, reply: accepted({}) };
}

/** `floor`: every holder below it goes and none below it may come; `only`: one generation goes, the floor stays. */
export function admitDetach(
  record: AttachmentRecord | null,
  request: { floor: number; only: number | null; operation: string | null; incident: string | null },
  env: Env,
): Admission {
  if (!record) return { change: null, reply: accepted({}) };
  const isMeant = (holder: Holder): boolean =>
    request.only === null ? holder.generation < request.floor : holder.generation === request.only;
  const floor = request.only === null ? request.floor : null;
  return revoke(record, isMeant, floor, null, request, env);
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
  return revoke(record, isMeant, null, request.epochFloor, about, env);
}

function revoke(
  record: AttachmentRecord,
  isMeant: (holder: Holder) => boolean,
  floor: number | null,
  hostEpochFloor: number | null,
  about: { operation: string | null; incident: string | null },
  env: Env,
): Admission {
  const going = record.holders.filter((holder) => isMeant(holder) && holder.phase !== 'revoking');
  const newest = Math.max(record.newest, (floor ?? 0) - 1);
  if (going.length === 0 && newest === record.newest) {
    return { change: null, reply: accepted({}) };
  }
  const holders = record.holders.map((holder) =>
    going.includes(holder) ? leaving(holder, floor, hostEpochFloor) : holder,
  );
  const named = going.map(({ host, generation }) => `${host} (generation ${generation})`);
  const { state } = moved(record, env, { holders, newest }, {
    event: 'attachment.revoking',
    text: named.length === 0 ? `nothing below ${floor} may come` : `taking access from ${named.join(', ')}`,
    ...about,
  });
  return { change: state, reply: accepted({}) };
}

/** On its way out. Its own number is never accepted again; on fencing neither is its host's epoch. */
function leaving(holder: Holder, floor: number | null, hostEpochFloor: number | null): Holder {
  if (holder.phase === 'revoking') return holder;
  // A host's revocation rules out the generation it held too; only an abandoned migration leaves the floor,
  // for there the source goes on at a smaller number.
  const generation = floor ?? (hostEpochFloor === null ? null : holder.generation + 1);
  const isBelow = generation !== null && generation > holder.generation;
  return {
    ...holder,
    phase: 'revoking',
    floors: {
      generation: isBelow ? holder.generation + 1 : null,
      hostEpoch: hostEpochFloor,
    },
  };
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

function emptyRecord(request: AttachRequest, volume: VolumeRecord, env: Env): AttachmentRecord {
  return {
    ...noTransitions(env.incarnation, env.nowMs),
    volume: request.volume,
    node: volume.node,
    vm: request.vm,
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

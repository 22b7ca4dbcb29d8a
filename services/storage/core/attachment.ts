/**
 * Who may write to one volume. The storage node is the judge: what it has revoked and proven gone cannot write.
 *
 *   (request) ──► opening ──► open ──► revoking ──► (gone, proven)
 *                    ▲          │
 *                    └──────────┘  its target vanished with a restart: opened again only after a compare-and-set
 *
 * Invariants (safety rules 1 to 4)
 *  1. A target is opened only for a holder that a successful compare-and-set has recorded, at or above both floors.
 *  2. In mode `single` a new holder is opened only after every other one is proven gone.
 *  3. Floors are durable before a target is deleted; a holder leaves the record only after its target is proven gone.
 *  4. A generation is used once: a new holder needs one larger than any before.
 */
import {
  inIncarnation,
  withTransition,
  type AttachmentRecord,
  type Holder,
  type NewTransition,
  type Reply,
} from '@holdfast/contracts';
import { assert, type Env, type Step } from '@holdfast/kernel';
import { deletedFloor } from './volume.js';

/** What the node itself knows, besides the record. */
export interface AttachmentFacts {
  /** Durable floors, as they are on disk now. */
  volumeFloor: number;
  hostFloor(host: string): number;
  /** The largest generation that a target of it was ever opened with. */
  used: number;
  /** Records that a backup brought back may be taken up. */
  reconciles: boolean;
  /** Generations whose target exists now; null while the target daemon does not answer. */
  targets: ReadonlySet<number> | null;
  /** The host has published the key its secrets are sealed to, and its address. */
  canSeal(host: string): boolean;
  answer(effectKey: string): { atMs: number; reply: Reply<unknown> } | null;
}

export type AttachmentEffect = { key: string; resendMs?: number } & (
  | { kind: 'raise-floors'; generation: number | null; host: string; hostEpoch: number | null }
  | { kind: 'open'; holder: Holder }
  | { kind: 'delete'; generation: number }
);

export type AttachmentStep = Step<AttachmentRecord, AttachmentEffect>;

export function stepAttachment(
  record: AttachmentRecord,
  facts: AttachmentFacts,
  env: Env,
): AttachmentStep {
  const stay = (effects: AttachmentEffect[], wakeInMs: number | null): AttachmentStep => ({
    state: record,
    effects,
    wakeAtMs: wakeInMs === null ? null : env.nowMs + wakeInMs,
  });
  if (record.incarnation !== env.incarnation) {
    const step = facts.reconciles ? takenUp(record, facts, env) : null;
    return step ?? stay([], 1000);
  }
  const leaving = record.holders.filter(({ phase }) => phase === 'revoking');
  const proven = leaving.find((holder) => isProvenGone(holder, facts));
  if (proven) return released(record, proven, env);
  const orphans = orphansOf(record, facts);
  if (leaving.length > 0 || orphans.length > 0) {
    return stay([...leaving.map((holder) => revocation(holder, facts)), ...orphans], 300);
  }
  const stale = record.holders.find((holder) => isBelowFloors(holder, facts));
  if (stale) return dropped(record, stale, env);

  const lost = record.holders.find(
    ({ phase, generation }) => phase === 'open' && facts.targets?.has(generation) === false,
  );
  if (lost) {
    return moved(record, env, replaced(record, lost, { ...lost, phase: 'opening' }), {
      event: 'attachment.reopening',
      text: `the target of generation ${lost.generation} is gone with a restart; opening it again`,
      data: { host: lost.host, generation: lost.generation },
    });
  }
  const opening = record.holders.find(({ phase }) => phase === 'opening');
  if (!opening) return stay([], null);
  if (facts.answer(openKey(opening))?.reply.ok && facts.targets?.has(opening.generation)) {
    return moved(record, env, replaced(record, opening, { ...opening, phase: 'open' }), {
      event: 'attachment.opened',
      text: `open to ${opening.host} at generation ${opening.generation}`,
      traceparent: record.transitions.at(-1)?.traceparent,
      data: { host: opening.host, generation: opening.generation },
    });
  }
  if (!facts.canSeal(opening.host)) return stay([], 200);
  return stay([{ key: openKey(opening), kind: 'open', holder: opening, resendMs: 300 }], 500);
}

/**
 * A record from a backup: who held the volume since, it does not know. Whoever it was leaves, and every number that may
 * have been used is spent: those that were opened, that were ruled out, and of the targets that exist.
 */
function takenUp(record: AttachmentRecord, facts: AttachmentFacts, env: Env): AttachmentStep | null {
  if (facts.targets === null) return null;
  const held = record.holders.map(({ generation }) => generation);
  const floor = facts.volumeFloor === deletedFloor ? 0 : facts.volumeFloor;
  const newest = Math.max(record.newest, floor - 1, facts.used, ...facts.targets, ...held);
  const floors = { generation: newest + 1, hostEpoch: null };
  const holders = record.holders.map((holder): Holder => ({ ...holder, phase: 'revoking', floors }));
  return moved(record, env, { holders, newest }, {
    event: 'attachment.restored',
    text: `restored from a backup: numbers up to ${newest} are spent, and nobody keeps access`,
    data: { newest },
  });
}

const openKey = ({ generation }: Holder): string => `open/g${generation}`;
const deleteKey = ({ generation }: Holder): string => `delete/g${generation}`;

function areFloorsDurable(holder: Holder, facts: AttachmentFacts): boolean {
  const { generation, hostEpoch } = holder.floors;
  return facts.volumeFloor >= (generation ?? 0) && facts.hostFloor(holder.host) >= (hostEpoch ?? 0);
}

/** Targets that no holder answers for: an opening that came to its end after its holder had left. */
function orphansOf(record: AttachmentRecord, facts: AttachmentFacts): AttachmentEffect[] {
  const named = new Set(record.holders.map(({ generation }) => generation));
  return [...(facts.targets ?? [])]
    .filter((generation) => !named.has(generation))
    .map((generation) => ({ key: `orphan/g${generation}`, kind: 'delete', generation, resendMs: 200 }));
}

/** Deleted by this node, seen gone, and the floors that keep it gone are on disk. */
function isProvenGone(holder: Holder, facts: AttachmentFacts): boolean {
  return (
    areFloorsDurable(holder, facts) &&
    facts.targets?.has(holder.generation) === false &&
    facts.answer(deleteKey(holder))?.reply.ok === true
  );
}

function revocation(holder: Holder, facts: AttachmentFacts): AttachmentEffect {
  if (areFloorsDurable(holder, facts)) {
    const { generation } = holder;
    return { key: deleteKey(holder), kind: 'delete', generation, resendMs: 200 };
  }
  const { generation, hostEpoch } = holder.floors;
  const key = `floors/g${generation}/e${hostEpoch}/${holder.host}`;
  return { key, kind: 'raise-floors', generation, host: holder.host, hostEpoch, resendMs: 200 };
}

export function isBelowFloors(
  holder: Pick<Holder, 'generation' | 'host' | 'hostEpoch'>,
  facts: Pick<AttachmentFacts, 'volumeFloor' | 'hostFloor'>,
): boolean {
  return (
    holder.generation < facts.volumeFloor || holder.hostEpoch < facts.hostFloor(holder.host)
  );
}

function released(record: AttachmentRecord, gone: Holder, env: Env): AttachmentStep {
  const holders = record.holders.filter((holder) => holder !== gone);
  const { host, generation } = gone;
  const detail = 'target deleted, no session, no I/O in flight';
  return moved(record, env, { holders, revoked: { host, generation, atMs: env.nowMs, detail } }, {
    event: 'attachment.revoked',
    text: `${host} lost its access at generation ${generation}: ${detail}`,
    traceparent: record.transitions.at(-1)?.traceparent,
    data: { host, generation },
  });
}

function dropped(record: AttachmentRecord, stale: Holder, env: Env): AttachmentStep {
  // Its target may exist, also half made from before a crash, so it leaves like any other holder.
  const leaving: Holder = {
    ...stale,
    phase: 'revoking',
    floors: { generation: null, hostEpoch: null },
  };
  return moved(record, env, replaced(record, stale, leaving), {
    event: 'attachment.refused',
    text: `generation ${stale.generation} of ${stale.host} is below a floor`,
    data: { host: stale.host, generation: stale.generation },
  });
}

function replaced(record: AttachmentRecord, old: Holder, fresh: Holder): Partial<AttachmentRecord> {
  return { holders: record.holders.map((holder) => (holder === old ? fresh : holder)) };
}

export function moved(
  record: AttachmentRecord,
  env: Env,
  patch: Partial<AttachmentRecord>,
  transition: NewTransition,
): AttachmentStep {
  const next = { ...inIncarnation(record, env.incarnation), ...patch };
  const staying = next.holders.filter(({ phase }) => phase !== 'revoking');
  assert(staying.length <= 2, `volume ${record.volume} would have ${staying.length} holders`);
  const state: AttachmentRecord = { ...next, mode: staying.length === 2 ? 'migrating' : 'single' };
  return { state: withTransition(state, env.nowMs, transition), effects: [], wakeAtMs: null };
}

import {
  inIncarnation,
  withTransition,
  type Evidence,
  type HostHealth,
  type HostRecord,
  type IncidentLedger,
  type NewTransition,
  type ProofKind,
} from '@holdfast/contracts';
import { assert, deriveId } from '@holdfast/kernel';
import { lastHeardMs, type HostStep, type HostView } from './host-view.js';

const maxEvidence = 16;
const maxEntries = 64;
const isOut: ReadonlySet<HostHealth> = new Set(['fencing', 'fenced', 'joining', 'asleep']);
const sleeps: ReadonlySet<HostHealth> = new Set(['asleep', 'joining']);

/** The record moves on; what is to be done follows from the new state once it is stored. */
export function move(view: HostView, patch: Partial<HostRecord>, transition: NewTransition): HostStep {
  const { host, env } = view;
  const next: HostRecord = {
    ...inIncarnation(host, env.incarnation),
    reason: transition.text,
    ...patch,
    // What was wrong with one that is out is over with it.
    ...(patch.health && isOut.has(patch.health) && host.condition ? { condition: null } : {}),
    // One that sleeps comes back by joining; whatever else becomes of it ends its sleep.
    ...(patch.health && !sleeps.has(patch.health) && host.sleep ? { sleep: null } : {}),
  };
  const incident = next.incident && next.incident.state !== 'closed' ? next.incident.id : null;
  return {
    state: withTransition(next, env.nowMs, { incident, ...transition }),
    effects: [],
    wakeAtMs: null,
  };
}

export function openIncident(view: HostView, verdict: string): IncidentLedger {
  const { host, env } = view;
  const heardAtMs = lastHeardMs(view);
  return {
    id: `${host.host}-${deriveId(env.incarnation, host.host, host.epoch, host.transitionCount)}`,
    host: host.host,
    verdict,
    epoch: 0,
    state: 'suspected',
    lastHeardAtMs: heardAtMs,
    openedAtMs: env.nowMs,
    fencingAtMs: null,
    provenAtMs: null,
    closedAtMs: null,
    resumed: null,
    views: [],
    proofs: [],
    decisions: [],
  };
}

export function ledgerOf(view: HostView): IncidentLedger {
  assert(view.host.incident, `host ${view.host.host} is ${view.host.health} without an incident`);
  return view.host.incident;
}

export function withView(ledger: IncidentLedger, view: string, says: string, atMs: number): IncidentLedger {
  const last = ledger.views.findLast((entry) => entry.view === view);
  if (last?.says === says) return ledger;
  return { ...ledger, views: [...ledger.views, { view, says, atMs }].slice(-maxEntries) };
}

export function withDecision(ledger: IncidentLedger, text: string, atMs: number): IncidentLedger {
  return { ...ledger, decisions: [...ledger.decisions, { atMs, text }].slice(-maxEntries) };
}

/** Of two copies of one ledger: whether the first is the later one. What is closed stays closed. */
export function saysMore(ledger: IncidentLedger, known: IncidentLedger): boolean {
  if ((known.closedAtMs !== null) !== (ledger.closedAtMs !== null)) return ledger.closedAtMs !== null;
  const size = (of: IncidentLedger): number => of.views.length + of.proofs.length + of.decisions.length;
  return size(ledger) > size(known) || (size(ledger) === size(known) && ledger.state !== known.state);
}

/** The newest word on one proof replaces nothing: asked, failed and obtained all stay to be read. */
export function withProof(
  ledger: IncidentLedger,
  proof: IncidentLedger['proofs'][number],
): IncidentLedger {
  return { ...ledger, proofs: [...ledger.proofs, proof].slice(-maxEntries) };
}

export function hasProof(
  ledger: IncidentLedger,
  kind: ProofKind,
  from: string,
  status: IncidentLedger['proofs'][number]['status'],
): boolean {
  return ledger.proofs.some(
    (proof) => proof.kind === kind && proof.from === from && proof.status === status,
  );
}

export function withEvidence(host: HostRecord, evidence: Omit<Evidence, 'voidedAtMs'>): Evidence[] {
  return [...host.evidence, { ...evidence, voidedAtMs: null }].slice(-maxEvidence);
}

/** Evidence of the fence in hand that still stands. */
export function standing(host: HostRecord, kind?: ProofKind): Evidence[] {
  return host.evidence.filter(
    (entry) =>
      entry.epoch === host.incident?.epoch &&
      entry.voidedAtMs === null &&
      (kind === undefined || entry.kind === kind),
  );
}

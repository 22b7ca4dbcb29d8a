/**
 * Fencing: the proofs race, the first sufficient one wins, the others are still collected.
 * Storage's revocation counts only when every storage node has given it (safety rule 5).
 */
import type { Evidence, Heartbeat, HostRecord, IncidentLedger, ProofKind } from '@holdfast/contracts';
import {
  heardSince,
  inBoot,
  powerOffKey,
  revokeKey,
  type HostEffect,
  type HostStep,
  type HostView,
} from './host-view.js';
import {
  hasProof,
  ledgerOf,
  move,
  openIncident,
  standing,
  withDecision,
  withEvidence,
  withProof,
} from './ledger.js';
import { asksToClose, isLeaseExpired, leaseNews, withLeaseAsked } from './lease-proof.js';
import { bmc, powerOutcome, verifiedLevels } from './power-word.js';

/** Verdicts of a host of which nothing is left to be heard. */
const gone: ReadonlySet<string> = new Set(['dead', 'power-lost']);

/** The intent is stored first (epoch + 1); only then anybody is asked to do anything. */
export function beginFencing(
  view: HostView,
  ledger: IncidentLedger,
  verdict: string,
  text: string,
): HostStep {
  const { host, env } = view;
  const epoch = host.epoch + 1;
  let incident: IncidentLedger = {
    ...withDecision(ledger, `fencing: ${text}`, env.nowMs),
    state: 'fencing',
    verdict,
    epoch,
    fencingAtMs: env.nowMs,
  };
  for (const node of view.storageNodes) {
    incident = withProof(incident, {
      kind: 'storage-revoked',
      from: node,
      status: 'asked',
      atMs: env.nowMs,
      detail: `epoch floor ${epoch}`,
    });
  }
  for (const from of verifiedLevels(host)[0] ?? []) {
    const asked = { status: 'asked' as const, atMs: env.nowMs, detail: '' };
    incident = withProof(incident, { kind: 'power-off', from, ...asked });
  }
  incident = withLeaseAsked(incident, view);
  return move(view, { health: 'fencing', epoch, incident }, {
    event: 'host.fencing',
    text: `${text}; asking for proof`,
    incident: incident.id,
    data: { verdict, epoch },
  });
}

export function fencing(view: HostView): HostStep {
  const { host, env } = view;
  const ledger = ledgerOf(view);
  const news = collect(view);
  if (news) return news;
  const [proof] = standing(host);
  if (proof) {
    const isolated = proof.kind === 'storage-revoked' && !gone.has(ledger.verdict);
    const caveat = isolated ? '; its old copies may still answer on the network' : '';
    const text = `proven by ${proof.kind}${caveat}`;
    const incident = {
      ...withDecision(ledger, text, env.nowMs),
      state: 'fenced' as const,
      provenAtMs: proof.atMs,
    };
    return move(view, { health: 'fenced', incident }, {
      event: 'host.fenced',
      text,
      data: { proof: proof.kind, epoch: ledger.epoch, provenAtMs: proof.atMs },
    });
  }
  return { state: host, effects: asks(view), wakeAtMs: env.nowMs + 500 };
}

export function fenced(view: HostView): HostStep {
  const { host, env, heard } = view;
  const ledger = ledgerOf(view);
  const news = collect(view) ?? contradiction(view);
  if (news) return news;
  if (standing(host).length === 0) {
    const incident = { ...ledger, state: 'fencing' as const, provenAtMs: null };
    return move(view, { health: 'fencing', incident }, {
      event: 'host.fencing',
      text: 'its proof was voided; asking for another',
    });
  }
  // It may come back once every node has raised its floor: then nothing it did before can be taken up again.
  const isFloored = view.storageNodes.every(
    (node) => hasProof(ledger, 'storage-revoked', node, 'obtained'),
  );
  const heartbeat = heardSince(view, ledger.fencingAtMs ?? ledger.openedAtMs);
  const isHeardNow = heard !== null && env.nowMs - heard.atMs < view.timing.suspectAfterMs;
  // In the boot that is proven to be over it cannot come back: either this was a last word, or the proof is void.
  const isOver = heartbeat !== null && endOfBoot(view, heartbeat) !== null;
  if (heartbeat && isHeardNow && isFloored && !isOver) {
    const power = host.power.state === 'none' ? host.power : { state: 'unchecked' as const, detail: '' };
    const incident = withDecision(ledger, 'heard again; cleaning up before it counts', env.nowMs);
    return move(
      view,
      { health: 'joining', epoch: host.epoch + 1, ...inBoot(host, heartbeat.bootId), power, incident },
      { event: 'host.joining', text: 'heard again; its stale copies go before it counts as online' },
    );
  }
  return { state: host, effects: asks(view), wakeAtMs: env.nowMs + 1000 };
}

function asks(view: HostView): HostEffect[] {
  const { host, env, timing } = view;
  const ledger = ledgerOf(view);
  const effects: HostEffect[] = view.storageNodes
    .filter((node) => !hasProof(ledger, 'storage-revoked', node, 'obtained'))
    .map((node) => ({
      key: revokeKey(ledger.epoch, node),
      kind: 'revoke',
      node,
      epochFloor: ledger.epoch,
      resendMs: 300,
    }));
  const revoked = standing(host, 'storage-revoked')[0];
  const isTooLate =
    revoked !== undefined &&
    !view.needsPowerProof &&
    env.nowMs - revoked.atMs > timing.powerAskedForMs;
  const isBack = heardSince(view, ledger.fencingAtMs ?? ledger.openedAtMs) !== null;
  // Somebody may have their hands in a host that is in maintenance; one that went down in order may come up.
  const isSpared = (host.admin === 'maintenance' || hasLeft(view)) && !view.needsPowerProof;
  const isWanted =
    !isSpared &&
    view.arming.armed &&
    host.power.state === 'verified' &&
    !isKnownReset(host);
  // A host that is heard again is on its way back: it is cleaned up, not switched off under its feet.
  if (isWanted && !(isBack && revoked) && !isTooLate) {
    effects.push({ key: powerOffKey(ledger.epoch, timesVoided(ledger)), kind: 'power-off', resendMs: 500 });
  }
  if (!isKnownReset(host) && (!revoked || view.needsPowerProof)) effects.push(...asksToClose(ledger));
  return effects;
}

/** Nothing of the boot that was fenced runs any more. */
function isKnownReset(host: HostRecord): boolean {
  return standing(host).some(({ kind }) => kind === 'power-off' || kind === 'lease-expired' || kind === 'rebooted');
}

/** The last word of this boot was that the host goes down, with nothing left running. */
function hasLeft({ host, observed }: HostView): boolean {
  if (!observed?.leaving || observed.bootId !== host.bootId || observed.staleCopies.length > 0) return false;
  return Object.values(observed.vms).every(({ state }) => state === 'stopped' || state === 'failed');
}

/** One more proof, or one more failure, than the record knows of. */
function collect(view: HostView): HostStep | null {
  const { host } = view;
  const ledger = ledgerOf(view);
  const heartbeat = heardSince(view, ledger.openedAtMs);
  if (
    heartbeat &&
    heartbeat.bootId !== host.bootId &&
    standing(host, 'rebooted').length === 0
  ) {
    return prove(view, 'rebooted', 'agent', `back with boot id ${heartbeat.bootId}`);
  }
  for (const node of view.storageNodes) {
    const reply = view.answer(revokeKey(ledger.epoch, node))?.reply;
    if (reply?.ok && !hasProof(ledger, 'storage-revoked', node, 'obtained')) {
      return prove(view, 'storage-revoked', node, revokedDetail(reply.value), floorIn(reply.value));
    }
    if (reply?.ok === false && !hasProof(ledger, 'storage-revoked', node, 'failed')) {
      return note(view, 'storage-revoked', node, reply.refusal.message);
    }
  }
  const lease = leaseNews(view, ledger);
  if (lease && 'obtained' in lease) return prove(view, 'lease-expired', lease.node, lease.obtained);
  if (lease) return note(view, 'lease-expired', lease.node, lease.failed);
  const power = view.answer(powerOffKey(ledger.epoch, timesVoided(ledger)))?.reply;
  const outcome = power ? powerOutcome(power) : null;
  if (outcome?.proven && standing(host, 'power-off').length === 0) {
    return prove(view, 'power-off', outcome.proven.from, outcome.proven.detail);
  }
  const failed = outcome?.failed.find(({ device }) => !hasProof(ledger, 'power-off', device, 'failed'));
  return failed ? note(view, 'power-off', failed.device, failed.detail) : null;
}

/** With those devices that were asked only because others had failed. */
function ledgerAsAsked(view: HostView): IncidentLedger {
  const ledger = ledgerOf(view);
  const reply = view.answer(powerOffKey(ledger.epoch, timesVoided(ledger)))?.reply;
  const asked = reply ? powerOutcome(reply).asked : [];
  return asked
    .filter(({ device }) => !hasProof(ledger, 'power-off', device, 'asked'))
    .reduce(
      (known, { device: from, atMs }) =>
        withProof(known, { kind: 'power-off', from, status: 'asked', atMs, detail: 'the level before it has failed' }),
      ledger,
    );
}

/** `floor`: what the node has known of this host lies at least there, also from before a restore. */
function prove(view: HostView, kind: ProofKind, from: string, detail: string, floor = 0): HostStep {
  const { host, env } = view;
  const ledger = ledgerAsAsked(view);
  const proof = { kind, from, status: 'obtained' as const, atMs: env.nowMs, detail };
  const incident = withProof(ledger, proof);
  const isRevoked = (): boolean => view.storageNodes.every((node) => hasProof(incident, kind, node, 'obtained'));
  const isWhole =
    (kind !== 'storage-revoked' || isRevoked()) && (kind !== 'lease-expired' || isLeaseExpired(incident));
  const evidence = isWhole
    ? withEvidence(host, { kind, epoch: ledger.epoch, atMs: env.nowMs, detail })
    : host.evidence;
  return move(view, { incident, evidence, epoch: Math.max(host.epoch, floor) }, {
    event: 'host.proof-obtained',
    text: `${kind} by ${from}: ${detail}`,
    data: { proof: kind, from },
  });
}

function note(view: HostView, kind: ProofKind, from: string, why: string): HostStep {
  const proof = { kind, from, status: 'failed' as const, atMs: view.env.nowMs, detail: why };
  return move(view, { incident: withProof(ledgerAsAsked(view), proof) }, {
    event: 'host.proof-failed',
    text: `${kind} by ${from} not obtained yet: ${why}`,
    data: { proof: kind, from },
  });
}

function timesVoided(ledger: IncidentLedger): number {
  return ledger.proofs.filter(({ kind, status }) => kind === 'power-off' && status === 'voided').length;
}

/** The proof that a sign of life contradicts; once the host is back in a new boot, it is of the boot before. */
function endOfBoot({ host }: HostView, heartbeat: Heartbeat): Evidence | null {
  if (standing(host, 'rebooted').length > 0 || heartbeat.bootId !== host.bootId) return null;
  const [off] = standing(host, 'power-off');
  // An agent that has accepted the epoch of this fence has ended all that its watchdog was to end.
  const hasAccepted = heartbeat.epoch >= (host.incident?.epoch ?? 0);
  return off ?? (hasAccepted ? null : (standing(host, 'lease-expired')[0] ?? null));
}

/** The same boot is heard after it was proven to be over: whatever was switched off or reset, it was not this host. */
function contradiction(view: HostView): HostStep | null {
  const { host, env, timing } = view;
  const ledger = ledgerOf(view);
  const heartbeat = heardSince(view, ledger.openedAtMs);
  const ended = heartbeat && endOfBoot(view, heartbeat);
  if (!ended || !heardSince(view, ended.atMs + timing.voidAfterMs)) return null;
  const { kind } = ended;
  const evidence = host.evidence.map((entry) => (entry === ended ? { ...entry, voidedAtMs: env.nowMs } : entry));
  const given = ledger.proofs.findLast((proof) => proof.kind === kind && proof.status === 'obtained');
  const from = given?.from ?? bmc;
  if (kind === 'lease-expired') {
    const detail = 'the host was heard, in the same boot, after its lease had expired: its watchdog did not reset it';
    const { lease: _, ...rest } = ledger;
    const incident = withProof(rest, { kind, from, status: 'voided', atMs: env.nowMs, detail });
    return move(view, { evidence, incident }, { event: 'host.proof-voided', text: detail });
  }
  const detail = `the host was heard, in the same boot, after ${from === bmc ? 'its BMC' : from} had said off`;
  const incident = withProof(ledger, { kind, from, status: 'voided', atMs: env.nowMs, detail });
  const power = { state: 'mismatch' as const, detail };
  return move(view, { evidence, incident, power }, { event: 'host.proof-voided', text: detail });
}

/** The same machine in a new boot: nothing of the old one runs. Proof without anybody being asked. */
export function rebooted(view: HostView, bootId: string): HostStep {
  const { host, env } = view;
  const epoch = host.epoch + 1;
  const isOpen = host.incident !== null && host.incident.state !== 'closed';
  const opened = isOpen ? ledgerOf(view) : openIncident(view, 'rebooted');
  const detail = `the same machine is back with boot id ${bootId}`;
  const proof = { kind: 'rebooted' as const, from: 'agent', status: 'obtained' as const };
  const incident: IncidentLedger = {
    ...withProof(withDecision(opened, detail, env.nowMs), { ...proof, atMs: env.nowMs, detail }),
    state: 'fenced',
    verdict: 'rebooted',
    epoch,
    fencingAtMs: env.nowMs,
    provenAtMs: env.nowMs,
  };
  const evidence = withEvidence(host, { kind: 'rebooted', epoch, atMs: env.nowMs, detail });
  return move(view, { health: 'fenced', epoch, incident, evidence }, {
    event: 'host.fenced',
    text: detail,
    incident: incident.id,
    data: { proof: 'rebooted', epoch, provenAtMs: env.nowMs },
  });
}

function floorIn(value: unknown): number {
  return (value as { epochFloor?: number }).epochFloor ?? 0;
}

function revokedDetail(value: unknown): string {
  const attachments = (value as { attachments?: unknown[] }).attachments ?? [];
  return `${attachments.length} attachments gone, no I/O of them in flight`;
}

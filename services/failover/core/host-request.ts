/** How a host comes to be known, and what a person may say of it. */
import {
  accepted,
  noTransitions,
  refused,
  withTransition,
  type Arming,
  type HostRecord,
  type IncidentLedger,
  type Observed,
  type Reply,
} from '@holdfast/contracts';
import type { Env } from '@holdfast/kernel';
import { heardSince, type HostView } from './host-view.js';
import { isForeign } from './restored.js';
import { move, openIncident, withDecision, withEvidence, withProof } from './ledger.js';

/**
 * A host's first record, made when its agent is first heard and has reported. One that has been in another incarnation
 * begins as if its record came from there: its epoch has to be found first.
 */
export function firstRecord(observed: Observed, hasPowerSwitch: boolean, env: Env): HostRecord {
  const record: HostRecord = {
    ...noTransitions(observed.former?.incarnation ?? env.incarnation, env.nowMs),
    host: observed.host,
    uuid: observed.uuid,
    bootId: observed.bootId,
    pastBootIds: [],
    epoch: 1,
    health: 'joining',
    admin: 'active',
    labels: {},
    addresses: observed.addresses,
    probePort: observed.probePort,
    power: { state: hasPowerSwitch ? 'unchecked' : 'none', detail: '' },
    reason: 'first heard',
    evidence: [],
    incident: null,
  };
  return withTransition(record, env.nowMs, { event: 'host.joining', text: 'heard for the first time' });
}

/** What the check of the power switch has found. */
export function powerChecked(
  host: HostRecord,
  found: HostRecord['power'],
  env: Env,
): HostRecord {
  const verb = found.state === 'verified' ? 'power-verified' : 'power-mismatch';
  return withTransition({ ...host, power: found }, env.nowMs, {
    event: `host.${verb}`,
    text: found.detail,
  });
}

/** Its devices were configured anew: each must be seen to belong to it again. A host in a fence is left alone. */
export function powerUnchecked(host: HostRecord, hasPowerSwitch: boolean, env: Env): HostRecord | null {
  if (host.health !== 'online' && host.health !== 'joining') return null;
  const power = { state: hasPowerSwitch ? ('unchecked' as const) : ('none' as const), detail: '' };
  const text = hasPowerSwitch ? 'its fence devices were configured anew' : 'it has no fence device any more';
  return withTransition({ ...host, power }, env.nowMs, { event: 'host.power-unchecked', text });
}

/** The scheduler has emptied the host, or it is to work again. Kept through fences and reboots until said otherwise. */
export function admitHostAdmin(
  host: HostRecord,
  request: { host: string; admin: HostRecord['admin']; after: number; reason: string },
  env: Env,
): { change: HostRecord | null; reply: Reply<{ host: string }> } {
  const { admin, after, reason } = request;
  const reply = accepted({ host: host.host });
  const adminChanges = host.adminChanges ?? 0;
  if (adminChanges !== after) {
    return { change: null, reply: host.admin === admin ? reply : refused('stale', `${host.host} was changed since`) };
  }
  const changed = { ...host, admin, adminChanges: adminChanges + 1 };
  if (host.admin === admin) return { change: changed, reply };
  const about = reason === '' ? '' : `: ${reason}`;
  const transition =
    admin === 'maintenance'
      ? { event: 'host.maintenance', text: `no VM is left on it; in maintenance${about}` }
      : { event: 'host.activated', text: 'takes VMs again' };
  return { change: withTransition(changed, env.nowMs, transition), reply };
}

/** `incident resume`: a person has looked, so the brake no longer holds this host. What proof there must be stays. */
export function admitResume(
  host: HostRecord | null,
  request: { incident: string; host: string; reason: string; by: string },
  arming: Arming,
  env: Env,
): { change: HostRecord | null; reply: Reply<{ incident: string; host: string }> } {
  const { incident: id, by, reason } = request;
  const refuse = (message: string, remedy: string): ReturnType<typeof admitResume> => ({
    change: null,
    reply: refused('conflict', message, { field: 'incident', remedy }),
  });
  const ledger = host?.incident;
  if (!host || ledger?.id !== id) return refuse(`${id} is over`, 'list the incidents: another may be in hand');
  const reply = accepted({ incident: id, host: host.host });
  if (ledger.resumed) return { change: null, reply };
  if (host.health !== 'held') return refuse(`${host.host} is ${host.health}, not held`, 'there is nothing to release');
  if (!arming.armed) return refuse('the cluster is disarmed', 'arm it, with `ha arm`');
  const text = `${by} releases the brake: ${reason}`;
  const incident = { ...withDecision(ledger, text, env.nowMs), resumed: { by, reason, atMs: env.nowMs } };
  const change = withTransition({ ...host, incident }, env.nowMs, { event: 'host.resumed', text, incident: id });
  return { change, reply };
}

/** `host confirm-dead`: a person's word is proof, so it is refused for a host that is plainly alive. */
export function admitConfirmDead(
  view: HostView,
  request: { host: string; confirm: string; reason: string; by: string },
): { change: HostRecord | null; reply: Reply<{ host: string; incident: string | null }> } {
  const { host, env } = view;
  if (request.confirm !== request.host) {
    const remedy = `repeat the host's name, ${request.host}, to confirm`;
    return no('invalid', 'confirm: does not match the host', { field: 'confirm', remedy });
  }
  const wasRestored = isForeign(view);
  if (wasRestored && !view.arming.reconciles) {
    const remedy = 'arm the cluster first, with `ha arm`';
    return no('conflict', `the record of ${host.host} comes from a backup and is not taken up yet`, { remedy });
  }
  if (host.health === 'online' && !wasRestored) {
    const remedy = 'a host that is heard cannot be confirmed dead; drain it, or switch it off first';
    return no('conflict', `${host.host} is ${host.health}: it is heard`, { remedy });
  }
  if (heardSince(view, env.nowMs - view.timing.suspectAfterMs)) {
    const remedy = 'wait until it is silent, or switch it off first';
    return no('conflict', `${host.host} was heard just now`, { remedy });
  }
  const isFencedAlready = !wasRestored && (host.health === 'fencing' || host.health === 'fenced');
  const epoch = isFencedAlready ? host.epoch : host.epoch + 1;
  const detail = `${request.by} confirms that it is dead: ${request.reason}`;
  const opened = openedFor(view);
  const proof = { kind: 'confirmed-by-person' as const, from: request.by, status: 'obtained' as const };
  const incident = {
    ...withProof(withDecision(opened, detail, env.nowMs), { ...proof, atMs: env.nowMs, detail }),
    state: 'fenced' as const,
    epoch: isFencedAlready ? opened.epoch : epoch,
    fencingAtMs: opened.fencingAtMs ?? env.nowMs,
    provenAtMs: opened.provenAtMs ?? env.nowMs,
  };
  const kind = 'confirmed-by-person' as const;
  const known = wasRestored ? { ...host, evidence: [] } : host;
  const evidence = withEvidence(known, { kind, epoch: incident.epoch, atMs: env.nowMs, detail });
  const step = move(view, { health: 'fenced', epoch, incident, evidence }, {
    event: 'host.fenced',
    text: detail,
    incident: incident.id,
    data: { proof: kind, epoch: incident.epoch, provenAtMs: env.nowMs },
  });
  return { change: step.state, reply: accepted({ host: host.host, incident: incident.id }) };
}

/** The incident in hand; of one that a backup brought back, none of the proofs is one any more. */
function openedFor(view: HostView): IncidentLedger {
  const { incident } = view.host;
  if (!isForeign(view)) return incident ?? openIncident(view, 'dead');
  if (incident === null || incident.state === 'closed') return openIncident(view, 'dead');
  return { ...incident, proofs: [], fencingAtMs: null, provenAtMs: null };
}

function no(...args: Parameters<typeof refused>): {
  change: null;
  reply: Reply<{ host: string; incident: string | null }>;
} {
  return { change: null, reply: refused(...args) };
}

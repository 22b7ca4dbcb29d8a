/**
 * A host whose record comes from a backup. Epochs were given since that nobody remembers here; the storage nodes and
 * the host's own agent do. It goes on above all of them, as one that joins: its agent destroys every copy of the
 * incarnation before, and says so by accepting the new epoch. Proofs and incidents in its record are of another time.
 */
import type { HostRecord, Observed } from '@holdfast/contracts';
import { floorsKey, heardSince, inBoot, type HostEffect, type HostStep, type HostView } from './host-view.js';
import { move, withDecision } from './ledger.js';

const lookAgainMs = 1000;

export function isForeign(view: HostView): boolean {
  return view.host.incarnation !== view.env.incarnation;
}

/** One that is not heard stays as it is: nothing is known of it, and a person may vouch that it is dead. */
export function restored(view: HostView): HostStep {
  const { host, env, timing, observed } = view;
  const wait = (effects: HostEffect[]): HostStep => ({ state: host, effects, wakeAtMs: env.nowMs + lookAgainMs });
  const heartbeat = heardSince(view, env.nowMs - timing.suspectAfterMs);
  const isReported = observed?.incarnation === env.incarnation && observed.bootId === heartbeat?.bootId;
  if (!view.arming.reconciles || !heartbeat || !isReported) return wait([]);
  const floors = view.storageNodes.map((node) => view.answer(floorsKey(node))?.reply);
  const asked = view.storageNodes.filter((_node, index) => floors[index]?.ok !== true);
  if (asked.length > 0) {
    return wait(asked.map((node) => ({ key: floorsKey(node), kind: 'floors', node, resendMs: 500 })));
  }
  const used = floors.map((reply) => (reply?.ok ? (reply.value as { hostEpoch: number }).hostEpoch : 0));
  const epoch = 1 + Math.max(host.epoch, observed.epoch, formerEpoch(observed), ...used);
  const { addresses, probePort } = observed;
  const fresh = { ...withoutPast(view), ...inBoot(host, heartbeat.bootId), addresses, probePort };
  return move(view, { ...fresh, health: 'joining', epoch }, {
    event: 'host.joining',
    text: `restored from a backup; goes on in epoch ${epoch}, its copies of before are destroyed first`,
    data: { epoch },
  });
}

/** The largest epoch that was this host's in another incarnation, as far as its agent knows. */
export function formerEpoch({ former, staleCopies }: Observed): number {
  return Math.max(former?.epoch ?? 0, ...staleCopies.map(({ hostEpoch }) => hostEpoch));
}

/** What another incarnation found out about it proves nothing in this one. */
export function withoutPast({ host, env }: HostView): Pick<HostRecord, 'sleep' | 'evidence' | 'incident' | 'power'> {
  const { incident } = host;
  const isOpen = incident !== null && incident.state !== 'closed';
  return {
    sleep: null,
    evidence: [],
    incident: isOpen
      ? {
          ...withDecision(incident, 'over: the records were restored from a backup', env.nowMs),
          state: 'closed',
          closedAtMs: env.nowMs,
        }
      : incident,
    power: host.power.state === 'none' ? host.power : { state: 'unchecked', detail: '' },
  };
}

/**
 * The proof `lease-expired`: each storage node that could have renewed the host's lease has closed it, and so much time
 * has gone by since the last renewal that the host's watchdog has reset it. It rests on what the agent said of its
 * watchdog, and only while that is bound: a binding that was released, in this very record, proves nothing.
 */
import {
  hostLeaseMs,
  leaseProofMs,
  leaseRefusal,
  leastWatchdogMs,
  pettingIntervalMs,
  type HostRecord,
  type IncidentLedger,
  type LeaseInHand,
  type Watchdog,
} from '@holdfast/contracts';
import { leaseCloseKey, type HostEffect, type HostView } from './host-view.js';
import { hasProof, withProof } from './ledger.js';
import type { Timing } from './timing.js';

const kind = 'lease-expired' as const;
/** While a fence is in hand, or its proof is, nothing that it may rest on is released. */
const isBinding: ReadonlySet<HostRecord['health']> = new Set(['fencing', 'fenced']);

/** What the agent says of its watchdog, in this boot and this incarnation. */
function saidOf({ host, env, observed }: HostView): Watchdog | null {
  const isOfNow = observed?.bootId === host.bootId && observed.incarnation === env.incarnation;
  return (isOfNow && observed.watchdog) || null;
}

function releasedOf({ bootId, watchdogReleased }: HostRecord): number {
  return watchdogReleased?.bootId === bootId ? watchdogReleased.binding : -1;
}

/** An agent that asks to be released is: it may pet its watchdog then though storage does not renew its lease. */
export function withRelease(view: HostView): HostRecord {
  const { host } = view;
  const said = saidOf(view);
  if (!said || said.armed || isBinding.has(host.health) || said.binding <= releasedOf(host)) return host;
  const released = { ...host, watchdogReleased: { bootId: host.bootId, binding: said.binding } };
  if (!host.incident?.lease) return released;
  // One that goes silent again on its way back is fenced anew by the same ledger: nothing in it may rest on this.
  const { lease: _, ...incident } = host.incident;
  return { ...released, incident };
}

/** What the proof would rest on, or why there is something, and it proves nothing; null without a bound watchdog. */
export function leaseOf(view: HostView): { lease: LeaseInHand } | { refusal: string } | null {
  const { host, timing } = view;
  const said = saidOf(view);
  if (!said?.armed || said.nodes.length === 0 || said.binding <= releasedOf(host)) return null;
  const { leaseMs, timeoutMs: watchdogMs, nodes } = said;
  const { clockMarginMs } = timing;
  const waitMs = timing.leaseProofWaitsMs ?? leaseProofMs({ leaseMs, watchdogMs, clockMarginMs });
  const refusal = leaseRefusal({ leaseMs, pettingIntervalMs, watchdogMs, clockMarginMs }, waitMs);
  return refusal === null ? { lease: { kind: said.kind, nodes, waitMs } } : { refusal };
}

/** With what the fence that begins asks for. */
export function withLeaseAsked(ledger: IncidentLedger, view: HostView): IncidentLedger {
  const found = leaseOf(view);
  if (found === null) return ledger;
  const { nowMs: atMs } = view.env;
  if ('refusal' in found) {
    return withProof(ledger, { kind, from: 'watchdog', status: 'failed', atMs, detail: found.refusal });
  }
  const { lease } = found;
  const detail = `close the lease; its watchdog (${lease.kind}) resets it within ${lease.waitMs / 1000} s`;
  return lease.nodes.reduce<IncidentLedger>(
    (known, from) => withProof(known, { kind, from, status: 'asked', atMs, detail }),
    { ...ledger, lease },
  );
}

export function asksToClose(ledger: IncidentLedger): HostEffect[] {
  const { lease, epoch } = ledger;
  if (!lease) return [];
  return lease.nodes
    .filter((node) => !hasProof(ledger, kind, node, 'obtained'))
    .map((node) => ({
      key: leaseCloseKey(epoch, node),
      kind: 'lease-close',
      node,
      epochFloor: epoch,
      waitMs: lease.waitMs,
      resendMs: 1000,
    }));
}

/** Every storage node that could renew it has said so. */
export function isLeaseExpired(ledger: IncidentLedger): boolean {
  const { lease } = ledger;
  return lease !== undefined && lease.nodes.every((node) => hasProof(ledger, kind, node, 'obtained'));
}

/** The newest word of a storage node on the lease that the ledger does not know of. */
export function leaseNews(
  view: HostView,
  ledger: IncidentLedger,
): { node: string; obtained: string } | { node: string; failed: string } | null {
  const { lease, epoch } = ledger;
  for (const node of lease?.nodes ?? []) {
    const reply = view.answer(leaseCloseKey(epoch, node))?.reply;
    if (!reply || hasProof(ledger, kind, node, 'obtained')) continue;
    if (reply.ok) {
      const waitS = (lease?.waitMs ?? 0) / 1000;
      return { node, obtained: `it renews the lease no more, and ${waitS} s have passed since it last may have` };
    }
    if (!hasProof(ledger, kind, node, 'failed')) return { node, failed: reply.refusal.message };
  }
  return null;
}

/** The inequality by which, with these times, the lease of any host at all could outlive its proof; null for none. */
export function leaseTimingRefusal({ clockMarginMs, leaseProofWaitsMs }: Timing): string | null {
  const times = { leaseMs: hostLeaseMs, pettingIntervalMs, watchdogMs: leastWatchdogMs, clockMarginMs };
  return leaseRefusal(times, leaseProofWaitsMs);
}

/**
 * Indirect probes: a few other hosts are asked to probe one that is silent, so that a broken way of our own is not
 * taken for its death. So does SWIM (Das, Gupta, Motivala: "SWIM: Scalable Weakly-consistent Infection-style Process
 * Group Membership Protocol", DSN 2002, section 3.1). Nobody is waited for: a peer gives up before our own probe does.
 */
import type { HostRecord } from '@holdfast/contracts';
import type { ProbeKind } from './host-view.js';

const peersAtMost = 3;

/** What a peer has found. */
export interface PeerView {
  kind: ProbeKind;
  /** Of the agent that answered. */
  bootId: string | null;
}

/** Those that come after it by name: so each host asks others, and every replica the same. */
export function peersOf(host: string, hosts: Iterable<HostRecord>, isHeardNow: (host: string) => boolean): string[] {
  const names: string[] = [];
  for (const other of hosts) {
    if (other.host !== host && other.health === 'online' && !other.condition && isHeardNow(other.host)) {
      names.push(other.host);
    }
  }
  names.sort();
  const first = names.findIndex((name) => name > host);
  return [...names.slice(Math.max(first, 0)), ...names.slice(0, Math.max(first, 0))].slice(0, peersAtMost);
}

/** A peer that reaches this very boot of it; one that is only connected to has found no more than a kernel. */
export function reachedBy(host: HostRecord, peers: ReadonlyMap<string, PeerView | null>): string | null {
  for (const [peer, found] of peers) {
    if (found?.kind === 'answers' && found.bootId === host.bootId) return peer;
  }
  return null;
}

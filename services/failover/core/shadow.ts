/** Shadow mode: what would be done to a host, and with what proof, is decided and written down. Nothing is done. */
import type { HostView } from './host-view.js';
import { leaseOf } from './lease-proof.js';

/** `answering`: the storage nodes that would have been asked to revoke, and answer. */
export function wouldFence(view: HostView, answering: readonly string[], why: string): string {
  const { host, storageNodes, arming } = view;
  const lease = leaseOf(view);
  const proofs = [
    // It counts only when every one of them gives it.
    ...(storageNodes.length > 0 && answering.length === storageNodes.length
      ? [`storage-revoked from ${answering.join(', ')}`]
      : []),
    ...(host.power.state === 'verified' ? ['power-off'] : []),
    ...(lease && 'lease' in lease ? [`lease-expired after ${lease.lease.waitMs / 1000} s`] : []),
  ];
  const available = proofs.length > 0 ? `with proof available: ${proofs.join('; ')}` : 'with no proof available';
  return `would have fenced it, ${available} (${why}; ${arming.text})`;
}

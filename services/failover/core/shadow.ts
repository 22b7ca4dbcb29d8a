/** Shadow mode: what would be done to a host, and with what proof, is decided and written down. Nothing is done. */
import type { HostView } from './host-view.js';

/** `answering`: the storage nodes that would have been asked to revoke, and answer. */
export function wouldFence(view: HostView, answering: readonly string[], why: string): string {
  const { host, storageNodes, arming } = view;
  const proofs = [
    // It counts only when every one of them gives it.
    ...(storageNodes.length > 0 && answering.length === storageNodes.length
      ? [`storage-revoked from ${answering.join(', ')}`]
      : []),
    ...(host.power.state === 'verified' ? ['power-off'] : []),
  ];
  const available = proofs.length > 0 ? `with proof available: ${proofs.join('; ')}` : 'with no proof available';
  return `would have fenced it, ${available} (${why}; ${arming.text})`;
}

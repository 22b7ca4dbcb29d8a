/**
 * What this host knows, past the bus, from the storage nodes: which of them last heard it, and whether it was revoked.
 * Times are of a monotonic clock. An acknowledgement counts from the *sending* of the heartbeat that it answers, for it
 * may have been on its way for long.
 */

/** Heartbeats whose acknowledgement may still come; what is older is not worth having. */
const maxSent = 128;

export interface Contact {
  /** The newest heartbeats, oldest first. */
  sent: readonly { sequence: number; atMs: number; epoch: number }[];
  /** By storage node: the newest heartbeat that it has acknowledged. */
  nodes: Readonly<Record<string, { sequence: number; sentAtMs: number }>>;
  /** By storage node: when the newest was sent that renewed this host's lease, its epoch being accepted there. */
  renewed: Readonly<Record<string, number>>;
  /** The largest floor of this host that a storage node has named: copies of a smaller epoch have lost their disks. */
  epochFloor: number;
}

export const noContact: Contact = { sent: [], nodes: {}, renewed: {}, epochFloor: 0 };

/** `epoch`: that the agent had accepted then. */
export function withSent(contact: Contact, sequence: number, atMs: number, epoch = 0): Contact {
  return { ...contact, sent: [...contact.sent.slice(1 - maxSent), { sequence, atMs, epoch }] };
}

/** Null when it counts for nothing: replayed, overtaken by a newer one, or of a heartbeat that was never sent. */
export function withAck(
  contact: Contact,
  ack: { node: string; sequence: number; epochFloor: number },
): Contact | null {
  const sent = contact.sent.find(({ sequence }) => sequence === ack.sequence);
  const known = contact.nodes[ack.node];
  if (!sent || (known && ack.sequence <= known.sequence)) return null;
  return {
    ...contact,
    nodes: { ...contact.nodes, [ack.node]: { sequence: ack.sequence, sentAtMs: sent.atMs } },
    renewed: ack.epochFloor <= sent.epoch ? { ...contact.renewed, [ack.node]: sent.atMs } : contact.renewed,
    epochFloor: Math.max(contact.epochFloor, ack.epochFloor),
  };
}

/** What is known after heartbeats went on as the last one did, from then until then. */
export function restedUntil(contact: Contact, sinceMs: number, atMs: number): Contact {
  const nodes = Object.entries(contact.nodes).map(([node, acked]) => [
    node,
    acked.sentAtMs === sinceMs ? { ...acked, sentAtMs: atMs } : acked,
  ]);
  const renewed = Object.entries(contact.renewed).map(([node, sentAtMs]) => [
    node,
    sentAtMs === sinceMs ? atMs : sentAtMs,
  ]);
  return {
    ...contact,
    nodes: Object.fromEntries(nodes) as Contact['nodes'],
    renewed: Object.fromEntries(renewed) as Contact['renewed'],
  };
}

/** When the newest heartbeat was sent that any of these storage nodes has acknowledged; null if none ever was. */
export function lastAckedMs(contact: Contact, nodes: Iterable<string>): number | null {
  return newestOf(nodes, (node) => contact.nodes[node]?.sentAtMs);
}

/** When the newest heartbeat was sent by which any of these storage nodes has renewed the lease; null if none was. */
export function lastRenewedMs({ renewed }: Contact, nodes: Iterable<string>): number | null {
  return newestOf(nodes, (node) => renewed[node]);
}

function newestOf(nodes: Iterable<string>, sentAtMs: (node: string) => number | undefined): number | null {
  let newestMs: number | null = null;
  for (const node of nodes) {
    const atMs = sentAtMs(node);
    if (atMs !== undefined && (newestMs === null || atMs > newestMs)) newestMs = atMs;
  }
  return newestMs;
}

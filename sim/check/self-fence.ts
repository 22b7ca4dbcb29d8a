/**
 * Whether a host that is cut off from everybody ends, within its lease, the VMs that others may start; and one that is
 * told by storage that it was revoked ends what it runs of before.
 */
import type { Loop } from '../engine/loop.js';
import type { Domain } from '../world/domain.js';

const everyMs = 2000;
/** The lease, and what the slowest hypervisor takes to end a VM. */
const endsWithinMs = 15_000 + 10_000;
/** The same of a host that is told: a beat, a look at what runs, and the hypervisor. */
const obeysWithinMs = 15_000;

export interface WatchedHost {
  name: string;
  /** Grows with every start of its agent; null while that cannot act, or its hypervisor does not. */
  agentLife: number | null;
  /** The bus reaches it. */
  hasBus: boolean;
  /** A storage service that runs and its network reach each other. */
  hasStorage: boolean;
  /** Running here although others may start them. */
  domains(): readonly Domain[];
  /** Running here from before the epoch below which a storage node that hears it accepts nothing. */
  revoked: readonly Domain[];
}

interface Seen {
  life: number | null;
  /** In this life of its agent storage was there for two looks in a row: it has acknowledged it. */
  storageLooks: number;
  cutOffSinceMs: number | null;
  /** Since when copies that storage has shut out run there while it tells so. */
  toldSinceMs: number | null;
}

export function watchSelfFence(loop: Loop, hosts: () => Iterable<WatchedHost>, broken: (text: string) => void): void {
  const seen = new Map<string, Seen>();
  const look = (): void => {
    for (const host of hosts()) {
      const before = seen.get(host.name);
      const isSame = before !== undefined && before.life === host.agentLife && host.agentLife !== null;
      const storageLooks = isSame ? before.storageLooks : 0;
      const isAcked = storageLooks >= 2;
      const isCutOff = isSame && isAcked && !host.hasBus && !host.hasStorage;
      const cutOffSinceMs = isCutOff ? (before.cutOffSinceMs ?? loop.nowMs) : null;
      const looks = host.hasStorage ? storageLooks + 1 : isAcked ? storageLooks : 0;
      const toldSinceMs = isSame && host.revoked.length > 0 ? (before.toldSinceMs ?? loop.nowMs) : null;
      seen.set(host.name, { life: host.agentLife, storageLooks: looks, cutOffSinceMs, toldSinceMs });
      if (toldSinceMs !== null && loop.nowMs - toldSinceMs >= obeysWithinMs) {
        for (const { identity } of host.revoked) {
          broken(`${identity.vm} g${identity.generation} runs on ${host.name}, told by storage that it was revoked`);
        }
      }
      if (cutOffSinceMs === null || loop.nowMs - cutOffSinceMs < endsWithinMs) continue;
      for (const { identity } of host.domains()) {
        broken(`${identity.vm} g${identity.generation} runs on ${host.name}, cut off for longer than its lease`);
      }
    }
    loop.after(everyMs, look);
  };
  loop.after(everyMs, look);
}

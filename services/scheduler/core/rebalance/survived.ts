/** Losses that are survived as things stand have to be survived after each move. */
import { capacityBookOf, type CapacityBook } from '../capacity/book.js';
import { anyOneHost, type LossKind } from '../capacity/losses.js';
import type { Snapshot } from '../placement/snapshot.js';

/** Proofs that one plan may make beforehand; what is not proven in time is not watched. */
const provenAtMost = 2000;

interface Watched {
  book: CapacityBook;
  losses: ReadonlySet<number>;
}

/** Of any one host, and of what the settings name. */
function kindsOf({ settings }: Snapshot): LossKind[] {
  const kind = { hosts: settings.admissionHosts, label: settings.admissionLabel };
  return kind.hosts === 1 && kind.label === null ? [anyOneHost] : [anyOneHost, kind];
}

export class SurvivedLosses {
  private watched: Watched[];

  constructor(private readonly snapshot: Snapshot) {
    this.watched = kindsOf(snapshot).map((kind) => {
      const kept = capacityBookOf(snapshot, kind);
      kept.proveSome(provenAtMost);
      return { book: kept.copy(), losses: kept.survived() };
    });
  }

  /** Within a trial. False: it stays where it is, as somebody would not return after some loss. */
  put(vm: number, host: number): boolean {
    const { snapshot } = this;
    const { vms, hosts } = snapshot;
    const from = vms.at[vm] as number;
    const before = snapshot.vm(vms.nameOf(vm));
    if (!before) return false;
    snapshot.put(vm, host);
    const now = { ...before, at: hosts.nameOf(host), to: null, chosen: null };
    const after: Watched[] = [];
    for (const { book, losses } of this.watched) {
      const changed = book.copy();
      changed.vmChanged(vm, before, now);
      if (!changed.areSurvived(losses)) {
        snapshot.put(vm, from);
        return false;
      }
      after.push({ book: changed, losses });
    }
    this.watched = after;
    return true;
  }
}

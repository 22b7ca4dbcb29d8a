/**
 * For each loss of hosts, whether all returns after it: kept up to date.
 *
 * Each yes keeps its witness. A change asks again for those losses alone whose witness it breaks (room or a rule that
 * the witness relies on), whose victims are others now, or whose no may have become a yes.
 */
import type { HostFacts, VmFacts } from '../placement/facts.js';
import { addShares, hasShares, type Shares } from '../placement/shares.js';
import type { HeldVm, Snapshot, SnapshotWatcher } from '../placement/snapshot.js';
import { anyOneHost, lossesOf, type LossKind } from './losses.js';
import { prove, type Proof } from './prove.js';

const books = new WeakMap<Snapshot, CapacityBook[]>();
/** One for each host, and one for what the settings name. */
const booksAtMost = 2;

/** Made once for each snapshot and kind; follows the snapshot from then on. */
export function capacityBookOf(snapshot: Snapshot, kind: LossKind = anyOneHost): CapacityBook {
  const known = books.get(snapshot) ?? [];
  books.set(snapshot, known);
  const is = (book: CapacityBook, { hosts, label }: LossKind): boolean =>
    book.kind.label === label && (label !== null || book.kind.hosts === hosts);
  const found = known.find((book) => is(book, kind));
  if (found) return found;
  const old = known.length < booksAtMost ? -1 : known.findIndex((book) => !is(book, anyOneHost));
  if (old >= 0) for (const book of known.splice(old, 1)) snapshot.unwatch(book);
  const book = new CapacityBook(snapshot, kind);
  known.push(book);
  return book;
}

export class CapacityBook implements SnapshotWatcher {
  /** Of any one host: by its slot. */
  private losses: readonly (readonly number[])[] = [];
  /** By host slot: the losses that it is part of; null where each host is one. */
  private lossesOf: readonly number[][] | null = null;
  /** By loss; null: to be proven (again). */
  private proofs: (Proof | null)[] = [];
  private readonly due = new Set<number>();
  private readonly isByHost: boolean;

  /** `known`: what another one knows; it is told of changes by whoever makes them, and does not follow the snapshot. */
  constructor(
    private readonly snapshot: Snapshot,
    readonly kind: LossKind,
    known: CapacityBook | null = null,
  ) {
    this.isByHost = kind.label === null && kind.hosts === 1;
    if (known) {
      this.losses = known.losses;
      this.lossesOf = known.lossesOf;
      this.proofs = [...known.proofs];
      for (const loss of known.due) this.due.add(loss);
      return;
    }
    snapshot.watch(this);
    this.rulesChanged();
  }

  /** For a trial. */
  copy(): CapacityBook {
    return new CapacityBook(this.snapshot, this.kind, this);
  }

  /** The losses, by number, after which all return, as far as that was proven. */
  survived(): ReadonlySet<number> {
    return new Set([...this.proofs.keys()].filter((loss) => this.proofs[loss]?.witness));
  }

  /** Whether that still holds for all of these. */
  areSurvived(losses: ReadonlySet<number>): boolean {
    const asked = [...this.due].filter((loss) => losses.has(loss));
    return asked.every((loss) => this.proof(loss).witness !== null);
  }

  /** How many losses have to be looked at again before all is known. */
  get dueCount(): number {
    return this.due.size;
  }

  /** Of so many losses at most. */
  proveSome(count: number): void {
    let left = count;
    for (const loss of this.due) {
      if (left <= 0) return;
      left -= 1;
      this.proof(loss);
    }
  }

  /** Of the loss of one host, by its slot: where that is the kind of loss. */
  proofOf(host: number): Proof {
    return this.proof(host);
  }

  /** The losses (slots of hosts) that would leave something behind, for all that is known, each with its proof. */
  failing(): { hosts: readonly number[]; proof: Proof }[] {
    this.proveSome(Infinity);
    return this.proofs.flatMap((proof, loss) =>
      proof && proof.witness === null ? [{ hosts: this.hostsOf(loss), proof }] : [],
    );
  }

  /** The losses that are survived, for all that is known, by way of this host. */
  relyingOn(host: number): (readonly number[])[] {
    return this.proofs.flatMap((proof, loss) => (proof?.witness?.hosts.includes(host) ? [this.hostsOf(loss)] : []));
  }

  rulesChanged(): void {
    const { snapshot } = this;
    this.proofs = [];
    this.due.clear();
    if (this.isByHost) {
      for (let host = 0; host < snapshot.hosts.size; host += 1) this.ask(host);
      return;
    }
    this.losses = lossesOf(snapshot, this.kind).all;
    const byHost = Array.from({ length: snapshot.hosts.size }, (): number[] => []);
    for (const [loss, hosts] of this.losses.entries()) {
      this.ask(loss);
      for (const host of hosts) byHost[host]?.push(loss);
    }
    this.lossesOf = byHost;
  }

  hostChanged(_host: number, before: HostFacts | null, now: HostFacts | null): void {
    if (before && now && isSameHost(before, now)) return;
    this.rulesChanged();
  }

  vmChanged(_vm: number, before: HeldVm | null, now: VmFacts | null): void {
    const name = before?.name ?? now?.name ?? '';
    const isGrouped = (this.snapshot.rulesOf(name)?.group.size ?? 1) > 1;
    if (before && now && isSameVm(before, now) && !isGrouped) return;
    const { hosts } = this.snapshot;
    const slot = (host: string | null | undefined): number => (host == null ? -1 : (hosts.slot(host) ?? -1));
    const [wasAt, wasTo, at, to] = [slot(before?.at), slot(before?.to), slot(now?.at), slot(now?.to)];
    this.askOn(wasAt);
    this.askOn(at);
    const isOther = (before?.shares ?? []).join(' ') !== (now?.shares ?? []).join(' ');
    const grew = !before || !now || isOther || now.memoryMiB > before.memoryMiB || now.cpus > before.cpus;
    const shrank = !before || !now || isOther || now.memoryMiB < before.memoryMiB || now.cpus < before.cpus;
    const had = (host: number): boolean => host === wasAt || host === wasTo;
    const has = (host: number): boolean => host === at || host === to;
    const taken = [at, to].filter((host) => host >= 0 && (grew || !had(host)));
    const isFreed = [wasAt, wasTo].some((host) => host >= 0 && (shrank || !has(host)));
    for (let loss = 0; loss < this.proofs.length; loss += 1) {
      const proof = this.proofs[loss];
      if (!proof) continue;
      if (proof.hasGroup || (proof.witness ? !this.stands(proof, taken, name) : isFreed)) this.ask(loss);
    }
    if (!this.isByHost || (taken.length === 0 && !isFreed)) return;
    for (let host = this.proofs.length; host < hosts.size; host += 1) this.ask(host);
  }

  /** Whether the witness can do with what is left on these hosts, which this VM has come to. */
  private stands({ witness }: Proof, taken: readonly number[], name: string): boolean {
    if (!witness) return false;
    const { hosts, vms } = this.snapshot;
    // It may have come to a host that is of one label with any of theirs.
    const spread = taken.length === 0 ? [] : (this.snapshot.rulesOf(name)?.spread ?? []);
    const others = new Set(spread.flatMap((rule) => rule.vms));
    if (others.size > 0 && witness.vms.some((vm) => others.has(vms.nameOf(vm)))) return false;
    for (const host of taken) {
      let memoryMiB = hosts.usedMemoryMiB[host] as number;
      let vcpus = hosts.usedVcpus[host] as number;
      let shares: Shares | null = null;
      let relies = false;
      for (let i = 0; i < witness.vms.length; i += 1) {
        if (witness.hosts[i] !== host) continue;
        const victim = witness.vms[i] as number;
        relies = true;
        memoryMiB += vms.memoryMiB[victim] as number;
        vcpus += vms.cpus[victim] as number;
        shares = addShares(shares, vms.sharesOf(victim));
        if (this.areApart(name, vms.nameOf(victim))) return false;
      }
      if (!relies) continue;
      if (memoryMiB > (hosts.memoryMiB[host] as number) || vcpus > (hosts.vcpus[host] as number)) return false;
      if (!hasShares(this.snapshot, host, shares)) return false;
    }
    return true;
  }

  private areApart(a: string, b: string): boolean {
    return this.snapshot.rulesOf(a)?.apart.some(({ vms }) => vms.includes(b)) ?? false;
  }

  private proof(loss: number): Proof {
    const known = this.proofs[loss];
    if (known) return known;
    this.due.delete(loss);
    const proof = prove(this.snapshot, this.hostsOf(loss));
    this.proofs[loss] = proof;
    return proof;
  }

  private hostsOf(loss: number): readonly number[] {
    return this.isByHost ? [loss] : (this.losses[loss] ?? []);
  }

  private askOn(host: number): void {
    if (host < 0) return;
    if (this.isByHost) this.ask(host);
    else for (const loss of this.lossesOf?.[host] ?? []) this.ask(loss);
  }

  private ask(loss: number): void {
    this.proofs[loss] = null;
    this.due.add(loss);
  }
}

function isSameHost(a: HostFacts, b: HostFacts): boolean {
  return a.cpus === b.cpus && a.vcpus === b.vcpus && a.memoryMiB === b.memoryMiB && a.isOnline === b.isOnline &&
    a.isHeldOff === b.isHeldOff && (a.closed === null) === (b.closed === null) && a.keepsGroups === b.keepsGroups &&
    JSON.stringify(a.labels) === JSON.stringify(b.labels) &&
    a.lostPools.join(' ') === b.lostPools.join(' ') && a.offers === b.offers &&
    (a.shares ?? []).join(' ') === (b.shares ?? []).join(' ');
}

function isSameVm(a: HeldVm, b: VmFacts): boolean {
  return a.at === b.at && a.to === b.to && a.cpus === b.cpus && a.memoryMiB === b.memoryMiB &&
    a.isWanted === b.isWanted && a.isProtected === b.isProtected && a.isAbandoning === b.isAbandoning &&
    a.failback === b.failback && (a.needs ?? []).join(' ') === (b.needs ?? []).join(' ') &&
    (a.shares ?? []).join(' ') === (b.shares ?? []).join(' ') &&
    (a.pools ?? []).join(' ') === (b.pools ?? []).join(' ');
}

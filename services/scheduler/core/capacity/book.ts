/**
 * For each host, whether all returns once it is lost: kept up to date.
 *
 * Each yes keeps its witness. A change asks again for those hosts alone whose witness it breaks (room or a rule that
 * the witness relies on), whose victims are others now, or whose no may have become a yes.
 */
import type { HostFacts, VmFacts } from '../placement/facts.js';
import type { HeldVm, Snapshot, SnapshotWatcher } from '../placement/snapshot.js';
import { prove, type Proof } from './prove.js';

const books = new WeakMap<Snapshot, CapacityBook>();

/** Made once for each snapshot; follows it from then on. */
export function capacityBookOf(snapshot: Snapshot): CapacityBook {
  const known = books.get(snapshot);
  if (known) return known;
  const book = new CapacityBook(snapshot);
  books.set(snapshot, book);
  return book;
}

export class CapacityBook implements SnapshotWatcher {
  /** By host slot; null: to be proven (again). */
  private proofs: (Proof | null)[] = [];
  private readonly due = new Set<number>();

  constructor(private readonly snapshot: Snapshot) {
    snapshot.watch(this);
    this.rulesChanged();
  }

  /** How many hosts have to be looked at again before all is known. */
  get dueCount(): number {
    return this.due.size;
  }

  /** Of so many hosts at most. */
  proveSome(count: number): void {
    let left = count;
    for (const host of this.due) {
      if (left <= 0) return;
      left -= 1;
      this.proofOf(host);
    }
  }

  /** Of the loss of one host, by its slot. */
  proofOf(host: number): Proof {
    const known = this.proofs[host];
    if (known) return known;
    this.due.delete(host);
    const proof = prove(this.snapshot, [host]);
    this.proofs[host] = proof;
    return proof;
  }

  /** The slots of the hosts whose loss would leave something behind, for all that is known. */
  failing(): number[] {
    this.proveSome(Infinity);
    return this.proofs.flatMap((proof, host) => (proof && proof.witness === null ? [host] : []));
  }

  rulesChanged(): void {
    for (let host = 0; host < this.snapshot.hosts.size; host += 1) this.ask(host);
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
    this.ask(wasAt);
    this.ask(at);
    const grew = !before || !now || now.memoryMiB > before.memoryMiB || now.cpus > before.cpus;
    const shrank = !before || !now || now.memoryMiB < before.memoryMiB || now.cpus < before.cpus;
    const had = (host: number): boolean => host === wasAt || host === wasTo;
    const has = (host: number): boolean => host === at || host === to;
    const taken = [at, to].filter((host) => host >= 0 && (grew || !had(host)));
    const isFreed = [wasAt, wasTo].some((host) => host >= 0 && (shrank || !has(host)));
    for (let host = 0; host < this.proofs.length; host += 1) {
      const proof = this.proofs[host];
      if (!proof) continue;
      if (proof.hasGroup || (proof.witness ? !this.stands(proof, taken, name) : isFreed)) this.ask(host);
    }
    if (taken.length === 0 && !isFreed) return;
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
      let relies = false;
      for (let i = 0; i < witness.vms.length; i += 1) {
        if (witness.hosts[i] !== host) continue;
        const victim = witness.vms[i] as number;
        relies = true;
        memoryMiB += vms.memoryMiB[victim] as number;
        vcpus += vms.cpus[victim] as number;
        if (this.areApart(name, vms.nameOf(victim))) return false;
      }
      if (!relies) continue;
      if (memoryMiB > (hosts.memoryMiB[host] as number) || vcpus > (hosts.vcpus[host] as number)) return false;
    }
    return true;
  }

  private areApart(a: string, b: string): boolean {
    return this.snapshot.rulesOf(a)?.apart.some(({ vms }) => vms.includes(b)) ?? false;
  }

  private ask(host: number): void {
    if (host < 0) return;
    this.proofs[host] = null;
    this.due.add(host);
  }
}

function isSameHost(a: HostFacts, b: HostFacts): boolean {
  return a.cpus === b.cpus && a.vcpus === b.vcpus && a.memoryMiB === b.memoryMiB && a.isOnline === b.isOnline &&
    a.isHeldOff === b.isHeldOff && (a.closed === null) === (b.closed === null) && a.keepsGroups === b.keepsGroups &&
    JSON.stringify(a.labels) === JSON.stringify(b.labels) &&
    a.lostPools.join(' ') === b.lostPools.join(' ');
}

function isSameVm(a: HeldVm, b: VmFacts): boolean {
  return a.at === b.at && a.to === b.to && a.cpus === b.cpus && a.memoryMiB === b.memoryMiB &&
    a.isWanted === b.isWanted && a.isProtected === b.isProtected && a.isAbandoning === b.isAbandoning &&
    a.failback === b.failback && (a.pools ?? []).join(' ') === (b.pools ?? []).join(' ');
}

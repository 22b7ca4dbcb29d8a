/**
 * Who has how much room, and who is where: all that placement and proofs of capacity look at.
 *
 * It follows the records, one host or VM at a time, and each change costs the same however many there are. What is only
 * imagined (a host that is lost, a VM that is put elsewhere) is tried out and taken back: no copy is ever made.
 */
import { defaultSettings, type RuleRecord, type Settings } from '@holdfast/contracts';
import { bookFor, type RuleBook, type VmRules } from '../rule.js';
import { HostColumns, VmColumns, vmFlag } from './columns.js';
import type { HostFacts, Refusal, VmFacts } from './facts.js';
import type { HostRules } from './limits.js';
import { isMet } from './needs.js';

/** A VM as the snapshot holds it; host names, null for none. */
export type HeldVm = Omit<VmFacts, 'chosen'>;

type Undo = () => void;

const needsAtMost = 1000;

/** Told of each change of the facts, never of a trial. */
export interface SnapshotWatcher {
  rulesChanged(): void;
  /** After the change. */
  hostChanged(host: number, before: HostFacts | null, now: HostFacts | null): void;
  /** After the change; the slot may be free by now. */
  vmChanged(vm: number, before: HeldVm | null, now: VmFacts | null): void;
}

export class Snapshot {
  readonly hosts = new HostColumns();
  readonly vms = new VmColumns();
  /** How hosts are compared; what they allow of a host's room is in its facts. */
  settings: Settings = defaultSettings;
  /** Slots that host rules name, kept by whoever looks them up. */
  readonly hostRules = new WeakMap<object, HostRules>();
  private book: RuleBook = { vms: new Map(), exclusions: [] };
  private journal: Undo[] | null = null;
  private watchers: SnapshotWatcher[] = [];
  /** Pools that some host has lost, with the slots of these hosts. */
  private readonly lost = new Map<string, Set<number>>();
  /** By what VMs ask of a host: the slots of those that do not have it. Made when it is first asked for. */
  private readonly without = new Map<string, Set<number>>();

  /** Free of charge when they are the same array as last time. */
  setRules(rules: readonly RuleRecord[]): void {
    const book = bookFor(rules);
    if (book === this.book) return;
    this.book = book;
    for (const watcher of this.watchers) watcher.rulesChanged();
  }

  watch(watcher: SnapshotWatcher): void {
    this.watchers.push(watcher);
  }

  unwatch(watcher: SnapshotWatcher): void {
    this.watchers = this.watchers.filter((each) => each !== watcher);
  }

  /** Null when no rule names this VM. */
  rulesOf(vm: string): VmRules | null {
    return this.book.vms.get(vm) ?? null;
  }

  get exclusions(): RuleBook['exclusions'] {
    return this.book.exclusions;
  }

  /** Those of these pools that some host does not reach, each with the slots of such hosts. */
  lostOf(pools: readonly string[]): { pool: string; hosts: ReadonlySet<number> }[] {
    return pools.flatMap((pool) => {
      const hosts = this.lost.get(pool);
      return hosts ? [{ pool, hosts }] : [];
    });
  }

  /** Those of these needs that some host does not meet, each with the slots of such hosts. */
  lackingOf(needs: readonly string[]): { need: string; hosts: ReadonlySet<number> }[] {
    return needs.flatMap((need) => {
      const hosts = this.without.get(need) ?? this.findWithout(need);
      return hosts.size > 0 ? [{ need, hosts }] : [];
    });
  }

  private findWithout(need: string): ReadonlySet<number> {
    // Whoever explains may ask for anything.
    if (this.without.size >= needsAtMost) this.without.clear();
    const found = new Set<number>();
    for (const [slot, facts] of this.hosts.facts.entries()) if (facts && !isMet(need, facts.offers)) found.add(slot);
    this.without.set(need, found);
    return found;
  }

  /** What its record says now; null when it is not among the hosts any more. */
  setHost(name: string, facts: HostFacts | null): void {
    this.refuseInTrial();
    const slot = facts ? this.hosts.slotFor(name) : this.hosts.slot(name);
    if (slot === undefined) return;
    const before = this.hosts.facts[slot] ?? null;
    for (const pool of before?.lostPools ?? []) {
      const without = this.lost.get(pool);
      without?.delete(slot);
      if (without?.size === 0) this.lost.delete(pool);
    }
    for (const pool of facts?.lostPools ?? []) {
      const without = this.lost.get(pool) ?? new Set();
      this.lost.set(pool, without.add(slot));
    }
    if (before?.offers !== facts?.offers || !before || !facts) {
      for (const [need, hosts] of this.without) {
        if (facts && !isMet(need, facts.offers)) hosts.add(slot);
        else hosts.delete(slot);
      }
    }
    this.hosts.set(slot, facts);
    for (const watcher of this.watchers) watcher.hostChanged(slot, before, facts);
  }

  /** What its record says now; null when there is none any more. */
  setVm(name: string, facts: VmFacts | null): void {
    this.refuseInTrial();
    const { vms, watchers } = this;
    const before = watchers.length === 0 ? null : this.vm(name);
    const known = vms.slot(name);
    const slot = known ?? (facts ? vms.slotFor(name) : -1);
    if (slot < 0) return;
    if (known !== undefined) this.hold(known, -1, -1);
    if (!facts) {
      vms.free(slot);
      for (const watcher of watchers) watcher.vmChanged(slot, before, null);
      return;
    }
    vms.cpus[slot] = facts.cpus;
    vms.memoryMiB[slot] = facts.memoryMiB;
    vms.priority[slot] = facts.priority;
    vms.flags[slot] =
      (facts.isWanted ? vmFlag.wanted : 0) |
      (facts.isProtected ? vmFlag.protected : 0) |
      (facts.failback ? vmFlag.failback : 0) |
      (facts.isAbandoning ? vmFlag.abandoning : 0) |
      (facts.shares ? vmFlag.shares : 0);
    if (facts.shares) vms.shares.set(slot, facts.shares);
    else vms.shares.delete(slot);
    if (facts.chosen) vms.chosen.set(slot, facts.chosen);
    else vms.chosen.delete(slot);
    if (facts.claims) vms.claims.set(slot, facts.claims);
    else vms.claims.delete(slot);
    vms.setPools(slot, facts.pools ?? []);
    vms.setNeeds(slot, facts.needs ?? []);
    this.hold(slot, this.slotOrNone(facts.at), this.slotOrNone(facts.to));
    for (const watcher of watchers) watcher.vmChanged(slot, before, facts);
  }

  vm(name: string): HeldVm | null {
    const { vms } = this;
    const slot = vms.slot(name);
    if (slot === undefined) return null;
    const flags = vms.flags[slot] ?? 0;
    return {
      name,
      cpus: vms.cpus[slot] ?? 0,
      memoryMiB: vms.memoryMiB[slot] ?? 0,
      at: this.nameOrNull(vms.at[slot]),
      to: this.nameOrNull(vms.to[slot]),
      isWanted: (flags & vmFlag.wanted) !== 0,
      isProtected: (flags & vmFlag.protected) !== 0,
      isAbandoning: (flags & vmFlag.abandoning) !== 0,
      priority: vms.priority[slot] ?? 0,
      failback: (flags & vmFlag.failback) !== 0,
      pools: vms.poolsOf(slot),
      needs: vms.needsOf(slot),
      shares: vms.sharesOf(slot),
    };
  }

  /** Slots of the VMs that take room on a host, in no order that may matter. */
  *vmsOn(host: number): Generator<number> {
    for (let entry = this.hosts.first[host] ?? -1; entry >= 0; entry = this.vms.next[entry] ?? -1) yield entry >> 1;
  }

  /** Of a trial: a VM is on this host and nowhere else; `host` -1 for nowhere. */
  put(vm: number, host: number): void {
    const journal = this.inTrial();
    const at = this.vms.at[vm] ?? -1;
    const to = this.vms.to[vm] ?? -1;
    journal.push(() => this.hold(vm, at, to));
    this.hold(vm, host, -1);
  }

  /** Of a trial: a host is away and takes no VM. Those that are on it still take room there. */
  close(host: number, why: Refusal): void {
    this.setOpen(host, why, false);
  }

  /** Of a trial: a host takes no VM, and is online or not as before. */
  drain(host: number, why: Refusal): void {
    this.setOpen(host, why, this.hosts.online[host] === 1);
  }

  /** Of a trial: a host takes VMs, whatever keeps them from it. */
  open(host: number): void {
    this.setOpen(host, null, true);
  }

  private setOpen(host: number, closed: Refusal | null, isOnline: boolean): void {
    const journal = this.inTrial();
    const before = this.hosts.facts[host] ?? null;
    journal.push(() => this.hosts.set(host, before));
    this.hosts.close(host, closed, isOnline);
  }

  /** Whatever the trial does to this snapshot is taken back when it ends. Trials may be nested. */
  tryOut<T>(trial: () => T): T {
    const outer = this.journal;
    const journal: Undo[] = [];
    this.journal = journal;
    try {
      return trial();
    } finally {
      for (let last = journal.pop(); last; last = journal.pop()) last();
      this.journal = outer;
    }
  }

  /** All that it holds, in the order of the names: two that say the same are equal. */
  toJSON(): object {
    const { hosts, vms } = this;
    const sorted = [...hosts.names].filter((name) => this.factsOf(name)).sort();
    const rooms = sorted.map((name) => {
      const slot = hosts.slotFor(name);
      const on = [...this.vmsOn(slot)].map((vm) => vms.nameOf(vm)).sort();
      const shares = hosts.shares.map(({ used }) => used[slot]);
      const used = { vcpus: hosts.usedVcpus[slot], memoryMiB: hosts.usedMemoryMiB[slot], shares };
      const flags = [hosts.open[slot], hosts.heldOff[slot], hosts.online[slot]];
      return { ...this.factsOf(name), used, flags, on };
    });
    const names = vms.allNames().sort();
    const chosen = (name: string): object | null => vms.chosen.get(vms.slotFor(name)) ?? null;
    const held = names.map((name) => ({ ...this.vm(name), chosen: chosen(name) }));
    const lost = [...this.lost].map(([pool, slots]) => [pool, [...slots].map((slot) => hosts.nameOf(slot)).sort()]);
    return { hosts: rooms, vms: held, lost: lost.sort() };
  }

  factsOf(host: string): HostFacts | null {
    const slot = this.hosts.slot(host);
    return slot === undefined ? null : (this.hosts.facts[slot] ?? null);
  }

  /** Lets go of the room that a VM has and takes it on these. */
  private hold(vm: number, at: number, to: number): void {
    const { vms } = this;
    this.leave(vm * 2, vms.at[vm] ?? -1);
    this.leave(vm * 2 + 1, vms.to[vm] ?? -1);
    vms.at[vm] = at;
    vms.to[vm] = to;
    this.join(vm * 2, at);
    this.join(vm * 2 + 1, to);
  }

  private join(entry: number, host: number): void {
    if (host < 0) return;
    const { hosts, vms } = this;
    const first = hosts.first[host] as number;
    vms.next[entry] = first;
    vms.previous[entry] = -1;
    if (first >= 0) vms.previous[first] = entry;
    hosts.first[host] = entry;
    hosts.usedVcpus[host] = (hosts.usedVcpus[host] as number) + (vms.cpus[entry >> 1] as number);
    hosts.usedMemoryMiB[host] = (hosts.usedMemoryMiB[host] as number) + (vms.memoryMiB[entry >> 1] as number);
    if (((vms.flags[entry >> 1] as number) & vmFlag.shares) !== 0) this.share(entry >> 1, host, 1);
  }

  private leave(entry: number, host: number): void {
    if (host < 0) return;
    const { hosts, vms } = this;
    const next = vms.next[entry] as number;
    const previous = vms.previous[entry] as number;
    if (previous >= 0) vms.next[previous] = next;
    else hosts.first[host] = next;
    if (next >= 0) vms.previous[next] = previous;
    hosts.usedVcpus[host] = (hosts.usedVcpus[host] as number) - (vms.cpus[entry >> 1] as number);
    hosts.usedMemoryMiB[host] = (hosts.usedMemoryMiB[host] as number) - (vms.memoryMiB[entry >> 1] as number);
    if (((vms.flags[entry >> 1] as number) & vmFlag.shares) !== 0) this.share(entry >> 1, host, -1);
  }

  private share(vm: number, host: number, sign: 1 | -1): void {
    const shares = this.vms.sharesOf(vm);
    if (!shares) return;
    for (const [kind, { used }] of this.hosts.shares.entries()) {
      used[host] = (used[host] as number) + sign * (shares[kind] as number);
    }
  }

  private slotOrNone(host: string | null): number {
    return host === null ? -1 : this.hosts.slotFor(host);
  }

  private nameOrNull(slot: number | undefined): string | null {
    return slot === undefined || slot < 0 ? null : this.hosts.nameOf(slot);
  }

  private inTrial(): Undo[] {
    if (!this.journal) throw new Error('only a trial puts VMs and closes hosts: records do the rest');
    return this.journal;
  }

  private refuseInTrial(): void {
    if (this.journal) throw new Error('records change between trials');
  }
}

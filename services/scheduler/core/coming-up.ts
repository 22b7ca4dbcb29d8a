import type { VmPhase, VmRecord } from '@holdfast/contracts';
import type { Cluster } from './cluster.js';
import { isOut } from './proof.js';

const risingPhases: readonly VmPhase[] = ['attaching', 'starting', 'recovering'];

/**
 * VMs that are on their way up or have lost their host, in the order in which they became known: kept in step with the
 * watched facts, so that those that wait for one another need not pass over every VM there is.
 */
export class ComingUp {
  private readonly places = new Map<string, number>();
  private placeCount = 0;
  /** Names of those that have a host, by its name. */
  private readonly byHost = new Map<string, Set<string>>();
  private readonly hostOf = new Map<string, string>();
  private readonly epochs = new Map<string, number>();
  private readonly members = new Set<string>();
  private readonly changed = new Set<string>();
  private held: readonly VmRecord[] = [];
  /** Those of them of higher priority than this one. */
  private readonly heldAbove = new Map<number, readonly VmRecord[]>();

  constructor(private readonly facts: Pick<Cluster, 'host' | 'vm'>) {}

  /** Of its record only the epoch matters. */
  readonly hostChanged = (host: string): void => {
    const epoch = this.facts.host(host)?.epoch ?? 0;
    if (epoch === this.epochs.get(host)) return;
    this.epochs.set(host, epoch);
    for (const vm of this.byHost.get(host) ?? []) this.changed.add(vm);
  };

  readonly vmChanged = (vm: string): void => {
    if (!this.places.has(vm)) this.places.set(vm, (this.placeCount += 1));
    this.changed.add(vm);
  };

  /** The same array as long as nothing of it has changed. */
  current(): readonly VmRecord[] {
    if (this.changed.size === 0) return this.held;
    let isNew = false;
    for (const name of this.changed) isNew = this.look(name) || isNew;
    this.changed.clear();
    if (isNew) {
      this.held = this.ordered();
      this.heldAbove.clear();
    }
    return this.held;
  }

  above(priority: number): readonly VmRecord[] {
    const all = this.current();
    const held = this.heldAbove.get(priority) ?? above(all, priority);
    this.heldAbove.set(priority, held);
    return held;
  }

  /** Whether that may change what is told. */
  private look(name: string): boolean {
    const vm = this.facts.vm(name);
    this.settle(name, vm?.assignment?.host ?? null);
    const was = this.members.delete(name);
    if (!vm) this.places.delete(name);
    const is = vm !== null && this.isMember(vm);
    if (is) this.members.add(name);
    return was || is;
  }

  private settle(name: string, host: string | null): void {
    const before = this.hostOf.get(name) ?? null;
    if (before === host) return;
    if (before !== null) this.byHost.get(before)?.delete(name);
    if (host === null) {
      this.hostOf.delete(name);
      return;
    }
    this.hostOf.set(name, host);
    const there = this.byHost.get(host);
    if (there) there.add(name);
    else this.byHost.set(host, new Set([name]));
  }

  private isMember({ phase, assignment }: VmRecord): boolean {
    if (risingPhases.includes(phase)) return true;
    return assignment !== null && isOut(this.facts.host(assignment.host), assignment);
  }

  private ordered(): VmRecord[] {
    const { places } = this;
    return [...this.members]
      .sort((a, b) => (places.get(a) ?? 0) - (places.get(b) ?? 0))
      .map((name) => this.facts.vm(name))
      .filter((vm) => vm !== null);
  }
}

const above = (vms: readonly VmRecord[], priority: number): readonly VmRecord[] =>
  vms.filter(({ spec }) => spec.policy.priority > priority);

/** Of a cluster that keeps none apart: all. */
export function comingUpIn(cluster: Cluster): readonly VmRecord[] {
  return cluster.comingUp?.().current() ?? cluster.vms();
}

/** Those of higher priority than this one. */
export function comingUpAbove(cluster: Cluster, priority: number): readonly VmRecord[] {
  return cluster.comingUp?.().above(priority) ?? above(cluster.vms(), priority);
}

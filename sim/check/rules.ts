/** Strict rules, looked at whenever a copy begins to run: at what runs, not at what was decided. */
import type { HostRecord, RuleRecord, VmRecord } from '@holdfast/contracts';
import type { Loop } from '../engine/loop.js';
import type { Bus } from '../world/bus.js';
import type { Domain, Hypervisor } from '../world/hypervisor.js';

/** A decision may have been made before whoever made it knew of the rule. */
const knownAfterMs = 15_000;

interface Copy {
  domain: Domain;
  vm: VmRecord;
  decidedAtMs: number;
}

export class RuleCheck {
  /** Since when each rule says what it says. */
  private readonly sinceMs = new Map<string, number>();
  /** When each copy's place was decided. */
  private readonly decidedAtMs = new Map<string, number>();

  constructor(
    private readonly loop: Loop,
    private readonly bus: Bus,
    private readonly hypervisors: () => Iterable<Hypervisor>,
    private readonly broken: (text: string) => void,
  ) {
    const rules = bus.bucket<RuleRecord>('rules');
    const { onWrite } = rules;
    rules.onWrite = (before, after) => {
      onWrite(before, after);
      const isNew = JSON.stringify(before?.spec) !== JSON.stringify(after.value?.spec);
      if (isNew) this.sinceMs.set(after.key, this.loop.nowMs);
    };
  }

  vmWritten(before: VmRecord | null, after: VmRecord): void {
    for (const place of [after.assignment, after.migration?.to]) {
      if (!place) continue;
      const isNew =
        before?.uid !== after.uid ||
        (before.assignment?.generation !== place.generation && before.migration?.to.generation !== place.generation);
      if (isNew) this.decidedAtMs.set(`${after.uid}/g${place.generation}`, this.loop.nowMs);
    }
  }

  running(domain: Domain, how: 'started' | 'moved'): void {
    const rules = this.bus.bucket<RuleRecord>('rules').values();
    if (rules.length === 0) return;
    const copy = this.current(domain);
    if (!copy) return;
    for (const { id, state, spec } of rules) {
      if (state !== 'active' || !spec.vms.includes(copy.vm.name)) continue;
      const forceSinceMs = (this.sinceMs.get(id) ?? 0) + knownAfterMs;
      if (copy.decidedAtMs < forceSinceMs) continue;
      const name = `rule ${id}: ${copy.vm.name} runs on ${domain.host}`;
      if (spec.kind === 'host-affinity') {
        if (spec.strict && !(domain.host in spec.hosts)) this.broken(`${name}, which it does not name`);
        continue;
      }
      if (spec.kind === 'label-affinity') {
        const labels = this.bus.bucket<HostRecord>('hosts').value(domain.host)?.labels ?? {};
        const isThere = Object.entries(spec.labels).every(([key, value]) => labels[key] === value);
        if (spec.strict && !isThere) this.broken(`${name}, which has not its labels`);
        continue;
      }
      if (spec.strict === false || spec.over !== undefined) continue;
      const others = this.others(copy, spec.vms).filter(({ decidedAtMs }) => decidedAtMs >= forceSinceMs);
      const other = spec.together
        ? others.find((each) => how === 'started' && this.isSettled(each) && each.domain.host !== domain.host)
        : others.find((each) => each.domain.host === domain.host);
      const found = spec.together ? 'apart from' : 'together with';
      if (other) this.broken(`${name}, ${found} ${other.vm.name} on ${other.domain.host}`);
    }
  }

  /** The copy that its VM's record is about; null for one that has been replaced. */
  private current(domain: Domain): Copy | null {
    const { vm: name, uid, generation } = domain.identity;
    const vm = this.bus.bucket<VmRecord>('vms').value(name);
    if (vm?.uid !== uid) return null;
    const isCurrent = vm.assignment?.generation === generation || vm.migration?.to.generation === generation;
    return isCurrent ? { domain, vm, decidedAtMs: this.decidedAtMs.get(`${uid}/g${generation}`) ?? 0 } : null;
  }

  private others({ vm }: Copy, names: readonly string[]): Copy[] {
    const found: Copy[] = [];
    for (const { domains } of this.hypervisors()) {
      for (const name of names) {
        const domain = name === vm.name ? undefined : domains.get(name);
        const copy = domain && !domain.incoming ? this.current(domain) : null;
        if (copy) found.push(copy);
      }
    }
    return found;
  }

  /** It stays where it is: neither on the move nor on a host that is out. */
  private isSettled({ vm, domain }: Copy): boolean {
    const host = this.bus.bucket<HostRecord>('hosts').value(domain.host);
    const { assignment } = vm;
    const isOut = host?.health !== 'online' || host.epoch > (assignment?.hostEpoch ?? 0);
    return vm.phase === 'running' && vm.migration === null && !isOut;
  }
}

/** Looks at every step whether the rules hold: at what really runs, not at what the records say. */
import type { World } from '../world/world.js';
import type { ScenarioRule } from './scenario.js';

/** VMs that belong together move one after the other: so long may they be apart. */
const gatherWithinMs = 30_000;
const maxBreaks = 20;

export class RuleWatch {
  /** Sentences, with the time. */
  readonly breaks: string[] = [];
  private seenEvents = -1;
  private readonly told = new Set<string>();
  private readonly apartSinceMs = new Map<string, number>();

  constructor(
    private readonly world: World,
    private readonly rules: readonly ScenarioRule[],
  ) {}

  look(): void {
    const { checker } = this.world;
    if (this.rules.length === 0 || checker.eventCount === this.seenEvents) return;
    this.seenEvents = checker.eventCount;
    const places = placesIn(this.world);
    for (const rule of this.rules) {
      if (rule.kind === 'host-affinity') this.lookAtHosts(rule, places);
      else if (rule.together) this.lookAtTogether(rule, places);
      else this.lookAtApart(rule, places);
    }
  }

  private lookAtHosts(rule: Extract<ScenarioRule, { kind: 'host-affinity' }>, places: Places): void {
    if (!rule.strict) return;
    for (const vm of rule.vms) {
      const host = [...(places.get(vm) ?? [])].find((name) => !(name in rule.hosts));
      if (host !== undefined) this.broken(rule.id, `${vm} is on ${host}`);
    }
  }

  private lookAtApart({ id, vms }: ScenarioRule, places: Places): void {
    const owners = new Map<string, string>();
    for (const vm of vms) {
      for (const host of places.get(vm) ?? []) {
        const other = owners.get(host);
        if (other !== undefined && other !== vm) this.broken(id, `${other} and ${vm} are both on ${host}`);
        owners.set(host, vm);
      }
    }
  }

  private lookAtTogether({ id, vms }: ScenarioRule, places: Places): void {
    const { nowMs } = this.world.loop;
    const hosts = new Set(vms.flatMap((vm) => [...(places.get(vm) ?? [])]));
    if (hosts.size <= 1) {
      this.apartSinceMs.delete(id);
      return;
    }
    const sinceMs = this.apartSinceMs.get(id) ?? nowMs;
    this.apartSinceMs.set(id, sinceMs);
    if (nowMs - sinceMs <= gatherWithinMs) return;
    this.broken(id, `${vms.join(', ')} have been apart for more than ${gatherWithinMs / 1000} s`);
  }

  private broken(rule: string, text: string): void {
    const sentence = `${rule}: ${text}`;
    if (this.told.has(sentence) || this.breaks.length >= maxBreaks) return;
    this.told.add(sentence);
    this.breaks.push(`at ${(this.world.loop.nowMs / 1000).toFixed(3)} s ${sentence}`);
  }
}

type Places = Map<string, Set<string>>;

/** Where each VM is, or is about to be received. A copy that has lost its disks to a newer one does not count. */
function placesIn(world: World): Places {
  const newest = new Map<string, number>();
  for (const { domains } of world.hypervisors()) {
    for (const [vm, { identity, incoming }] of domains) {
      if (!incoming) newest.set(vm, Math.max(newest.get(vm) ?? 0, identity.generation));
    }
  }
  const places: Places = new Map();
  for (const { domains, machine } of world.hypervisors()) {
    for (const [vm, { identity }] of domains) {
      if (identity.generation < (newest.get(vm) ?? 0)) continue;
      places.set(vm, (places.get(vm) ?? new Set()).add(machine.name));
    }
  }
  return places;
}

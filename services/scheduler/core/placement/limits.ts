/** Where the rules allow a VM now, and where they would rather have it. */
import { scoreOf } from '../score.js';
import { strictlyNamed, type VmRules } from '../rule.js';
import type { Refusal } from './facts.js';
import type { Snapshot } from './snapshot.js';
import { vmFlag } from './columns.js';
import { addShares, hasShares, type Shares } from './shares.js';
import {
  exclusiveRefusal,
  labelsRefusal,
  leaningsOf,
  reservedFor,
  spreadOver,
  spreadRefusal,
  withLabels,
  withoutLabels,
} from './label-rules.js';

export const ruleFilters = ['vm-rules', 'spread', 'host-rules', 'labels', 'exclusive', 'group'] as const;
export type RuleFilter = (typeof ruleFilters)[number];

export interface Limits {
  /** Slots of the hosts that the rules leave; null when they name none. */
  only: readonly number[] | null;
  /** Further ones that are out. */
  shunned: ReadonlySet<number>;
  /** The slot of its home, if it returns there. */
  home: number | null;
  /** What rules about hosts and its home say, by slot; zero where nothing is said. */
  weights: ReadonlyMap<number, number>;
  /** What rules about VMs say that are not strict: they count where a VM is placed, and move nobody. */
  leanings: ReadonlyMap<number, number>;
  /** By kind of rule; null where none of that kind is in the way. */
  refusals: Readonly<Record<RuleFilter, (host: number) => Refusal | null>>;
}

const nothing = (): null => null;
const noRefusals: Limits['refusals'] = {
  'vm-rules': nothing, spread: nothing, 'host-rules': nothing, labels: nothing, exclusive: nothing, group: nothing,
};
const none = new Map<number, never>();
const nobody: ReadonlySet<number> = new Set();

/** `home`: where it returns to if it can; null for nowhere. */
export function limitsOf(snapshot: Snapshot, vm: string, home: string | null): Limits {
  const rules = snapshot.rulesOf(vm);
  const reserved = reservedFor(snapshot, vm);
  const homeSlot = home === null ? null : (snapshot.hosts.slot(home) ?? null);
  const { home: homeWeight } = snapshot.settings.weights;
  const exclusive = (host: number): Refusal | null => exclusiveRefusal(reserved.get(host));
  if (!rules) {
    const weights = homeSlot === null ? none : new Map([[homeSlot, homeWeight]]);
    const shunned = reserved.size === 0 ? nobody : new Set(reserved.keys());
    return { only: null, shunned, home: homeSlot, weights, leanings: none, refusals: { ...noRefusals, exclusive } };
  }
  const { strict, weights: named } = hostRulesOf(snapshot, rules);
  const ruleWeights = withLabels(snapshot, rules, named);
  const apart = apartFrom(snapshot, rules);
  const spread = spreadOver(snapshot, rules);
  const unlabelled = withoutLabels(snapshot, rules);
  const shunned = new Set([...apart.keys(), ...spread.keys(), ...unlabelled, ...reserved.keys()]);
  let only = strict;
  let anchor: number | null = null;
  if (rules.group.size > 1) {
    anchor = anchorOf(snapshot, rules, { strict, shunned, weights: ruleWeights });
    only = anchor === null ? [] : [anchor];
  }
  const weights = homeSlot === null ? ruleWeights : withMore(ruleWeights, homeSlot, homeWeight);
  const refusals: Limits['refusals'] = {
    'vm-rules': (host) => apartRefusal(snapshot, rules, { apart: apart.get(host), host }),
    spread: (host) => spreadRefusal(snapshot, rules, host),
    'host-rules': (host) => strictRefusal(snapshot, rules, host),
    labels: (host) => labelsRefusal(snapshot, rules, host),
    exclusive,
    group: (host) => groupRefusal(snapshot, rules, { anchor, host }),
  };
  return { only, shunned, home: homeSlot, weights, leanings: leaningsOf(snapshot, rules), refusals };
}

function withMore(weights: ReadonlyMap<number, number>, host: number, more: number): ReadonlyMap<number, number> {
  return new Map([...weights, [host, (weights.get(host) ?? 0) + more]]);
}

/** The first thing that the rules say against a host; null when they say nothing. */
export function ruleRefusal({ refusals }: Limits, host: number): Refusal | null {
  for (const filter of ruleFilters) {
    const refusal = refusals[filter](host);
    if (refusal) return refusal;
  }
  return null;
}

/** The search needs one VM that is in the way; whoever asks why gets them all. */
function apartRefusal(
  snapshot: Snapshot,
  rules: VmRules,
  { apart, host }: { apart: { vm: string; rule: string } | undefined; host: number },
): Refusal | null {
  if (!apart) return null;
  const there = new Set([...snapshot.vmsOn(host)].map((slot) => snapshot.vms.nameOf(slot)));
  const names = new Set<string>();
  for (const { vms } of rules.apart) {
    for (const other of vms) if (there.has(other) && !rules.group.has(other)) names.add(other);
  }
  const sorted = [...names].sort();
  const change = { kind: 'apart' as const, text: `move ${sorted.slice(0, 20).join(', ')} away`, names: sorted };
  return { text: `holds ${apart.vm}, kept apart by rule ${apart.rule}`, change };
}

function strictRefusal(snapshot: Snapshot, { hosts }: VmRules, host: number): Refusal | null {
  const name = snapshot.hosts.nameOf(host);
  const rules = hosts.filter(({ strict, weights }) => strict && weights[name] === undefined).map(({ id }) => id);
  if (rules.length === 0) return null;
  return {
    text: `is not among the hosts of rule ${rules.at(-1)}`,
    change: { kind: 'rules', text: `add ${name} to the hosts of rule ${rules.join(', ')}`, names: rules },
  };
}

function groupRefusal(
  { hosts }: Snapshot,
  { group }: VmRules,
  { anchor, host }: { anchor: number | null; host: number },
): Refusal | null {
  if (group.size === 1 || host === anchor) return null;
  const members = [...group].slice(0, 5).join(', ');
  if (anchor === null) {
    const text = `free enough room on one host for all of ${members}`;
    return { text: 'cannot take all VMs that must run together', change: { kind: 'group', text } };
  }
  const text = `move all of ${members} to ${hosts.nameOf(host)}`;
  return { text: `is not ${hosts.nameOf(anchor)}, where its group belongs`, change: { kind: 'group', text } };
}

export interface HostRules {
  hostCount: number;
  factor: number;
  strict: readonly number[] | null;
  weights: ReadonlyMap<number, number>;
}

/** A rule may name a thousand hosts: their slots are looked up once, and again only when there are more hosts. */
function hostRulesOf(snapshot: Snapshot, rules: VmRules): HostRules {
  const hostCount = snapshot.hosts.size;
  const factor = snapshot.settings.weights.hostRules;
  // Most VMs have one such rule, and share it with others.
  const key = rules.hosts.length === 1 ? (rules.hosts[0] ?? rules) : rules;
  const known = snapshot.hostRules.get(key);
  if (known?.hostCount === hostCount && known.factor === factor) return known;
  const strict = strictlyNamed(rules.hosts)?.flatMap((host) => snapshot.hosts.slot(host) ?? []) ?? null;
  const found = { hostCount, factor, strict, weights: weightsOf(snapshot, rules) };
  snapshot.hostRules.set(key, found);
  return found;
}

function weightsOf(snapshot: Snapshot, { hosts }: VmRules): ReadonlyMap<number, number> {
  if (hosts.length === 0) return none;
  const sums = new Map<number, number>();
  const { hostRules: factor } = snapshot.settings.weights;
  for (const { weights } of hosts) {
    for (const [host, weight] of Object.entries(weights)) {
      const slot = snapshot.hosts.slot(host);
      if (slot !== undefined) sums.set(slot, (sums.get(slot) ?? 0) + factor * (1 + weight));
    }
  }
  return sums;
}

/** By slot: one VM there, and the rule that keeps them apart. */
function apartFrom({ vms }: Snapshot, { apart, group }: VmRules): ReadonlyMap<number, { vm: string; rule: string }> {
  if (apart.length === 0) return none;
  const shunned = new Map<number, { vm: string; rule: string }>();
  for (const { id: rule, vms: others } of apart) {
    for (const vm of others) {
      const slot = vms.slot(vm);
      if (slot === undefined || group.has(vm)) continue;
      const at = vms.at[slot] as number;
      const to = vms.to[slot] as number;
      if (at >= 0) shunned.set(at, { vm, rule });
      if (to >= 0) shunned.set(to, { vm, rule });
    }
  }
  return shunned;
}

interface GroupLimits {
  strict: readonly number[] | null;
  shunned: Limits['shunned'];
  weights: Limits['weights'];
}

/**
 * The one host for a whole group, null when none can take all of it. It follows from the snapshot alone, so that every
 * member finds the same one.
 */
function anchorOf(snapshot: Snapshot, { group }: VmRules, limits: GroupLimits): number | null {
  const { hosts, vms } = snapshot;
  const all = [...group].flatMap((name) => vms.slot(name) ?? []);
  const members = all.filter((vm) => ((vms.flags[vm] as number) & vmFlag.wanted) !== 0);
  const cpus = members.reduce((most, vm) => Math.max(most, vms.cpus[vm] as number), 1);
  const memoryMiB = members.reduce((sum, vm) => sum + (vms.memoryMiB[vm] as number), 0);
  const returns = members.every((vm) => ((vms.flags[vm] as number) & vmFlag.failback) !== 0);
  const [newest] = members
    .flatMap((vm) => vms.chosen.get(vm) ?? [])
    .sort((a, b) => b.atMs - a.atMs || (a.host < b.host ? -1 : 1));
  const there = new Map<number, number>();
  for (const vm of members) {
    const place = placeOf(snapshot, vm);
    there.set(place, (there.get(place) ?? 0) + 1);
  }
  const lacking = snapshot.lackingOf([...new Set(members.flatMap((vm) => vms.needsOf(vm)))]);
  const shares = members.reduce<Shares | null>((sum, vm) => addShares(sum, vms.sharesOf(vm)), null);
  const ranks = hosts.byName();
  let best: { host: number; rank: number[] } | null = null;
  return snapshot.tryOut(() => {
    for (const vm of all) snapshot.put(vm, -1);
    for (const host of limits.strict ?? hosts.names.keys()) {
      const facts = hosts.facts[host];
      if (!facts?.keepsGroups || limits.shunned.has(host) || lacking.some(({ hosts: out }) => out.has(host))) continue;
      const usedMemoryMiB = (hosts.usedMemoryMiB[host] as number) + memoryMiB;
      if (usedMemoryMiB > facts.memoryMiB) continue;
      if (!hasShares(snapshot, host, shares)) continue;
      const score = scoreOf(
        snapshot.settings,
        1 - usedMemoryMiB / facts.memoryMiB,
        1 - ((hosts.usedVcpus[host] as number) + cpus) / facts.vcpus,
      );
      const weight = limits.weights.get(host) ?? 0;
      const isChosen = newest?.host === facts.name ? 1 : 0;
      const [first, ...then] = returns
        ? [weight, isChosen, there.get(host) ?? 0]
        : [isChosen, there.get(host) ?? 0, weight];
      const rank = [first ?? 0, ...then, score, -(ranks[host] as number)];
      if (!best || isAbove(rank, best.rank)) best = { host, rank };
    }
    return best?.host ?? null;
  });
}

/** Where a member is, or is about to be; -1 for nowhere. */
function placeOf({ vms }: Snapshot, vm: number): number {
  const to = vms.to[vm] as number;
  const isAbandoning = ((vms.flags[vm] as number) & vmFlag.abandoning) !== 0;
  return to >= 0 && !isAbandoning ? to : (vms.at[vm] as number);
}

function isAbove(a: readonly number[], b: readonly number[]): boolean {
  for (let i = 0; i < a.length; i += 1) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return false;
}

/** Rules about labels and about hosts as such: VMs spread over racks, leanings, hosts that are for certain VMs only. */
import type { Exclusion, LabelRule, VmRules } from '../rule.js';
import type { Refusal } from './facts.js';
import type { Snapshot } from './snapshot.js';

const none: ReadonlyMap<number, never> = new Map<number, never>();
const nowhere: readonly number[] = [];

/** Hosts that are for other VMs only, each with the rules that say so. */
export function reservedFor({ hosts, exclusions }: Snapshot, vm: string): ReadonlyMap<number, Exclusion[]> {
  if (exclusions.length === 0) return none;
  const reserved = new Map<number, Exclusion[]>();
  for (const exclusion of exclusions) {
    if (exclusion.vms.has(vm)) continue;
    for (const host of exclusion.hosts) {
      const slot = hosts.slot(host);
      if (slot !== undefined) reserved.set(slot, [...(reserved.get(slot) ?? []), exclusion]);
    }
  }
  return reserved;
}

export function exclusiveRefusal(exclusions: readonly Exclusion[] | undefined): Refusal | null {
  const [first] = exclusions ?? [];
  if (!exclusions || !first) return null;
  const names = exclusions.map(({ id }) => id);
  const text = `add the VM to rule ${names.join(', ')}`;
  return { text: `is only for the VMs of rule ${first.id}`, change: { kind: 'exclusive', text, names } };
}

const labelOf = ({ hosts }: Snapshot, host: number, key: string): string | undefined => hosts.facts[host]?.labels[key];

/** Where other VMs of the rule are or move to. */
function* placesOf(
  { vms }: Snapshot,
  names: readonly string[],
  group: ReadonlySet<string>,
): Generator<[vm: string, host: number]> {
  for (const name of names) {
    const slot = vms.slot(name);
    if (slot === undefined || group.has(name)) continue;
    const [at, to] = [vms.at[slot] as number, vms.to[slot] as number];
    if (at >= 0) yield [name, at];
    if (to >= 0) yield [name, to];
  }
}

/** Hosts that the spread forbids: those without the label, and those that share it with one where another VM is. */
export function spreadOver(snapshot: Snapshot, { spread, group }: VmRules): ReadonlyMap<number, string> {
  if (spread.length === 0) return none;
  const out = new Map<number, string>();
  for (const { id, over, vms } of spread) {
    const taken = takenValues(snapshot, { over, vms, group });
    for (let host = 0; host < snapshot.hosts.size; host += 1) {
      const value = labelOf(snapshot, host, over);
      if (value === undefined || taken.has(value)) out.set(host, id);
    }
  }
  return out;
}

/** By value of the label: the VMs there. */
function takenValues(
  snapshot: Snapshot,
  { over, vms, group }: { over: string; vms: readonly string[]; group: ReadonlySet<string> },
): ReadonlyMap<string, string[]> {
  const taken = new Map<string, string[]>();
  for (const [name, host] of placesOf(snapshot, vms, group)) {
    const value = labelOf(snapshot, host, over);
    if (value !== undefined) taken.set(value, [...(taken.get(value) ?? []), name]);
  }
  return taken;
}

/** A host without a label that a strict rule demands is judged as if it had that already: both have to be cured. */
export function spreadRefusal(snapshot: Snapshot, rules: VmRules, host: number): Refusal | null {
  const { spread, group } = rules;
  const missing: string[] = [];
  const inTheWay = new Set<string>();
  let first = '';
  for (const { id, over, vms } of spread) {
    const own = labelOf(snapshot, host, over);
    const value = rules.labels.find((rule) => rule.strict && rule.labels[over] !== undefined)?.labels[over] ?? own;
    if (value === undefined) {
      missing.push(over);
      // Once it has the label, whoever is on this very host shares it.
      for (const [name, at] of placesOf(snapshot, vms, group)) if (at === host) inTheWay.add(name);
      first ||= `has no label ${over}, over which rule ${id} spreads`;
      continue;
    }
    const there = [...(takenValues(snapshot, { over, vms, group }).get(value) ?? [])];
    if (value !== own) for (const [name, at] of placesOf(snapshot, vms, group)) if (at === host) there.push(name);
    for (const name of there) inTheWay.add(name);
    if (there.length > 0) first ||= `shares ${over}=${value} with ${there[0]}, kept apart by rule ${id}`;
  }
  if (first === '') return null;
  const name = snapshot.hosts.nameOf(host);
  const names = [...inTheWay].sort();
  const label = missing.map((key) => `say where it stands (holdfast host label ${name} ${key}=...)`);
  const move = names.length === 0 ? [] : [`move ${names.slice(0, 20).join(', ')} to hosts elsewhere`];
  return { text: first, change: { kind: 'spread', text: [...label, ...move].join(', '), names } };
}

/** Whether the host has all labels that the rule names. */
export function hasLabels(labels: Readonly<Record<string, string>>, rule: LabelRule): boolean {
  return Object.entries(rule.labels).every(([key, value]) => labels[key] === value);
}

/** Hosts without the labels that a strict rule demands. */
export function withoutLabels({ hosts }: Snapshot, { labels }: VmRules): readonly number[] {
  const strict = labels.length === 0 ? labels : labels.filter((rule) => rule.strict);
  if (strict.length === 0) return nowhere;
  return hosts.facts.flatMap((facts, host) =>
    facts && strict.every((rule) => hasLabels(facts.labels, rule)) ? [] : [host],
  );
}

/** What is said of hosts by their labels, added to what is said of them by their names. */
export function withLabels(
  { hosts, settings }: Snapshot,
  { labels }: VmRules,
  weights: ReadonlyMap<number, number>,
): ReadonlyMap<number, number> {
  const rather = labels.length === 0 ? labels : labels.filter((rule) => !rule.strict);
  if (rather.length === 0) return weights;
  const sums = new Map(weights);
  for (const rule of rather) {
    for (const [host, facts] of hosts.facts.entries()) {
      if (facts && hasLabels(facts.labels, rule)) sums.set(host, (sums.get(host) ?? 0) + settings.weights.hostRules);
    }
  }
  return sums;
}

export function labelsRefusal({ hosts }: Snapshot, { labels }: VmRules, host: number): Refusal | null {
  const own = hosts.facts[host]?.labels ?? {};
  const broken = labels.filter((rule) => rule.strict && !hasLabels(own, rule));
  const [first] = broken;
  if (!first) return null;
  const missing = ({ labels: wanted }: LabelRule): string[] =>
    Object.entries(wanted).flatMap(([key, value]) => (own[key] === value ? [] : `${key}=${value}`));
  const names = [...new Set(broken.flatMap(missing))];
  const change = `label it (holdfast host label ${hosts.nameOf(host)} ${names.join(' ')})`;
  const text = `has no label ${missing(first).join(', ')}, which rule ${first.id} demands`;
  return { text, change: { kind: 'labels', text: change, names } };
}

/** One for each VM that it would rather be near, and one less for each that it would rather be away from. */
export function leaningsOf(snapshot: Snapshot, { leanings, group }: VmRules): ReadonlyMap<number, number> {
  if (leanings.length === 0) return none;
  const sums = new Map<number, number>();
  const { vmRules: factor } = snapshot.settings.weights;
  const add = (host: number, weight: number): void => void sums.set(host, (sums.get(host) ?? 0) + factor * weight);
  for (const { vms, together, over } of leanings) {
    const sign = together ? 1 : -1;
    if (over === null) {
      for (const [, host] of placesOf(snapshot, vms, group)) add(host, sign);
      continue;
    }
    const taken = takenValues(snapshot, { over, vms, group });
    for (let host = 0; host < snapshot.hosts.size; host += 1) {
      const there = taken.get(labelOf(snapshot, host, over) ?? '');
      if (there) add(host, sign * there.length);
    }
  }
  return sums;
}

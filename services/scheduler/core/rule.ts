/**
 * What the rules say of each VM.
 *
 * VMs that must run together form a group: what binds one member binds all of them, and one host, the anchor, is right
 * for the whole group.
 */
import type { RuleRecord } from '@holdfast/contracts';

export interface HostRule {
  id: string;
  weights: Readonly<Record<string, number>>;
  strict: boolean;
}

/** Hosts with all of these labels: nowhere else, or rather there. */
export interface LabelRule {
  id: string;
  labels: Readonly<Record<string, string>>;
  strict: boolean;
}

export interface VmRules {
  /** The VMs that must run on one host, itself among them. */
  group: ReadonlySet<string>;
  /** Nobody of the group may share a host with these, unless they are of the group; and the rule that says so. */
  apart: readonly { id: string; vms: readonly string[] }[];
  /** The same for hosts whose label of this key says the same. */
  spread: readonly { id: string; over: string; vms: readonly string[] }[];
  /** What is not strict: near these VMs, or away from them, on hosts or on hosts of one label. */
  leanings: readonly { vms: readonly string[]; together: boolean; over: string | null }[];
  hosts: readonly HostRule[];
  labels: readonly LabelRule[];
}

/** The hosts that every strict one of these rules names; null when none is strict. */
export function strictlyNamed(rules: readonly HostRule[]): string[] | null {
  const [first, ...others] = rules.filter(({ strict }) => strict);
  if (!first) return null;
  return Object.keys(first.weights).filter((host) => others.every(({ weights }) => weights[host] !== undefined));
}

/** Hosts that take only these VMs. */
export interface Exclusion {
  id: string;
  hosts: readonly string[];
  vms: ReadonlySet<string>;
}

export interface RuleBook {
  vms: ReadonlyMap<string, VmRules>;
  exclusions: readonly Exclusion[];
}

const books = new WeakMap<readonly RuleRecord[], RuleBook>();

/** Made once for each array of rules. */
export function bookFor(rules: readonly RuleRecord[]): RuleBook {
  const known = books.get(rules);
  if (known) return known;
  const book = bookOf(rules);
  books.set(rules, book);
  return book;
}

type Writable<T> = { -readonly [Key in keyof T]: T[Key] extends readonly (infer Item)[] ? Item[] : T[Key] };
type Binding = Writable<VmRules>;

/** Each rule is looked at once for each of its VMs: thousands of rules over 100,000 VMs are no matter. */
export function bookOf(all: readonly RuleRecord[]): RuleBook {
  const rules = all.filter(({ state }) => state === 'active');
  const book = new Map<string, Binding>();
  for (const { spec } of rules) {
    for (const vm of spec.vms) if (!book.has(vm)) book.set(vm, binding(new Set([vm])));
    if (spec.kind === 'vm-affinity' && spec.together && spec.strict !== false) join(book, spec.vms);
  }
  const bindings = (vms: readonly string[]): Set<Binding> => new Set(vms.flatMap((vm) => book.get(vm) ?? []));
  for (const { id, spec } of rules) {
    if (spec.kind === 'host-affinity') {
      const rule = { id, weights: spec.hosts, strict: spec.strict };
      for (const bound of bindings(spec.vms)) bound.hosts.push(rule);
      continue;
    }
    if (spec.kind === 'label-affinity') {
      const rule = { id, labels: spec.labels, strict: spec.strict };
      for (const bound of bindings(spec.vms)) bound.labels.push(rule);
      continue;
    }
    const { together, strict, over } = spec;
    if (together && strict !== false) continue;
    const concerned = bindings(spec.vms);
    const vms = [...concerned].flatMap(({ group }) => [...group]);
    for (const bound of concerned) {
      if (strict === false) bound.leanings.push({ vms, together, over: over ?? null });
      else if (over === undefined) bound.apart.push({ id, vms });
      else bound.spread.push({ id, over, vms });
    }
  }
  const exclusions = rules.flatMap(({ id, spec }) =>
    spec.kind === 'host-affinity' && spec.exclusive
      ? [{ id, hosts: Object.keys(spec.hosts), vms: new Set(spec.vms) }]
      : [],
  );
  return { vms: book, exclusions };
}

const nothing = (): Omit<Binding, 'group'> => ({ apart: [], spread: [], leanings: [], hosts: [], labels: [] });
const binding = (group: ReadonlySet<string>): Binding => ({ group, ...nothing() });

function join(book: Map<string, Binding>, vms: readonly string[]): void {
  const group = new Set(vms.flatMap((vm) => [...(book.get(vm)?.group ?? [])]));
  const joined = binding(group);
  for (const vm of group) book.set(vm, joined);
}

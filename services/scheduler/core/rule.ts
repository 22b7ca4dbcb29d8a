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

export interface VmRules {
  /** The VMs that must run on one host, itself among them. */
  group: ReadonlySet<string>;
  /** Nobody of the group may share a host with these, unless they are of the group; and the rule that says so. */
  apart: readonly { id: string; vms: readonly string[] }[];
  hosts: readonly HostRule[];
}

export type RuleBook = ReadonlyMap<string, VmRules>;
const books = new WeakMap<readonly RuleRecord[], RuleBook>();

/** Made once for each array of rules. */
export function bookFor(rules: readonly RuleRecord[]): RuleBook {
  const known = books.get(rules);
  if (known) return known;
  const book = bookOf(rules);
  books.set(rules, book);
  return book;
}

interface Binding {
  group: Set<string>;
  apart: { id: string; vms: readonly string[] }[];
  hosts: HostRule[];
}

/** Each rule is looked at once for each of its VMs: thousands of rules over 100,000 VMs are no matter. */
export function bookOf(all: readonly RuleRecord[]): RuleBook {
  const rules = all.filter(({ state }) => state === 'active');
  const book = new Map<string, Binding>();
  for (const { spec } of rules) {
    for (const vm of spec.vms) if (!book.has(vm)) book.set(vm, { group: new Set([vm]), apart: [], hosts: [] });
    if (spec.kind === 'vm-affinity' && spec.together) join(book, spec.vms);
  }
  const bindings = (vms: readonly string[]): Set<Binding> => new Set(vms.flatMap((vm) => book.get(vm) ?? []));
  for (const { id, spec } of rules) {
    if (spec.kind === 'host-affinity') {
      for (const bound of bindings(spec.vms)) bound.hosts.push({ id, weights: spec.hosts, strict: spec.strict });
    } else if (!spec.together) {
      const concerned = bindings(spec.vms);
      const vms = [...concerned].flatMap(({ group }) => [...group]);
      for (const bound of concerned) bound.apart.push({ id, vms });
    }
  }
  return book;
}

function join(book: Map<string, Binding>, vms: readonly string[]): void {
  const group = new Set(vms.flatMap((vm) => [...(book.get(vm)?.group ?? [])]));
  const joined: Binding = { group, apart: [], hosts: [] };
  for (const vm of group) book.set(vm, joined);
}

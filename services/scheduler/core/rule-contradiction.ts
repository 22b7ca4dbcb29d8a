/** What a new rule contradicts: the smallest set of rules that cannot all be obeyed, the new one among them. */
import type { RuleRecord } from '@holdfast/contracts';
import { bookOf, strictlyNamed, type RuleBook, type VmRules } from './rule.js';

/** With more rules about the same VMs than this, all are named that take part, not the fewest. */
const reducedAtMost = 200;

/** A sentence that names the rules concerned; null when the new one can be obeyed with the others. */
export function contradictionOf(rule: RuleRecord, others: readonly RuleRecord[]): string | null {
  const vms = concernedBy(rule, others);
  const text = conflictIn([...others, rule], vms);
  if (text === null) return null;
  // Whatever can be left out without ending the conflict has no part in it.
  let smallest = text;
  let needed = near(vms, others);
  if (needed.length > reducedAtMost || conflictIn([...needed, rule], vms) === null) return text;
  for (const other of [...needed].reverse()) {
    const fewer = needed.filter((each) => each !== other);
    const still = conflictIn([...fewer, rule], vms);
    if (still === null) continue;
    needed = fewer;
    smallest = still;
  }
  return smallest;
}

/** Its own VMs, and those that lose hosts by it. */
function concernedBy({ spec }: RuleRecord, others: readonly RuleRecord[]): string[] {
  if (spec.kind !== 'host-affinity' || !spec.exclusive) return spec.vms;
  const losing = others.flatMap(({ spec: other }) => {
    if (other.kind !== 'host-affinity' || !other.strict) return [];
    return Object.keys(other.hosts).some((host) => spec.hosts[host] !== undefined) ? other.vms : [];
  });
  return [...new Set([...spec.vms, ...losing])];
}

/** Rules about these VMs or about those that are bound to them, and all that keep hosts for some VMs. */
function near(vms: readonly string[], others: readonly RuleRecord[]): RuleRecord[] {
  const reached = new Set(vms);
  const bound = others.filter(({ spec }) => spec.kind === 'vm-affinity' && spec.strict !== false);
  for (let before = -1; before < reached.size; ) {
    before = reached.size;
    for (const { spec } of bound) if (spec.vms.some((vm) => reached.has(vm))) spec.vms.forEach((vm) => reached.add(vm));
  }
  return others.filter(
    ({ spec }) => (spec.kind === 'host-affinity' && spec.exclusive) || spec.vms.some((vm) => reached.has(vm)),
  );
}

function conflictIn(rules: readonly RuleRecord[], vms: readonly string[]): string | null {
  const book = bookOf(rules);
  const bound = new Set(vms.flatMap((vm) => book.vms.get(vm) ?? []));
  for (const each of bound) {
    const text =
      togetherAndApart(each, rules) ?? labelsAtOdds(each) ?? withoutHost(each, book) ?? tooFewHosts(each, rules, book);
    if (text !== null) return text;
  }
  return null;
}

/** Two VMs that must run together and apart. */
function togetherAndApart({ group }: VmRules, rules: readonly RuleRecord[]): string | null {
  for (const { id, spec } of rules) {
    if (spec.kind !== 'vm-affinity' || spec.together || spec.strict === false) continue;
    const [a, b] = spec.vms.filter((vm) => group.has(vm));
    if (a === undefined || b === undefined) continue;
    const binding = rules
      .filter(({ spec: other }) => other.kind === 'vm-affinity' && other.together && other.strict !== false)
      .filter(({ spec: other }) => other.vms.some((vm) => group.has(vm)))
      .map((rule) => rule.id);
    return `rule ${id} keeps ${a} and ${b} apart, ${namesOf(binding)} keeps them together`;
  }
  return null;
}

/** Two strict rules that demand two values of one label: no host has both. */
function labelsAtOdds({ labels, group }: VmRules): string | null {
  const demanded = new Map<string, { id: string; value: string }>();
  for (const { id, labels: each } of labels.filter(({ strict }) => strict)) {
    for (const [key, value] of Object.entries(each)) {
      const other = demanded.get(key);
      if (other === undefined) demanded.set(key, { id, value });
      else if (other.value !== value) {
        const vms = [...group].slice(0, 5).join(', ');
        return `${namesOf([other.id, id])} demand ${key}=${other.value} and ${key}=${value} of the host of ${vms}`;
      }
    }
  }
  return null;
}

/** The hosts that strict rules leave, and that are not kept for others; null when no rule is strict. */
function hostsLeft({ hosts, group }: VmRules, { exclusions }: RuleBook): { left: string[]; rules: string[] } | null {
  const named = strictlyNamed(hosts);
  if (!named) return null;
  const strict = hosts.filter((rule) => rule.strict);
  const barring = exclusions.filter(({ vms, hosts: kept }) =>
    [...group].some((vm) => !vms.has(vm)) && kept.some((host) => named.includes(host)),
  );
  const left = named.filter((host) => !barring.some(({ hosts: kept }) => kept.includes(host)));
  return { left, rules: [...strict.map(({ id }) => id), ...barring.map(({ id }) => id)] };
}

function withoutHost(rules: VmRules, book: RuleBook): string | null {
  const found = hostsLeft(rules, book);
  if (found === null || found.left.length > 0) return null;
  return `${namesOf(found.rules)} leave no host for ${[...rules.group].slice(0, 5).join(', ')}`;
}

/**
 * VMs kept apart, for which strict rules leave fewer hosts than there are VMs: no matching of VMs to hosts covers them
 * all (augmenting paths, Kuhn 1955).
 */
function tooFewHosts({ group }: VmRules, rules: readonly RuleRecord[], book: RuleBook): string | null {
  for (const { id, spec } of rules) {
    if (spec.kind !== 'vm-affinity' || spec.together || spec.strict === false) continue;
    if (!spec.vms.some((vm) => group.has(vm))) continue;
    const members = [...new Set(spec.vms.flatMap((vm) => book.vms.get(vm) ?? []))];
    const choices = members.flatMap((member) => hostsLeft(member, book) ?? []);
    if (choices.length < 2 || isMatched(choices.map(({ left }) => left))) continue;
    const hosts = new Set(choices.flatMap(({ left }) => left));
    const concerned = [...new Set([id, ...choices.flatMap((choice) => choice.rules)])];
    return `${namesOf(concerned)} leave ${hosts.size} host${hosts.size === 1 ? '' : 's'} for ${choices.length} VMs ` +
      'that are kept apart';
  }
  return null;
}

/** Whether each can have a host of its own. */
function isMatched(choices: readonly (readonly string[])[]): boolean {
  const holder = new Map<string, number>();
  const finds = (each: number, tried: Set<string>): boolean => {
    for (const host of choices[each] ?? []) {
      if (tried.has(host)) continue;
      tried.add(host);
      const other = holder.get(host);
      if (other !== undefined && !finds(other, tried)) continue;
      holder.set(host, each);
      return true;
    }
    return false;
  };
  return choices.every((_, each) => finds(each, new Set()));
}

function namesOf(ids: readonly string[]): string {
  return `rule${ids.length === 1 ? '' : 's'} ${ids.join(', ')}`;
}

/** Rules that people make: what contradicts itself or another rule is refused, naming the rules concerned. */
import {
  accepted,
  noTransitions,
  refused,
  withTransition,
  type Reply,
  type RuleRecord,
  type RuleSpec,
} from '@holdfast/contracts';
import { deriveId, type Env } from '@holdfast/kernel';
import type { Cluster } from './cluster.js';
import { bookOf, type VmRules } from './rule.js';

const mostRules = 2000;

export interface RuleAdmission {
  change: RuleRecord | null;
  reply: Reply<{ rule: string }>;
}

export function admitRule(
  existing: RuleRecord | null,
  request: { operation: string; rule: string; spec: RuleSpec },
  cluster: Cluster,
  env: Env,
): RuleAdmission {
  const { rule: id, spec, operation } = request;
  const known = existing?.state === 'active' ? existing : null;
  if (known && JSON.stringify(known.spec) === JSON.stringify(spec)) {
    return { change: null, reply: accepted({ rule: id }) };
  }
  const base: RuleRecord = existing ?? {
    ...noTransitions(env.incarnation, env.nowMs),
    id,
    uid: deriveId(env.incarnation, 'rule', id, operation),
    spec,
    state: 'active',
  };
  const others = cluster.rules().filter((rule) => rule.id !== id && rule.state === 'active');
  if (others.length >= mostRules) {
    return no('no-capacity', `there are ${others.length} rules already`, { remedy: 'drop or merge some' });
  }
  const contradiction = contradictionIn([...others, { ...base, spec, state: 'active' }], spec.vms);
  if (contradiction !== null) {
    return no('conflict', contradiction, { remedy: 'change or drop one of the rules it names' });
  }
  const text = `${known ? 'changed' : 'made'}: ${sentenceOf(spec)}`;
  const event = known ? 'rule.changed' : 'rule.made';
  const change = withTransition({ ...base, spec, state: 'active' as const }, env.nowMs, { event, text, operation });
  return { change, reply: accepted({ rule: id }) };
}

export function admitRuleDelete(
  existing: RuleRecord | null,
  request: { operation: string; rule: string },
  env: Env,
): RuleAdmission {
  if (existing?.state !== 'active') {
    return no('not-found', `there is no rule named ${request.rule}`, { field: 'rule', remedy: 'list the rules' });
  }
  const transition = { event: 'rule.dropped', text: 'dropped', operation: request.operation };
  const change = withTransition({ ...existing, state: 'deleted' as const }, env.nowMs, transition);
  return { change, reply: accepted({ rule: request.rule }) };
}

/** A sentence about the first contradiction that concerns one of these VMs; null when there is none. */
function contradictionIn(rules: readonly RuleRecord[], vms: readonly string[]): string | null {
  const book = bookOf(rules);
  const bound = new Set(vms.flatMap((vm) => book.get(vm) ?? []));
  for (const each of bound) {
    const text = selfContradiction(each, rules) ?? withoutHost(each);
    if (text !== null) return text;
  }
  return null;
}

/** Two VMs that must run together and apart. */
function selfContradiction({ group }: VmRules, rules: readonly RuleRecord[]): string | null {
  for (const { id, spec } of rules) {
    if (spec.kind !== 'vm-affinity' || spec.together) continue;
    const [a, b] = spec.vms.filter((vm) => group.has(vm));
    if (a === undefined || b === undefined) continue;
    const binding = rules
      .filter(({ spec: other }) => other.kind === 'vm-affinity' && other.together)
      .filter(({ spec: other }) => other.vms.some((vm) => group.has(vm)))
      .map((rule) => rule.id);
    return `rule ${id} keeps ${a} and ${b} apart, ${namesOf(binding)} keeps them together`;
  }
  return null;
}

/** Strict host rules that leave no host. */
function withoutHost({ hosts, group }: VmRules): string | null {
  const strict = hosts.filter((rule) => rule.strict);
  const [first] = strict;
  if (!first) return null;
  const left = Object.keys(first.weights).filter((host) =>
    strict.every(({ weights }) => weights[host] !== undefined),
  );
  if (left.length > 0) return null;
  return `${namesOf(strict.map(({ id }) => id))} leave no host for ${[...group].slice(0, 5).join(', ')}`;
}

function namesOf(ids: string[]): string {
  return `rule${ids.length === 1 ? '' : 's'} ${ids.join(', ')}`;
}

function sentenceOf(spec: RuleSpec): string {
  const vms = spec.vms.slice(0, 10).join(', ');
  if (spec.kind === 'vm-affinity') return `${vms} run ${spec.together ? 'together' : 'apart'}`;
  const hosts = Object.entries(spec.hosts).map(([host, weight]) => (weight > 0 ? `${host} (${weight})` : host));
  return `${vms} run ${spec.strict ? 'only' : 'rather'} on ${hosts.slice(0, 10).join(', ')}`;
}

function no(...args: Parameters<typeof refused>): RuleAdmission {
  return { change: null, reply: refused(...args) };
}

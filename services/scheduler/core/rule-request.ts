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
import { contradictionOf } from './rule-contradiction.js';

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
  if (spec.kind === 'vm-affinity' && spec.together && spec.over !== undefined) {
    return no('invalid', 'over: VMs are spread over a label, not kept together by one', {
      field: 'over',
      remedy: 'leave it out, or keep the VMs apart',
    });
  }
  const contradiction = contradictionOf({ ...base, spec, state: 'active' }, others);
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

function sentenceOf(spec: RuleSpec): string {
  const vms = spec.vms.slice(0, 10).join(', ');
  if (spec.kind === 'vm-affinity') {
    const rather = spec.strict === false ? 'rather ' : '';
    const over = spec.over === undefined ? '' : ` over ${spec.over}`;
    return `${vms} run ${rather}${spec.together ? 'together' : 'apart'}${over}`;
  }
  if (spec.kind === 'label-affinity') {
    const labels = Object.entries(spec.labels).map(([key, value]) => `${key}=${value}`);
    return `${vms} run ${spec.strict ? 'only' : 'rather'} on hosts with ${labels.join(', ')}`;
  }
  const hosts = Object.entries(spec.hosts).map(([host, weight]) => (weight > 0 ? `${host} (${weight})` : host));
  const alone = spec.exclusive ? ', which take no other VM' : '';
  return `${vms} run ${spec.strict ? 'only' : 'rather'} on ${hosts.slice(0, 10).join(', ')}${alone}`;
}

function no(...args: Parameters<typeof refused>): RuleAdmission {
  return { change: null, reply: refused(...args) };
}

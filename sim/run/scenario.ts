/** The format of a scenario file. What is not in it is refused, by the path of the offending field. */
import { labelKeySchema, labelValueSchema, nameSchema, ruleSpecSchema } from '@holdfast/contracts';
import { settingsChangeSchema } from '@holdfast/contracts';
import { z } from 'zod';
import { besideKinds } from '../faults/beside.js';
import { plainActions } from './action.js';
import { policyFields } from './scenario-policy.js';
import { bootSecondsSchema, diskSizesSchema, shrunkActions } from './shrink-verbs.js';

const actionSchema = z.discriminatedUnion('do', [...plainActions, ...shrunkActions]);
export type Action = z.infer<typeof actionSchema>;

const hostSchema = z.strictObject({
  cpus: z.number().int().positive(),
  memoryMiB: z.number().int().positive(),
  /** At the start. */
  power: z.enum(['on', 'off']).default('on'),
  /** Besides its BMC failover may switch off the outlet it is plugged into: the second fence level. */
  outlet: z.boolean().optional(),
  /** It has a watchdog that resets it when it is not petted for so long. */
  watchdogS: z.number().int().min(5).max(60).optional(),
  /** Given by people, once it is known. */
  labels: z.record(labelKeySchema, labelValueSchema).optional(),
});

const vmSchema = z.strictObject({
  /** Assigned here at the start; started there once that host is up and the rules allow it. */
  host: z.string(),
  desired: z.enum(['running', 'stopped']).default('running'),
  cpus: z.number().int().positive().default(1),
  memoryMiB: z.number().int().min(32).default(512),
  /** None: without a volume, nobody can revoke its writing. */
  disksMiB: diskSizesSchema.default([64]),
  ...policyFields,
});
export type ScenarioVm = z.infer<typeof vmSchema>;

const ruleIdSchema = z.string().min(1).max(200);
const [hostAffinity, vmAffinity] = ruleSpecSchema.options;
const ruleSchema = z.discriminatedUnion('kind', [
  hostAffinity.extend({ id: ruleIdSchema }),
  vmAffinity.extend({ id: ruleIdSchema }),
]);
export type ScenarioRule = z.infer<typeof ruleSchema>;

/** What another HA manager came to: its hosts are one choice of several, its times the longest that are allowed. */
const outcomeSchema = z.strictObject({
  running: z.record(z.string(), z.string()).default({}),
  recoveries: z
    .array(
      z.strictObject({ vm: z.string(), from: z.string(), to: z.string(), secondsAfterFault: z.number().positive() }),
    )
    .default([]),
});

/** What exactly must come of it. */
const demandSchema = z.strictObject({
  strict: z.literal(true),
  /** Every VM that runs at the end, and where it may. */
  running: z.record(z.string(), z.union([z.string(), z.array(z.string()).min(1)])),
  /** Every other VM that exists, and the phase it rests in. */
  resting: z.record(z.string(), z.string()).default({}),
  /** Every host that was fenced, at any time. */
  fenced: z.array(z.string()).default([]),
  /** Every VM that had to run elsewhere after a fault of its host, or could (`orStays`). */
  recoveries: z
    .array(
      z.strictObject({
        vm: z.string(),
        from: z.string(),
        withinS: z.number().positive().max(120).default(3),
        orStays: z.boolean().default(false),
      }),
    )
    .default([]),
  /** At the end all records agree with the world; false where a fault is still there. */
  settled: z.boolean().default(true),
});
export type Outcome = z.infer<typeof outcomeSchema>;
export type Demand = z.infer<typeof demandSchema>;

const scenarioSchema = z.strictObject({
  name: z.string(),
  about: z.string().default(''),
  control: z.enum(['apart', 'hosts']).default('apart'),
  hosts: z.record(nameSchema, hostSchema),
  /** Volumes are on the one that reported first; a host is proven revoked only when each of them says so. */
  storageNodes: z.number().int().min(1).max(8).default(1),
  bootS: bootSecondsSchema.default(3),
  /** People switch a host on again that failover has switched off, and ask for everything only once. */
  operated: z.boolean().default(false),
  /** What a seed has happen besides, drawn from its streams among so many VMs: not told one by one. */
  beside: z
    .strictObject({
      kinds: z.array(z.enum(besideKinds)).min(1),
      vms: z.number().int().positive(),
      untilS: z.number().positive().max(100_000),
    })
    .optional(),
  /** When every `fault` is healed; then all must come to rest within three minutes. */
  healAtS: z.number().positive().max(100_000).optional(),
  /** Two hosts whose BMCs were cabled the wrong way round. */
  swappedBmcs: z.tuple([z.string(), z.string()]).optional(),
  vms: z.record(nameSchema, vmSchema).default({}),
  rules: z.array(ruleSchema).default([]),
  /** What people set at the beginning, for the whole cluster. */
  settings: settingsChangeSchema.optional(),
  timeline: z.array(actionSchema).default([]),
  untilS: z.number().positive().max(100_000),
  seed: z.number().int().min(0).default(1),
  expect: z.union([demandSchema, outcomeSchema]).optional(),
});
export type Scenario = z.infer<typeof scenarioSchema>;

/** Not a scenario, or one that asks for what is not there: `field` names the place. */
export class ScenarioError extends Error {
  constructor(
    readonly field: string,
    message: string,
  ) {
    super(`${field}: ${message}`);
    this.name = 'ScenarioError';
  }
}

/** Throws `ScenarioError`. */
export function parseScenario(value: unknown): Scenario {
  const parsed = scenarioSchema.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const unknownKeys = issue?.code === 'unrecognized_keys' ? issue.keys : [];
    throw new ScenarioError(fieldOf([...(issue?.path ?? []), ...unknownKeys.slice(0, 1)]), issue?.message ?? 'invalid');
  }
  const scenario = parsed.data;
  checkNames(scenario);
  scenario.timeline.forEach((action, index) => checkAction(scenario, action, `timeline[${index}]`));
  return scenario;
}

function fieldOf(path: PropertyKey[]): string {
  const field = path.reduce<string>(
    (text, part) =>
      typeof part === 'number' ? `${text}[${part}]` : text === '' ? String(part) : `${text}.${String(part)}`,
    '',
  );
  return field === '' ? 'scenario' : field;
}

function checkNames({ hosts, vms, rules, swappedBmcs }: Scenario): void {
  if (Object.keys(hosts).length === 0) throw new ScenarioError('hosts', 'name at least one host');
  for (const [name, spec] of Object.entries(vms)) {
    if (!hosts[spec.host]) throw new ScenarioError(`vms.${name}.host`, `there is no host ${spec.host}`);
    const other = spec.after.find((each) => !vms[each]);
    if (other !== undefined) throw new ScenarioError(`vms.${name}.after`, `there is no VM ${other}`);
  }
  rules.forEach((rule, index) => {
    const vm = rule.vms.find((name) => !vms[name]);
    if (vm !== undefined) throw new ScenarioError(`rules[${index}].vms`, `there is no VM ${vm}`);
    const named = rule.kind === 'host-affinity' ? Object.keys(rule.hosts) : [];
    const host = named.find((name) => !hosts[name]);
    if (host !== undefined) throw new ScenarioError(`rules[${index}].hosts`, `there is no host ${host}`);
  });
  const unknown = swappedBmcs?.find((name) => !hosts[name]);
  if (unknown !== undefined) throw new ScenarioError('swappedBmcs', `there is no host ${unknown}`);
}

function checkAction(scenario: Scenario, action: Action, path: string): void {
  const { hosts, vms } = scenario;
  const others = nodesOf(scenario);
  if (action.do === 'host.link' && (action.link === undefined) === (action.to === undefined)) {
    throw new ScenarioError(`${path}.link`, 'give either `link` or `to`');
  }
  // One direction may also be cut to or from a node that is no hypervisor.
  const isPair = action.do === 'host.link' && action.to !== undefined;
  const isKnown = (name: string): boolean => name in hosts || (isPair && others.includes(name));
  const more = isPair ? `, nor ${others.join(', ')}` : '';
  if ('host' in action && action.host !== undefined && !isKnown(action.host)) {
    throw new ScenarioError(`${path}.host`, `there is no host ${action.host}${more}`);
  }
  if (action.do === 'outlet' && hosts[action.host]?.outlet !== true) {
    throw new ScenarioError(`${path}.host`, `${action.host} has no outlet that failover may switch`);
  }
  if (action.do === 'host.link' && action.to !== undefined && !isKnown(action.to)) {
    throw new ScenarioError(`${path}.to`, `there is no host ${action.to}${more}`);
  }
  if ('vm' in action && !vms[action.vm] && !isCreated(scenario, action.vm)) {
    throw new ScenarioError(`${path}.vm`, `there is no VM ${action.vm}`);
  }
  if (action.do === 'storage' && action.node !== undefined && !others.includes(action.node)) {
    throw new ScenarioError(`${path}.node`, `there is no storage node ${action.node}`);
  }
}

const isCreated = ({ timeline }: Scenario, vm: string): boolean =>
  timeline.some((action) =>
    (action.do === 'vm.create' && action.vm === vm) || (action.do === 'vm.rename' && action.to === vm));

/** The nodes besides the hosts. */
function nodesOf({ control, storageNodes }: Scenario): string[] {
  const control3 = control === 'apart' ? ['ctl1', 'ctl2', 'ctl3'] : [];
  return [...control3, ...Array.from({ length: storageNodes }, (_, index) => `san${index + 1}`)];
}

/** The format of a scenario file. */
import { nameSchema } from '@holdfast/contracts';
import { z } from 'zod';

const host = z.string();
const on = z.boolean();
const vm = z.string();
const at = { atS: z.number().min(0) };

const actionSchema = z.discriminatedUnion('do', [
  z.strictObject({ ...at, do: z.literal('host.power'), host, on }),
  z.strictObject({ ...at, do: z.literal('host.network'), host, on }),
  z.strictObject({
    ...at,
    do: z.literal('host.link'),
    host,
    link: z.enum(['management', 'storage', 'bmc', 'guest']).optional(),
    to: z.string().optional(),
    on,
  }),
  z.strictObject({ ...at, do: z.literal('host.maintenance'), host, on }),
  z.strictObject({ ...at, do: z.literal('host.shutdown'), host }),
  z.strictObject({ ...at, do: z.literal('host.reboot'), host }),
  z.strictObject({ ...at, do: z.literal('host.agent'), host, on }),
  z.strictObject({ ...at, do: z.literal('host.pause'), host, seconds: z.number().positive() }),
  z.strictObject({ ...at, do: z.literal('host.clock'), host, offsetMs: z.number() }),
  z.strictObject({ ...at, do: z.literal('bmc'), host, on }),
  z.strictObject({ ...at, do: z.literal('bus'), server: z.union([z.string(), z.number()]).optional(), on }),
  z.strictObject({ ...at, do: z.literal('storage'), on }),
  z.strictObject({ ...at, do: z.literal('leader.kill'), service: z.enum(['scheduler', 'failover']) }),
  z.strictObject({ ...at, do: z.literal('vm.start'), vm }),
  z.strictObject({ ...at, do: z.literal('vm.stop'), vm }),
  z.strictObject({ ...at, do: z.literal('vm.migrate'), vm, host }),
  z.strictObject({ ...at, do: z.literal('vm.relocate'), vm, host }),
  z.strictObject({ ...at, do: z.literal('vm.delete'), vm }),
  z.strictObject({ ...at, do: z.literal('vm.crash'), vm }),
  z.strictObject({ ...at, do: z.literal('ha.disarm') }),
  z.strictObject({ ...at, do: z.literal('ha.arm') }),
]);
export type Action = z.infer<typeof actionSchema>;

const scenarioSchema = z.strictObject({
  name: z.string(),
  about: z.string().default(''),
  control: z.enum(['apart', 'hosts']).default('apart'),
  hosts: z.record(
    nameSchema,
    z.strictObject({
      cpus: z.number().int().positive(),
      memoryMiB: z.number().int().positive(),
      power: z.enum(['on', 'off']).default('on'),
    }),
  ),
  vms: z
    .record(
      nameSchema,
      z.strictObject({
        host: z.string(),
        desired: z.enum(['running', 'stopped']).default('running'),
        cpus: z.number().int().positive().default(1),
        memoryMiB: z.number().int().min(32).default(512),
        maxRestart: z.number().int().min(0).max(100).default(1),
        maxRelocate: z.number().int().min(0).max(100).default(1),
        failback: z.boolean().default(false),
      }),
    )
    .default({}),
  rules: z.array(z.looseObject({ id: z.string() })).default([]),
  timeline: z.array(actionSchema).default([]),
  untilS: z.number().positive().max(100_000),
  seed: z.number().int().min(0).default(1),
  expect: z.unknown().optional(),
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
  checkSupported(scenario);
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

function checkNames({ hosts, vms, timeline }: Scenario): void {
  for (const [name, spec] of Object.entries(vms)) {
    if (!hosts[spec.host]) throw new ScenarioError(`vms.${name}.host`, `there is no host ${spec.host}`);
  }
  timeline.forEach((action, index) => {
    if ('host' in action && !hosts[action.host]) {
      throw new ScenarioError(`timeline[${index}].host`, `there is no host ${action.host}`);
    }
    if ('vm' in action && !vms[action.vm]) {
      throw new ScenarioError(`timeline[${index}].vm`, `there is no VM ${action.vm}`);
    }
    if (action.do === 'host.link' && (action.link === undefined) === (action.to === undefined)) {
      throw new ScenarioError(`timeline[${index}].link`, 'give either `link` or `to`');
    }
    if (action.do === 'host.link' && action.to !== undefined && !hosts[action.to]) {
      throw new ScenarioError(`timeline[${index}].to`, `there is no host ${action.to}`);
    }
  });
}

const notYet: ReadonlySet<Action['do']> = new Set(['host.maintenance', 'vm.relocate', 'ha.disarm', 'ha.arm']);

/** What the scheduler cannot do yet is said, not left out in silence. */
function checkSupported({ rules, vms, timeline }: Scenario): void {
  const [rule] = rules;
  if (rule) throw new ScenarioError('rules[0]', `placement rules are not supported yet (${rule.id})`);
  for (const [name, { failback }] of Object.entries(vms)) {
    if (failback) throw new ScenarioError(`vms.${name}.failback`, 'failback is not supported yet');
  }
  timeline.forEach((action, index) => {
    if (notYet.has(action.do)) throw new ScenarioError(`timeline[${index}].do`, `${action.do} is not supported yet`);
  });
}

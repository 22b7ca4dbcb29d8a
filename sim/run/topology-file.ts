/** The format of an inventory: the cluster of a user, as it is. Strict: what is not known is named, with its remedy. */
import { nameSchema, ruleSpecSchema } from '@holdfast/contracts';
import { z } from 'zod';

export const mostHosts = 10_000;
export const mostVms = 100_000;
/** The labels that say which switch carries which network of a node. */
export const switchLabels = { management: 'switch', storage: 'storageSwitch', bmc: 'bmcSwitch' } as const;

const whole = (what: string, least: number): z.ZodNumber =>
  z
    .number(`give ${what} as a number`)
    .int(`give ${what} as a whole number`)
    .min(least, `give ${what}: ${least} or more`);
const labelsSchema = z
  .record(z.string().min(1).max(60), z.string('give the label a text').min(1, 'give the label a text').max(200))
  .default({});

const hostSchema = z.strictObject({
  cpus: whole('its CPUs', 1),
  memoryMiB: whole('its memory in MiB', 32),
  /** A power switch that answers from outside (IPMI, Redfish). */
  bmc: z.boolean('say true or false').default(true),
  labels: labelsSchema,
});
const poolSchema = z.strictObject({
  /** Access can be taken back; false for a local directory, whose VMs only power can prove. */
  revocable: z.boolean('say true or false').default(true),
});
const storageSchema = z.strictObject({ pools: z.record(nameSchema, poolSchema), labels: labelsSchema });
const nodeSchema = z.strictObject({ labels: labelsSchema });
const diskSchema = z.strictObject({
  /** May be left out where there is one pool. */
  pool: nameSchema.optional(),
  sizeMiB: whole('the size in MiB', 1).default(1024),
});
const vmSchema = z.strictObject({
  cpus: whole('its CPUs', 1).default(1),
  memoryMiB: whole('its memory in MiB', 32),
  disks: z.array(diskSchema).max(16, 'give at most 16 disks').default([{ sizeMiB: 1024 }]),
  /** Where it runs now; without it, it is placed. */
  host: nameSchema.optional(),
  priority: whole('the priority', 0).max(100, 'give at most 100').default(50),
  maxRelocate: whole('the number of hosts to try', 0).max(100, 'give at most 100').default(3),
});
const ruleIdSchema = nameSchema;
const [hostAffinity, vmAffinity] = ruleSpecSchema.options;
const patternSchema = z.array(z.string()).min(1, 'name at least one VM');
const ruleSchema = z.discriminatedUnion('kind', [
  hostAffinity.extend({
    id: ruleIdSchema,
    vms: patternSchema,
    hosts: z.record(z.string(), z.number().int().min(0).max(1000)),
    strict: z.boolean().default(false),
  }),
  vmAffinity.extend({ id: ruleIdSchema, vms: patternSchema }),
]);

const fileSchema = z.strictObject({
  name: z.string().default('cluster'),
  about: z.string().default(''),
  hosts: z.record(z.string(), hostSchema, 'name the hosts'),
  storage: z.record(nameSchema, storageSchema).default({ san1: { pools: { pool1: { revocable: true } }, labels: {} } }),
  /** Nodes of its own (three, unless named), or hosts that carry it. */
  control: z
    .union([
      z.strictObject({ nodes: z.record(nameSchema, nodeSchema) }),
      z.strictObject({ hosts: z.array(nameSchema) }),
    ], 'give either `nodes` with their labels, or `hosts` that carry it')
    .default({ nodes: { ctl1: { labels: {} }, ctl2: { labels: {} }, ctl3: { labels: {} } } }),
  vms: z.record(z.string(), vmSchema).default({}),
  rules: z.array(ruleSchema).max(2000, 'give at most 2000 rules').default([]),
  seed: z.number().int().min(0).default(1),
});
type File = z.infer<typeof fileSchema>;

export type TopologyHost = z.infer<typeof hostSchema>;
export interface TopologyVm extends Omit<z.infer<typeof vmSchema>, 'disks'> {
  disks: { pool: string; sizeMiB: number }[];
}
export type TopologyRule = z.infer<typeof ruleSchema>;

/** An inventory with every range written out. */
export interface Topology {
  name: string;
  seed: number;
  hosts: Map<string, TopologyHost>;
  storage: Map<string, z.infer<typeof storageSchema>>;
  control: { isApart: boolean; nodes: Map<string, Record<string, string>> };
  vms: Map<string, TopologyVm>;
  rules: TopologyRule[];
}

/** Not an inventory, or one that contradicts itself: `field` names the place, `remedy` what to do. */
export class TopologyError extends Error {
  constructor(
    readonly field: string,
    message: string,
    readonly remedy: string,
  ) {
    super(`${field}: ${message}`);
    this.name = 'TopologyError';
  }
}

/** Throws `TopologyError`. */
export function parseTopology(value: unknown): Topology {
  const parsed = fileSchema.safeParse(value);
  if (!parsed.success) throw errorOf(parsed.error.issues[0]);
  const file = parsed.data;
  const hosts = expanded(file.hosts, 'hosts', mostHosts);
  const vms = vmsOf(file);
  const topology: Topology = {
    name: file.name,
    seed: file.seed,
    hosts,
    storage: new Map(Object.entries(file.storage)),
    control: controlOf(file, hosts),
    vms,
    rules: file.rules.map((rule, index) => ruleOf(rule, `rules[${index}]`, { hosts, vms })),
  };
  check(topology);
  return topology;
}

function errorOf(issue: z.core.$ZodIssue | undefined): TopologyError {
  const path = issue?.path ?? [];
  if (issue?.code === 'unrecognized_keys') {
    const field = fieldOf([...path, ...issue.keys.slice(0, 1)]);
    return new TopologyError(field, 'is not known here', 'correct the name, or leave it out');
  }
  const message = issue?.message ?? 'is not an inventory';
  return new TopologyError(fieldOf(path), message, 'see sim/examples/two-racks.json for an example');
}

function fieldOf(path: readonly PropertyKey[]): string {
  let field = '';
  for (const part of path) {
    if (typeof part === 'number') field += `[${part}]`;
    else field += field === '' ? String(part) : `.${String(part)}`;
  }
  return field === '' ? 'inventory' : field;
}

const rangePattern = /^(.*)\[(\d{1,6})-(\d{1,6})\](.*)$/;

/** `web[1-20]` stands for web1 to web20; a name without brackets for itself. */
function namesOf(text: string, field: string, most: number): string[] {
  const match = rangePattern.exec(text);
  const [, before = '', first = '', last = '', after = ''] = match ?? [];
  const names: string[] = [];
  if (!match) names.push(text);
  else {
    const [from, to] = [Number(first), Number(last)];
    if (to < from) throw new TopologyError(field, 'the range ends before it begins', 'write the smaller number first');
    if (to - from >= most) throw new TopologyError(field, `stands for more than ${most}`, 'give a smaller range');
    const width = first.startsWith('0') ? first.length : 0;
    for (let number = from; number <= to; number += 1) {
      names.push(`${before}${String(number).padStart(width, '0')}${after}`);
    }
  }
  const wrong = names.find((name) => !nameSchema.safeParse(name).success);
  if (wrong !== undefined) {
    const remedy = 'use 1 to 40 lower-case letters, digits and dashes, starting with a letter; a range is web[1-20]';
    throw new TopologyError(field, `${wrong} is not a name`, remedy);
  }
  return names;
}

function expanded<T>(entries: Record<string, T>, section: string, most: number): Map<string, T> {
  const all = new Map<string, T>();
  for (const [text, value] of Object.entries(entries)) {
    const field = `${section}.${text}`;
    for (const name of namesOf(text, field, most)) {
      if (all.has(name)) throw new TopologyError(field, `${name} is given twice`, 'let each name stand for one');
      all.set(name, value);
    }
    if (all.size > most) throw new TopologyError(section, `there are more than ${most}`, 'leave some out');
  }
  return all;
}

function vmsOf(file: File): Map<string, TopologyVm> {
  const pools = Object.values(file.storage).flatMap((node) => Object.keys(node.pools));
  const given = Object.entries(file.vms).map(([text, vm]) => {
    const disks = vm.disks.map(({ pool, sizeMiB }, index) => {
      const field = `vms.${text}.disks[${index}].pool`;
      const only = pools.length === 1 ? pools[0] : undefined;
      const found = pool ?? only;
      const remedy = pools.length === 0 ? 'give a storage node a pool' : `choose from ${pools.join(', ')}`;
      if (found === undefined) throw new TopologyError(field, 'is left out, and there is not just one pool', remedy);
      if (!pools.includes(found)) throw new TopologyError(field, `there is no pool ${found}`, remedy);
      return { pool: found, sizeMiB };
    });
    return [text, { ...vm, disks }] as const;
  });
  return expanded(Object.fromEntries(given), 'vms', mostVms);
}

function controlOf(file: File, hosts: Topology['hosts']): Topology['control'] {
  const { control } = file;
  if ('nodes' in control) {
    const nodes = Object.entries(control.nodes).map(([name, { labels }]) => [name, labels] as const);
    return { isApart: true, nodes: new Map(nodes) };
  }
  const nodes = control.hosts.map((name, index) => {
    const host = hosts.get(name);
    const field = `control.hosts[${index}]`;
    if (!host) throw new TopologyError(field, `there is no host ${name}`, 'name a host of the inventory');
    return [name, host.labels] as const;
  });
  return { isApart: false, nodes: new Map(nodes) };
}

type Named = Pick<Topology, 'hosts' | 'vms'>;

function ruleOf(rule: TopologyRule, field: string, { hosts, vms }: Named): TopologyRule {
  const known = (text: string, kind: string, among: ReadonlyMap<string, unknown>): string[] => {
    const names = namesOf(text, `${field}.${kind}s`, mostVms);
    const unknown = names.find((name) => !among.has(name));
    if (unknown !== undefined) {
      const remedy = `name a ${kind === 'vm' ? 'VM' : 'host'} of the inventory`;
      throw new TopologyError(`${field}.${kind}s`, `there is no ${kind} ${unknown}`, remedy);
    }
    return names;
  };
  const named = rule.vms.flatMap((text) => known(text, 'vm', vms));
  if (rule.kind === 'vm-affinity') return { ...rule, vms: named };
  const weights = Object.entries(rule.hosts).flatMap(([text, weight]) =>
    known(text, 'host', hosts).map((name) => [name, weight] as const),
  );
  return { ...rule, vms: named, hosts: Object.fromEntries(weights) };
}

function check({ hosts, storage, control, vms, rules }: Topology): void {
  if (hosts.size < 2) throw new TopologyError('hosts', 'a cluster needs at least 2', 'add a host');
  if (control.nodes.size === 0 || control.nodes.size % 2 === 0) {
    throw new TopologyError('control', `has ${control.nodes.size} nodes`, 'give 1, 3 or 5, so that a majority can be');
  }
  const nodes = new Map<string, string>();
  const sections: [string, Iterable<string>][] = [['hosts', hosts.keys()], ['storage', storage.keys()]];
  if (control.isApart) sections.push(['control.nodes', control.nodes.keys()]);
  for (const [section, names] of sections) {
    for (const name of names) {
      const other = nodes.get(name);
      const field = `${section}.${name}`;
      if (other) throw new TopologyError(field, `is a name in ${other} too`, 'give each node its own name');
      nodes.set(name, section);
    }
  }
  const pools = new Set<string>();
  for (const [node, spec] of storage) {
    for (const pool of Object.keys(spec.pools)) {
      const field = `storage.${node}.pools.${pool}`;
      if (pools.has(pool)) throw new TopologyError(field, 'is given twice', 'give each pool its own name');
      pools.add(pool);
    }
  }
  for (const [name, { host }] of vms) {
    if (host !== undefined && !hosts.has(host)) {
      throw new TopologyError(`vms.${name}.host`, `there is no host ${host}`, 'name a host of the inventory');
    }
  }
  const ids = new Set<string>();
  rules.forEach(({ id }, index) => {
    if (ids.has(id)) throw new TopologyError(`rules[${index}].id`, `${id} is given twice`, 'give each rule its own id');
    ids.add(id);
  });
}

import type { HostView, RuleView } from '@holdfast/client';
import type { RuleSpec } from '@holdfast/contracts';
import type { Command } from 'commander';
import { parseLabels, parseNames, parseWeights } from '../arguments.js';
import { UsageError } from '../failure.js';
import { withJson, type JsonFlag, type Register, type Session } from '../session.js';

interface AddFlags extends JsonFlag {
  vms: string[];
  hosts?: Record<string, number>;
  labels?: Record<string, string>;
  strict?: boolean;
  together?: boolean;
  apart?: boolean;
  rather?: boolean;
  over?: string;
  exclusive?: boolean;
}

function specOf({ vms, hosts, labels, strict, together, apart, rather, over, exclusive }: AddFlags): RuleSpec {
  const kinds = Object.entries({ hosts, labels, together, apart }).filter(([, given]) => given !== undefined)
    .map(([kind]) => `--${kind}`);
  if (kinds.length !== 1) {
    throw new UsageError(
      kinds.length === 0 ? 'the rule says nothing yet' : `${kinds.join(' and ')} do not go together in one rule`,
      'give one of --hosts, --labels, --together and --apart',
    );
  }
  if ((hosts ?? labels) && (rather === true || over !== undefined)) {
    throw new UsageError('--rather and --over are about VMs', 'leave them out: without --strict hosts are preferred');
  }
  if (hosts) return { kind: 'host-affinity', vms, hosts, strict: strict === true, ...(exclusive ? { exclusive } : {}) };
  if (exclusive === true) throw new UsageError('--exclusive is about hosts', 'name them with --hosts');
  if (labels) return { kind: 'label-affinity', vms, labels, strict: strict === true };
  if (over !== undefined && together === true) {
    throw new UsageError('VMs are spread over a label, not kept together by one', 'give --over with --apart');
  }
  if (strict === true) {
    throw new UsageError('--strict is about hosts', 'leave it out: without --rather VMs are always kept so strictly');
  }
  const lenient = rather === true ? { strict: false } : {};
  const spread = over === undefined ? {} : { over };
  return { kind: 'vm-affinity', vms, together: together === true, ...lenient, ...spread };
}

/** What it asks of its VMs, in a few words. */
function demand(spec: RuleSpec): string {
  if (spec.kind === 'vm-affinity') {
    const rather = spec.strict === false ? 'rather ' : '';
    return `${rather}${spec.together ? 'together' : 'apart'}${spec.over === undefined ? '' : ` over ${spec.over}`}`;
  }
  if (spec.kind === 'label-affinity') return spec.strict ? 'only on' : 'rather on';
  return `${spec.exclusive ? 'alone and ' : ''}${spec.strict ? 'only on' : 'rather on'}`;
}

/** The preferred first. */
function hostsText(spec: RuleSpec): string {
  if (spec.kind === 'vm-affinity') return '-';
  if (spec.kind === 'label-affinity') {
    return `hosts with ${Object.entries(spec.labels).map(([key, value]) => `${key}=${value}`).join(', ')}`;
  }
  return Object.entries(spec.hosts)
    .sort(([a, weightA], [b, weightB]) => weightB - weightA || a.localeCompare(b, 'en'))
    .map(([host, weight]) => (weight > 0 ? `${host}=${weight}` : host))
    .join(', ');
}

function sentence({ id, spec }: Pick<RuleView, 'id' | 'spec'>): string {
  const where = spec.kind === 'vm-affinity' ? '' : ` ${hostsText(spec)}`;
  return `rule ${id}: ${spec.vms.join(', ')} ${spec.vms.length === 1 ? 'runs' : 'run'} ${demand(spec)}${where}`;
}

async function list({ client, output }: Session, { json }: JsonFlag): Promise<void> {
  const rules = await client.all<RuleView>((page) => client.rules(page));
  if (json) output.json({ items: rules });
  else {
    output.table(
      ['RULE', 'VMS', 'RUN', 'HOSTS'],
      rules.map(({ id, spec }) => [id, spec.vms.join(', '), demand(spec), hostsText(spec)]),
      'there is no rule yet; holdfast rule add makes one',
    );
  }
}

/** They may come later; a name that is mistyped would leave a VM without a host. */
async function warnOfUnknown({ client, io }: Session, spec: RuleSpec): Promise<void> {
  if (spec.kind !== 'host-affinity') return;
  const known = new Set((await client.all<HostView>((page) => client.hosts(page))).map(({ host }) => host));
  const unknown = Object.keys(spec.hosts).filter((host) => !known.has(host));
  if (unknown.length > 0) io.stderr.write(`holdfast: warning: there is no host ${unknown.join(' or ')} yet\n`);
}

function registerAdd(group: Command, session: Session): void {
  withJson(group.command('add'))
    .description('make a rule, or replace the one of that name; running VMs that break it move')
    .argument('<NAME>', 'lower-case letters, digits and dashes')
    .requiredOption('--vms <NAMES>', 'the VMs, separated by commas; they need not exist yet', parseNames)
    .option('--hosts <HOSTS>', 'rather on these, the larger number first: h1=2,h2=1', parseWeights)
    .option('--labels <LABELS>', 'rather on hosts with all of these labels: gpu=a100,rack=r1', parseLabels)
    .option('--strict', 'with --hosts or --labels: nowhere else, ever')
    .option('--together', 'all of them on one host')
    .option('--apart', 'no two of them on one host')
    .option('--over <LABEL>', 'with --apart: no two of them on hosts whose label says the same, for example rack')
    .option('--rather', 'with --together or --apart: as far as there is room, and nobody moves for it')
    .option('--exclusive', 'with --hosts: these hosts take no other VM')
    .addHelpText(
      'after',
      `
Examples:
  holdfast rule add replicas --vms db1,db2,db3 --apart
  holdfast rule add quorum --vms etcd1,etcd2,etcd3 --apart --over rack
  holdfast rule add gpu --vms ml1,ml2 --labels gpu=a100 --strict
  holdfast rule add licence --vms erp1 --hosts h1=2,h2=1 --strict`,
    )
    .action(async (name: string, flags: AddFlags) => {
      const spec = specOf(flags);
      const changed = await session.client.putRule(name, spec);
      await warnOfUnknown(session, spec);
      if (flags.json) session.output.json({ ...changed, spec });
      else session.output.line(sentence({ id: name, spec }));
    });
}

export const registerRule: Register = (program, session) => {
  const group = program.command('rule').description('rules: where VMs may run, and with whom');
  withJson(group.command('list'))
    .description('all rules')
    .action((flags: JsonFlag) => list(session, flags));
  withJson(group.command('show'))
    .description('one rule')
    .argument('<NAME>', 'the rule')
    .action(async (name: string, { json }: JsonFlag) => {
      const rule = await session.client.rule(name);
      if (json) session.output.json(rule);
      else session.output.line(sentence(rule));
    });
  registerAdd(group, session);
  withJson(group.command('remove'))
    .description('drop a rule; VMs stay where they are')
    .argument('<NAME>', 'the rule')
    .action(async (name: string, { json }: JsonFlag) => {
      const changed = await session.client.deleteRule(name);
      if (json) session.output.json(changed);
      else session.output.line(`rule ${name} is gone`);
    });
};

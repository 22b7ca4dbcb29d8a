import type { NetworkView } from '@holdfast/client';
import type { NetworkChange } from '@holdfast/contracts';
import type { Command } from 'commander';
import { UsageError } from '../failure.js';
import type { Column } from '../output.js';
import {
  emptyText, withJson, withList, type JsonFlag, type ListFlags, type Register, type Session,
} from '../session.js';
import { labelsText, parseLabels } from './host-words.js';

interface Flags extends JsonFlag {
  project?: string;
  shared?: boolean;
  note?: string;
  label?: string[];
}

const collect = (text: string, before: string[] = []): string[] => [...before, text];

function whose({ recorded, shared, project }: NetworkView): string {
  if (project !== null) return project;
  if (!shared) return 'nobody: it has no record';
  return recorded ? 'shared' : 'shared: it has no record';
}

function hostsText({ hosts }: NetworkView): string {
  return hosts.map(({ host, state }) => (state === 'up' ? host : `${host} (down)`)).join(', ') || 'none';
}

function vmsText({ vms, vmCount }: NetworkView): string {
  const more = vmCount > vms.length ? ` and ${vmCount - vms.length} more` : '';
  return `${vms.join(', ') || 'none'}${more}`;
}

const columns: Column<NetworkView>[] = [
  { heading: 'NETWORK', of: ({ name }) => name },
  { heading: 'PROJECT', of: whose },
  { heading: 'HOSTS', of: hostsText },
  { heading: 'VMS', of: ({ vmCount }) => String(vmCount) },
  { heading: 'LABELS', wide: true, of: ({ labels }) => labelsText(labels) },
  { heading: 'NOTE', wide: true, of: ({ note }) => note },
];

/** Null: shared; undefined: not said. */
function projectOf({ project, shared }: Flags): string | null | undefined {
  if (project !== undefined && shared) {
    throw new UsageError('--project and --shared do not go together', 'give one of them');
  }
  return shared ? null : project;
}

async function show({ client, output }: Session, name: string, json: boolean | undefined): Promise<void> {
  const network = await client.network(name);
  if (json) return output.json(network);
  const { note, labels, changing } = network;
  output.fields([
    ['network', network.name],
    ['project', `${whose(network)}${changing ? ', being changed' : ''}`],
    ...(note === '' ? [] : [['note', note] as const]),
    ...(Object.keys(labels).length === 0 ? [] : [['labels', labelsText(labels)] as const]),
    ['hosts', hostsText(network)],
    ['VMs', vmsText(network)],
  ]);
}

function withWords(command: Command, note: string, label: string): Command {
  return withJson(command)
    .option('--project <NAME>', 'only VMs of this project may be on it')
    .option('--shared', 'VMs of all projects may be on it')
    .option('--note <TEXT>', note)
    .option('--label <KEY=VALUE>', label, collect);
}

function registerChanges(group: Command, session: Session): void {
  const { output } = session;
  withWords(group.command('create'), 'what people should know of it', 'to find it by; repeat it for more')
    .description('say whose VMs may be on a network that hosts offer, or are going to')
    .argument('<NAME>', 'as the hosts\' agents call it in `bridges`')
    .addHelpText('after', `
Examples:
  holdfast network create shop-lan --project shop --note "first floor"
  holdfast network create dmz --shared`)
    .action(async (name: string, flags: Flags) => {
      const project = projectOf(flags);
      if (project === undefined) throw new UsageError('whose is it?', 'give --project NAME or --shared');
      const { set, remove } = parseLabels(flags.label ?? []);
      if (remove.length > 0) throw new UsageError(`${remove[0]}- is no label of a new network`, 'say KEY=VALUE');
      const note = flags.note === undefined ? {} : { note: flags.note };
      const changed = await session.client.newNetwork({ name, project, ...note, labels: set });
      if (flags.json) output.json(changed);
      else output.line(`network ${name} is ${project === null ? 'shared' : `for VMs of ${project}`}`);
    });
  withWords(group.command('edit'), 'what people should know of it; "" takes it away', 'KEY- takes it away; repeat it')
    .description('give it to another project, share it, or say something else of it')
    .argument('<NAME>', 'the network')
    .action(async (name: string, flags: Flags) => {
      const project = projectOf(flags);
      const change: NetworkChange = {
        ...(project !== undefined && { project }),
        ...(flags.note !== undefined && { note: flags.note }),
        ...(flags.label !== undefined && { labels: parseLabels(flags.label) }),
      };
      if (Object.keys(change).length === 0) {
        throw new UsageError('nothing is to be changed', 'give --project, --shared, --note or --label');
      }
      const changed = await session.client.changeNetwork(name, change);
      if (flags.json) output.json(changed);
      else output.line(`network ${name} is changed`);
    });
  withJson(group.command('delete'))
    .description('delete its record; refused while VMs are on it')
    .argument('<NAME>', 'the network')
    .action(async (name: string, { json }: JsonFlag) => {
      const changed = await session.client.deleteNetwork(name);
      if (json) output.json(changed);
      else output.line(`network ${name} has no record any more`);
    });
}

/** `network`: what the NICs of VMs are on, and whose that is. */
export const registerNetwork: Register = (program, session) => {
  const group = program.command('network').description('guest networks: which hosts offer them, and whose they are');
  withList(group.command('list'), 'shared=true')
    .description('all networks of one\'s projects, and shared ones')
    .action(async (flags: ListFlags) => {
      const { client, output } = session;
      const items = await client.all<NetworkView>((page) => client.networks(page), flags);
      if (flags.json) output.json({ items });
      else output.list(columns, items, emptyText(flags, 'no host offers a network (`bridges` of their agents)'));
    });
  withJson(group.command('show'))
    .description('one network, the hosts that offer it and the VMs on it')
    .argument('<NAME>', 'the network')
    .action((name: string, { json }: JsonFlag) => show(session, name, json));
  registerChanges(group, session);
};

import type { Quota, QuotaView } from '@holdfast/client';
import { InvalidArgumentError, type Command } from 'commander';
import { parseCount, parseSize } from '../arguments.js';
import { memoryText, type Output } from '../output.js';
import {
  emptyText, withJson, withList, type JsonFlag, type ListFlags, type Register, type Session,
} from '../session.js';

type Limit = number | 'none';

interface QuotaFlags extends JsonFlag {
  vms?: Limit;
  cpus?: Limit;
  memory?: Limit;
  disk?: Limit;
}

/** `none` lifts a limit. */
const orNone = (parse: (text: string) => number) => (text: string): Limit => {
  if (text === 'none') return text;
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw error;
    throw new InvalidArgumentError(`${error.message} Or \`none\` for no limit.`);
  }
};

const limitOf = (limit: Limit): number | null => (limit === 'none' ? null : limit);

function showQuota(output: Output, { quota, used }: QuotaView): void {
  const row = (name: string, key: keyof Quota, text: (value: number) => string): string[] => {
    const limit = quota[key];
    return [name, text(used[key]), limit === null ? 'no limit' : text(limit)];
  };
  const size = (mib: number): string => (mib === 0 ? '0' : memoryText(mib));
  output.table(['RESOURCE', 'USED', 'LIMIT'], [
    row('VMs', 'vms', String),
    row('CPUs', 'cpus', String),
    row('memory', 'memoryMiB', size),
    row('disks', 'diskMiB', size),
  ], '');
}

function registerQuota(projects: Command, session: Session): void {
  withJson(projects.command('quota'))
    .description('how much the VMs of a project take up, and may take up; with limits: set these, and leave the others')
    .argument('<PROJECT>', 'its name')
    .option('--vms <N>', 'VMs, running or not', orNone(parseCount))
    .option('--cpus <N>', 'CPUs of all its VMs together', orNone(parseCount))
    .option('--memory <SIZE>', 'memory of all its VMs together', orNone(parseSize))
    .option('--disk <SIZE>', 'disks of all its VMs together', orNone(parseSize))
    .addHelpText('after', `
Examples:
  holdfast project quota shop
  holdfast project quota shop --vms 10 --cpus 20 --memory 64GiB --disk 1TiB
  holdfast project quota shop --cpus none`)
    .action(async (name: string, { json, vms, cpus, memory, disk }: QuotaFlags) => {
      const change = {
        ...(vms !== undefined && { vms: limitOf(vms) }),
        ...(cpus !== undefined && { cpus: limitOf(cpus) }),
        ...(memory !== undefined && { memoryMiB: limitOf(memory) }),
        ...(disk !== undefined && { diskMiB: limitOf(disk) }),
      };
      const isChange = Object.keys(change).length > 0;
      const quota = isChange ? await session.people.setQuota(name, change) : await session.people.quota(name);
      if (json) session.output.json(quota);
      else showQuota(session.output, quota);
    });
}

/** Projects, whose VMs are theirs. */
export const registerProject: Register = (program, session) => {
  const { output } = session;
  const projects = program.command('project').description('projects and, with `role grant --project`, their members');
  withList(projects.command('list'), 'name=shop')
    .description('the projects that you may see')
    .action(async (flags: ListFlags) => {
      const all = await session.client.all((page) => session.people.projects(page), flags);
      if (flags.json) return output.json({ items: all });
      const rows = all.map(({ name, description }) => [name, description]);
      output.table(['PROJECT', 'DESCRIPTION'], rows, emptyText(flags, 'there is no project'));
    });
  withJson(projects.command('create'))
    .description('make a project')
    .argument('<PROJECT>', 'its name')
    .option('--description <TEXT>', 'what it is for', '')
    .action(async (name: string, { json, description }: JsonFlag & { description: string }) => {
      const made = await session.people.newProject({ name, description });
      if (json) output.json(made);
      else output.line(`${name} is made`);
    });
  withJson(projects.command('delete'))
    .description('delete a project, and who held which role in it')
    .argument('<PROJECT>', 'its name')
    .action(async (name: string, { json }: JsonFlag) => {
      const removed = await session.people.deleteProject(name);
      if (json) output.json(removed);
      else output.line(`${name} is deleted`);
    });
  registerQuota(projects, session);
};

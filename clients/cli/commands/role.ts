import type { GrantView, RoleView } from '@holdfast/client';
import { Option, type Command } from 'commander';
import { parseNames } from '../arguments.js';
import { CommandFailure, UsageError } from '../failure.js';
import { withJson, withList, emptyText, type JsonFlag, type ListFlags, type Register } from '../session.js';

interface HolderFlags extends JsonFlag {
  user?: string;
  group?: string;
  project?: string;
}

function withHolder(command: Command): Command {
  return withJson(command)
    .argument('<ROLE>', 'the role')
    .addOption(new Option('--user <NAME>', 'the user').conflicts('group'))
    .option('--group <NAME>', 'the group')
    .option('--project <NAME>', 'in this project; left out, in the whole cluster');
}

type Holder = Pick<GrantView, 'user' | 'group' | 'project'>;

function holderOf({ user, group, project }: HolderFlags): Holder {
  if (user === undefined && group === undefined) throw new UsageError('to whom?', 'give --user or --group');
  return { user: user ?? null, group: group ?? null, project: project ?? null };
}

function holderText({ user, group, project }: Holder): string {
  return `${user ?? `group ${group}`}${project === null ? '' : ` in ${project}`}`;
}

function isSame(a: Holder, b: Holder): boolean {
  return a.user === b.user && a.group === b.group && a.project === b.project;
}

/** Roles, and who holds them. */
export const registerRole: Register = (program, session) => {
  const { output } = session;
  const group = program.command('role').description('roles, what they permit, and who holds them');
  withList(group.command('list'), 'name=admin')
    .description('all roles and what they permit')
    .action(async (flags: ListFlags) => {
      const roles = await session.client.all<RoleView>((page) => session.people.roles(page), flags);
      if (flags.json) return output.json({ items: roles });
      const rows = roles.map(({ name, of, own, permissions, means }) => {
        return [name, of, own ? 'own' : 'built in', String(permissions.length), means];
      });
      output.table(['ROLE', 'GRANTED ON', 'MADE', 'PERMISSIONS', 'MEANS'], rows, emptyText(flags, 'there is no role'));
    });
  withJson(group.command('create'))
    .description('make an own role of named permissions, or change it')
    .argument('<ROLE>', 'its name')
    .requiredOption('--permissions <NAMES>', 'such as vm.read,vm.power', parseNames)
    .option('--means <TEXT>', 'what it is for', '')
    .action(async (name: string, flags: JsonFlag & { permissions: string[]; means: string }) => {
      const { permissions, means } = flags;
      const body = { permissions, means } as Parameters<typeof session.people.putRole>[1];
      const role = await session.people.putRole(name, body);
      if (flags.json) output.json(role);
      else output.line(`${name} permits ${role.permissions.join(', ')}`);
    });
  withJson(group.command('delete'))
    .description('delete an own role; who holds it, no longer does')
    .argument('<ROLE>', 'its name')
    .action(async (name: string, { json }: JsonFlag) => {
      const removed = await session.people.deleteRole(name);
      if (json) output.json(removed);
      else output.line(`${name} is deleted`);
    });
  withList(group.command('holders'), 'role=admin')
    .description('who holds which role')
    .action(async (flags: ListFlags) => {
      const grants = await session.client.all<GrantView>((page) => session.people.grants(page), flags);
      if (flags.json) return output.json({ items: grants });
      const rows = grants.map(({ role, user, group: members, project }) => [
        role,
        user ?? '-',
        members ?? '-',
        project ?? '(cluster)',
      ]);
      output.table(['ROLE', 'USER', 'GROUP', 'PROJECT'], rows, emptyText(flags, 'nobody holds any role'));
    });
  withHolder(group.command('grant'))
    .description('grant a role to a user or a group')
    .action(async (role: string, flags: HolderFlags) => {
      const made = await session.people.grant({ role, ...holderOf(flags) });
      if (flags.json) output.json(made);
      else output.line(`${holderText(made)} is ${role} now`);
    });
  withHolder(group.command('revoke'))
    .description('take a role back')
    .action(async (role: string, flags: HolderFlags) => {
      const holder = holderOf(flags);
      const grants = await session.client.all<GrantView>((page) => session.people.grants(page), {});
      const found = grants.find((each) => each.role === role && isSame(each, holder));
      if (!found) throw new CommandFailure({ code: 'not-found', message: `${holderText(holder)} is not ${role}` });
      const removed = await session.people.revoke(found.id);
      if (flags.json) output.json(removed);
      else output.line(`${holderText(holder)} is no longer ${role}`);
    });
};

/** Groups of users. */
export const registerGroups: Register = (program, session) => {
  const { output } = session;
  const groups = program.command('group').description('groups of users, which hold roles as one');
  withList(groups.command('list'), 'name=ops')
    .description('all groups and their members')
    .action(async (flags: ListFlags) => {
      const all = await session.client.all((page) => session.people.groups(page), flags);
      if (flags.json) return output.json({ items: all });
      const rows = all.map(({ name, members }) => [name, members.join(', ') || '-']);
      output.table(['GROUP', 'MEMBERS'], rows, emptyText(flags, 'there is no group'));
    });
  withJson(groups.command('set'))
    .description('make a group, or give it these members')
    .argument('<GROUP>', 'its name')
    .argument('[USERS...]', 'all its members')
    .action(async (name: string, members: string[], { json }: JsonFlag) => {
      const made = await session.people.putGroup(name, members);
      if (json) output.json(made);
      else output.line(`${name}: ${made.members.join(', ') || 'nobody'}`);
    });
  withJson(groups.command('delete'))
    .description('delete a group; its members stay')
    .argument('<GROUP>', 'its name')
    .action(async (name: string, { json }: JsonFlag) => {
      const removed = await session.people.deleteGroup(name);
      if (json) output.json(removed);
      else output.line(`${name} is deleted`);
    });
};

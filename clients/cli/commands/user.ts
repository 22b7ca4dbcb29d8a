import type { TokenView, UserView } from '@holdfast/client';
import type { Command } from 'commander';
import { parseCount, parseNames } from '../arguments.js';
import { newPassword, secretInput } from '../secret-input.js';
import {
  emptyText, withJson, withList, type JsonFlag, type ListFlags, type Register, type Session,
} from '../session.js';

const day = (ms: number | null): string => (ms === null ? '-' : new Date(ms).toISOString().slice(0, 16));

/** People and programs, and how they sign in. */
export const registerUser: Register = (program, session) => {
  const { io, output } = session;
  const group = program.command('user').description('users and service accounts');
  withList(group.command('list'), 'kind=service')
    .description('all users')
    .action(async (flags: ListFlags) => {
      const users = await session.client.all<UserView>((page) => session.people.users(page), flags);
      if (flags.json) return output.json({ items: users });
      const rows = users.map(({ name, kind, createdAtMs }) => [name, kind, day(createdAtMs)]);
      output.table(['USER', 'KIND', 'CREATED'], rows, emptyText(flags, 'there is no user yet'));
    });
  withJson(group.command('create'))
    .description('make a user; the password is typed, or piped in')
    .argument('<NAME>', 'the name of the user')
    .option('--service', 'a service account: it has tokens and no password')
    .option('--role <ROLE>', 'grant this role in the whole cluster')
    .action(async (name: string, { json, service, role }: JsonFlag & { service?: boolean; role?: string }) => {
      const { people } = session;
      const asked = service
        ? ({ kind: 'service', name } as const)
        : ({ kind: 'user', name, password: await newPassword(io) } as const);
      const user = await people.newUser(asked);
      if (role !== undefined) await people.grant({ role, user: name });
      if (json) output.json(user);
      else output.line(`${name} is made${role === undefined ? '; grant roles with `holdfast role grant`' : ''}`);
    });
  withJson(group.command('delete'))
    .description('delete a user, with all sessions, tokens and roles')
    .argument('<NAME>', 'the name of the user')
    .action(async (name: string, { json }: JsonFlag) => {
      const removed = await session.people.deleteUser(name);
      if (json) output.json(removed);
      else output.line(`${name} is deleted`);
    });
  registerSignIn(group, session);
  withJson(group.command('setup-code'))
    .description('a new code with which the first administrator is made; good once, for 24 hours')
    .action(async ({ json }: JsonFlag) => {
      const code = await session.people.newSetupCode();
      if (json) output.json(code);
      else output.line(code.code);
    });
};

/** How a user signs in, and that one may. */
function registerSignIn(group: Command, session: Session): void {
  const { io, output } = session;
  withJson(group.command('password'))
    .description('change your own password, or set that of another; ends the other sessions and all tokens')
    .argument('[NAME]', 'another user')
    .action(async (name: string | undefined, { json }: JsonFlag) => {
      const { people } = session;
      const isPiped = io.stdin.isTTY !== true;
      if (name !== undefined) await people.setPassword(name, await newPassword(io));
      else {
        const [old = '', piped = ''] = await secretInput(io, isPiped ? ['Password', 'New password'] : ['Password']);
        await people.changePassword({ old, password: isPiped ? piped : await newPassword(io) });
      }
      if (json) output.json({ changed: true });
      else output.line('the password is changed');
    });
  withJson(group.command('unlock'))
    .description('let a user sign in at once who was locked after failed attempts')
    .argument('<NAME>', 'the name of the user')
    .action(async (name: string, { json }: JsonFlag) => {
      const removed = await session.people.unlock(name);
      if (json) output.json(removed);
      else output.line(`${name} may sign in again`);
    });
  withJson(group.command('link'))
    .description('have somebody of the OpenID provider sign in as this user')
    .argument('<NAME>', 'the name of the user')
    .argument('<SUBJECT>', 'who it is there: the claim `sub`')
    .action(async (name: string, subject: string, { json }: JsonFlag) => {
      const user = await session.people.linkUser(name, subject);
      if (json) output.json(user);
      else output.line(`${name} signs in through the provider as ${subject}`);
    });
}

interface TokenFlags extends JsonFlag {
  user?: string;
}

export const registerToken: Register = (program, session) => {
  const { output } = session;
  const group = program.command('token').description('tokens of yours, or of a service account');
  withList(group.command('list'), 'name=ci')
    .description('tokens and when they were last used')
    .option('--user <NAME>', 'of this user')
    .action(async (flags: ListFlags & TokenFlags) => {
      const { people, client } = session;
      const { user } = flags;
      const tokens = await client.all<TokenView>(
        (page) => (user === undefined ? people.tokens(page) : people.tokensOf(user, page)),
        flags,
      );
      if (flags.json) return output.json({ items: tokens });
      output.table(
        ['ID', 'NAME', 'SCOPE', 'EXPIRES', 'LAST USED'],
        tokens.map(({ id, name, scope, expiresAtMs, lastUsedAtMs }) => {
          return [id, name, scope?.join(',') ?? 'all', day(expiresAtMs), day(lastUsedAtMs)];
        }),
        emptyText(flags, 'there is no token'),
      );
    });
  withJson(group.command('create'))
    .description('make a token; it is shown this once')
    .argument('<NAME>', 'what it is for')
    .option('--days <N>', 'how long it is good', parseCount, 90)
    .option('--scope <PERMISSIONS>', 'only for this, such as vm.read,vm.power', parseNames)
    .option('--user <NAME>', 'for this service account')
    .action(async (name: string, flags: TokenFlags & { days: number; scope?: string[] }) => {
      const { user, days, scope = null } = flags;
      const body = { name, days, scope } as Parameters<typeof session.people.newToken>[0];
      const made = await (user === undefined ? session.people.newToken(body) : session.people.newTokenOf(user, body));
      if (flags.json) output.json(made);
      else output.line(made.token);
    });
  withJson(group.command('revoke'))
    .description('revoke a token')
    .argument('<ID>', 'as `holdfast token list` shows it')
    .option('--user <NAME>', 'of this user')
    .action(async (id: string, { json, user }: TokenFlags) => {
      const { people } = session;
      const removed = await (user === undefined ? people.revokeToken(id) : people.revokeTokenOf(user, id));
      if (json) output.json(removed);
      else output.line(`${id} is revoked`);
    });
};

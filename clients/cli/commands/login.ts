import { PeopleClient, type NewSession } from '@holdfast/client';
import { addressOf } from '../connection.js';
import { UsageError } from '../failure.js';
import { forgetSession, keepSession } from '../kept-sessions.js';
import { signInThroughProvider } from '../provider-sign-in.js';
import { newPassword, secretInput } from '../secret-input.js';
import { withJson, type JsonFlag, type Register, type Session } from '../session.js';

/** `login`, `logout`, `whoami`, and the first administrator. */
export const registerLogin: Register = (program, session) => {
  withJson(program.command('login'))
    .description('sign in; the password is typed, or piped in')
    .argument('[USER]', 'your name')
    .option('--oidc', 'with a browser, through the OpenID provider of the system')
    .action(async (name: string | undefined, { json, oidc = false }: JsonFlag & { oidc?: boolean }) => {
      requireNoTokenFile(session);
      if (oidc === (name !== undefined)) {
        throw new UsageError('login needs a name, or --oidc', 'give one of the two');
      }
      if (name === undefined) {
        await begin(session, json, (client) => signInThroughProvider(client, session.io));
        return;
      }
      const [password = ''] = await secretInput(session.io, ['Password']);
      await begin(session, json, (client) => client.login({ name, password }));
    });
  withJson(program.command('setup'))
    .description('make the first administrator, with the setup code that `up` printed, and sign in')
    .argument('<USER>', 'the name of the administrator')
    .action(async (name: string, { json }: JsonFlag) => {
      requireNoTokenFile(session);
      const { io } = session;
      const isPiped = io.stdin.isTTY !== true;
      const [code = '', piped = ''] = await secretInput(io, isPiped ? ['Setup code', 'New password'] : ['Setup code']);
      const password = isPiped ? piped : await newPassword(io);
      await begin(session, json, (client) => client.setUp({ code, name, password }));
    });
  withJson(program.command('logout'))
    .description('end the session that `login` began')
    .action(async ({ json }: JsonFlag) => {
      const { address, tokenFile } = addressOf(session.io.env, session.context);
      try {
        await session.people.logout();
      } finally {
        forgetSession(session.io.env, address);
      }
      if (json) session.output.json({ signedIn: false });
      else session.output.line(`signed out${tokenFile === undefined ? '' : `; commands use ${tokenFile} again`}`);
    });
  withJson(program.command('whoami'))
    .description('who you are for the system, and what you may do')
    .action(async ({ json }: JsonFlag) => {
      const { output, people } = session;
      const { kind, name, roles, permissions } = await people.whoami();
      if (json) return output.json({ kind, name, roles, permissions });
      const held = roles.map(({ role, project }) => (project === null ? role : `${role} of ${project}`));
      output.fields([
        ['name', name],
        ['kind', kind],
        ['roles', held.join(', ') || 'none'],
        ['may', permissions.join(', ') || 'nothing in the whole cluster'],
      ]);
    });
};

function requireNoTokenFile({ io, context }: Session): void {
  if (!addressOf(io.env, context).isTokenGiven) return;
  throw new UsageError('HOLDFAST_TOKEN_FILE is set, and goes before a session', 'unset it first');
}

async function begin(
  { io, context, output }: Session,
  json: boolean | undefined,
  ask: (client: PeopleClient) => Promise<NewSession>,
): Promise<void> {
  const { address } = addressOf(io.env, context);
  const client = new PeopleClient({ ...address, token: '' });
  try {
    const { token, user, expiresAtMs } = await ask(client);
    keepSession(io.env, address, token);
    if (json) output.json({ user, expiresAtMs });
    else output.line(`signed in to ${address.baseUrl} as ${user}, until ${new Date(expiresAtMs).toISOString()}`);
  } finally {
    await client.close();
  }
}

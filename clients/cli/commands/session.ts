import type { TokenView } from '@holdfast/client';
import { UsageError } from '../failure.js';
import type { Column } from '../output.js';
import { emptyText, withJson, withList, type JsonFlag, type ListFlags, type Register } from '../session.js';

const minute = (ms: number | null): string => (ms === null ? '-' : new Date(ms).toISOString().slice(0, 16));

const columns: Column<TokenView>[] = [
  { heading: 'ID', of: ({ id }) => id },
  { heading: 'FROM', of: ({ name }) => name },
  { heading: 'BEGUN', of: ({ createdAtMs }) => minute(createdAtMs) },
  { heading: 'LAST USED', of: ({ lastUsedAtMs }) => minute(lastUsedAtMs) },
  { heading: 'ENDS', of: ({ expiresAtMs }) => minute(expiresAtMs) },
];

/** Where somebody is signed in. */
export const registerSession: Register = (program, session) => {
  const { output } = session;
  const group = program.command('session').description('sessions: where you are signed in, or another user is');
  withList(group.command('list'), 'name~192.0.2.')
    .description('sessions, from where they were begun, and when they were last used')
    .option('--user <NAME>', 'of this user')
    .action(async (flags: ListFlags & { user?: string }) => {
      const { people, client } = session;
      const { user, json } = flags;
      const items = await client.all<TokenView>(
        (page) => (user === undefined ? people.sessions(page) : people.sessionsOf(user, page)),
        flags,
      );
      if (json) return output.json({ items });
      output.list(columns, items, emptyText(flags, 'nobody is signed in'));
    });
  withJson(group.command('end'))
    .description('end one session of yours, or with --user all of that user')
    .argument('[ID]', 'as `holdfast session list` shows it')
    .option('--user <NAME>', 'all sessions of this user')
    .action(async (id: string | undefined, { user, json }: JsonFlag & { user?: string }) => {
      const { people } = session;
      if ((id === undefined) === (user === undefined)) {
        throw new UsageError('name one session of yours, or with --user the user whose sessions all end');
      }
      const removed = await (user === undefined ? people.endSession(id ?? '') : people.endSessionsOf(user));
      if (json) output.json(removed);
      else output.line(user === undefined ? `${id} has ended` : `all sessions of ${user} have ended`);
    });
};

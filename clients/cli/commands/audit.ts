import { parseCount } from '../arguments.js';
import { CommandFailure } from '../failure.js';
import { withJson, type JsonFlag, type Register } from '../session.js';

/** Who changed what, and whether somebody changed that account of it. */
export const registerAudit: Register = (program, session) => {
  const { output } = session;
  const group = withJson(program.command('audit'))
    .description('who changed what, the newest first')
    .option('--limit <N>', 'so many entries', parseCount, 50)
    .action(async ({ json, limit }: JsonFlag & { limit: number }) => {
      const { items } = await session.people.audit({ limit });
      if (json) return output.json({ items });
      output.table(
        ['#', 'WHEN', 'WHO', 'FROM', 'ACTION', 'PATH', 'ANSWER'],
        items.map(({ seq, atMs, who, from, action, path, status, attempts = 1 }) => {
          const [method = ''] = action.split(' ');
          const name = who.name === '' ? who.kind : who.name;
          const answer = attempts === 1 ? String(status) : `${status}, ${attempts} times`;
          return [String(seq), new Date(atMs).toISOString().slice(0, 19), name, from, method, path, answer];
        }),
        'nothing was changed yet',
      );
    });
  withJson(group.command('verify'))
    .description('follow the chain of hashes through the whole audit log')
    .option('--known <SEQ:HASH>', 'the end as it was told before: shows a log that was cut short or made anew')
    .action(async ({ known }: { known?: string }, command: { optsWithGlobals(): JsonFlag }) => {
      const verdict = await session.people.verifyAudit(known === undefined ? {} : { known });
      const { intact, entries, end, fault } = verdict;
      if (!intact) {
        throw new CommandFailure({
          code: 'conflict',
          message: `the audit log is not intact: ${fault}; ${entries} entries before are`,
          remedy: 'compare it with a backup of the database, and with the log of the API, which has each entry too',
        });
      }
      if (command.optsWithGlobals().json) output.json(verdict);
      else output.line(`${entries} entries are intact; the end is ${end}`);
    });
};

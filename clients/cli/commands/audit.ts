import type { AuditEntry } from '@holdfast/client';
import { parseCount, parseMoment } from '../arguments.js';
import { CommandFailure } from '../failure.js';
import type { Column } from '../output.js';
import { withJson, type JsonFlag, type Register } from '../session.js';

const columns: Column<AuditEntry>[] = [
  { heading: '#', of: ({ seq }) => String(seq) },
  { heading: 'WHEN', of: ({ atMs }) => new Date(atMs).toISOString().slice(0, 19) },
  { heading: 'WHO', of: ({ who }) => (who.name === '' ? who.kind : who.name) },
  { heading: 'FROM', of: ({ from }) => from },
  { heading: 'ACTION', of: ({ action }) => action.split(' ')[0] ?? '' },
  { heading: 'PATH', of: ({ path }) => path },
  {
    heading: 'ANSWER',
    of: ({ status, attempts = 1 }) => (attempts === 1 ? String(status) : `${status}, ${attempts} times`),
  },
  { heading: 'TRACE', wide: true, of: ({ traceId = '-' }) => traceId },
];

interface AuditFlags extends JsonFlag {
  filter?: string;
  since?: string;
  until?: string;
  limit: number;
}

/** Who changed what, and whether somebody changed that account of it. */
export const registerAudit: Register = (program, session) => {
  const { output } = session;
  const group = withJson(program.command('audit'))
    .description('who changed what, the newest first')
    .option('--filter <CONDITIONS>', 'only those for which all of these hold, such as who=ann')
    .option('--since <WHEN>', 'from then on: 2h, 3d, 2026-01-31', parseMoment)
    .option('--until <WHEN>', 'before then', parseMoment)
    .option('--limit <N>', 'the newest so many', parseCount, 50)
    .addHelpText('after', `
Filtered by: who, kind (user, service, local, anonymous), from, action, path, status, requestId, traceId

Examples:
  holdfast audit --filter who=ann --since 3d
  holdfast audit --filter 'path~/vms/db1,status>=400' --limit 500`)
    .action(async ({ json, filter, since, until, limit }: AuditFlags) => {
      const { client, people } = session;
      const items = await client.all<AuditEntry>(
        (page) => people.audit({ ...page, sort: '-time', from: since, until }), { filter, limit },
      );
      if (json) return output.json({ items });
      const isAny = filter === undefined && since === undefined && until === undefined;
      output.list(columns, items, isAny ? 'nothing was changed yet' : 'nothing was changed that is asked for');
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

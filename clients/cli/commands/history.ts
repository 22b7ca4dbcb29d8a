import type { HistoryEntry } from '@holdfast/client';
import { parseInteger, parseMoment } from '../arguments.js';
import { withJson, type JsonFlag, type Register } from '../session.js';
import { eventLine } from './events.js';

interface HistoryFlags extends JsonFlag {
  filter?: string;
  since?: string;
  until?: string;
  limit: number;
}

export const registerHistory: Register = (program, session) => {
  withJson(program.command('history'))
    .description('what happened, as long as the database keeps it')
    .option('--filter <FILTER>', 'only these: vm, vm.web1, vm.*.started')
    .option('--since <WHEN>', 'from then on: 2h, 3d, 2026-01-31', parseMoment)
    .option('--until <WHEN>', 'before then', parseMoment)
    .option('--limit <N>', 'the newest so many', parseInteger, 100)
    .addHelpText(
      'after',
      `
Examples:
  holdfast history --filter vm.web1 --since 3d
  holdfast history --filter host.*.fenced --limit 1000 --json`,
    )
    .action(async ({ json, filter, since, until, limit }: HistoryFlags) => {
      const entries = await session.client.all<HistoryEntry>(
        (page) => session.client.history({ ...page, sort: '-time', from: since, until }), { filter, limit },
      );
      entries.reverse();
      if (json) session.output.json(entries);
      else for (const { event } of entries) session.output.line(eventLine(event, session.output.format));
      if (!json && entries.length === 0) session.output.line('Nothing is kept of that.');
    });
};

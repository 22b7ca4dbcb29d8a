import type { UsageView } from '@holdfast/client';
import type { Column } from '../output.js';
import { withJson, type JsonFlag, type Register } from '../session.js';

interface UsageFlags extends JsonFlag {
  month?: string;
  output?: string;
}

const hours = (value: number): string => value.toFixed(2);
const columns: Column<UsageView>[] = [
  { heading: 'VM', of: ({ vm }) => vm },
  { heading: 'UID', wide: true, of: ({ uid }) => uid },
  { heading: 'PROJECT', wide: true, of: ({ project }) => project ?? '' },
  { heading: 'RUNNING h', of: ({ runningHours }) => hours(runningHours) },
  { heading: 'vCPU h', of: ({ vcpuHours }) => hours(vcpuHours) },
  { heading: 'MEMORY GiB h', of: ({ memoryGiBHours }) => hours(memoryGiBHours) },
  { heading: 'DISK GiB h', of: ({ diskGiBHours }) => hours(diskGiBHours) },
];
const fields = ['vm', 'uid', 'project', 'runningHours', 'vcpuHours', 'memoryGiBHours', 'diskGiBHours'] as const;

/** RFC 4180. Names are plain, so that nothing has to be quoted. */
export function usageCsv(usage: readonly UsageView[]): string {
  const rows = usage.map((entry) => fields.map((field) => String(entry[field] ?? '')));
  return [fields, ...rows].map((row) => `${row.join(',')}\r\n`).join('');
}

export const registerUsage: Register = (program, session) => {
  withJson(program.command('usage'), ['csv'])
    .description('what each VM took up in a month: hours of CPUs, memory and disks')
    .option('--month <YYYY-MM>', 'in UTC (left out: this month, until now)')
    .addHelpText(
      'after',
      `
Examples:
  holdfast usage
  holdfast usage --month 2026-01 --output csv > january.csv`,
    )
    .action(async ({ json, month, output }: UsageFlags) => {
      const usage: UsageView[] = [];
      for (let after: string | null | undefined; after !== null;) {
        const page = await session.client.usage({
          limit: 500, ...(month !== undefined && { month }), ...(after !== undefined && { after }),
        });
        usage.push(...page.items);
        after = page.next;
      }
      if (json) session.output.json(usage);
      else if (output === 'csv') session.output.raw(usageCsv(usage));
      else session.output.list(columns, usage, 'Nothing was taken up.');
    });
};

import type { Page, ProjectUsageView, UsageView } from '@holdfast/client';
import { Option } from 'commander';
import type { Column } from '../output.js';
import { withJson, type JsonFlag, type Register } from '../session.js';

interface UsageFlags extends JsonFlag {
  month?: string;
  by: 'vm' | 'project';
  output?: string;
}

const hours = (value: number): string => value.toFixed(2);
const figures: Column<Omit<UsageView, 'vm' | 'uid'>>[] = [
  { heading: 'RUNNING h', of: ({ runningHours }) => hours(runningHours) },
  { heading: 'vCPU h', of: ({ vcpuHours }) => hours(vcpuHours) },
  { heading: 'MEMORY GiB h', of: ({ memoryGiBHours }) => hours(memoryGiBHours) },
  { heading: 'DISK GiB h', of: ({ diskGiBHours }) => hours(diskGiBHours) },
];
const columns: Column<UsageView>[] = [
  { heading: 'VM', of: ({ vm }) => vm },
  { heading: 'UID', wide: true, of: ({ uid }) => uid },
  { heading: 'PROJECT', wide: true, of: ({ project }) => project ?? '' },
  ...figures,
];
const projectColumns: Column<ProjectUsageView>[] = [
  { heading: 'PROJECT', of: ({ project }) => project ?? '' },
  { heading: 'VMs', of: ({ vms }) => String(vms) },
  ...figures,
];
const hoursFields = ['runningHours', 'vcpuHours', 'memoryGiBHours', 'diskGiBHours'] as const;
const fields = ['vm', 'uid', 'project', ...hoursFields] as const;
const projectFields = ['project', 'vms', ...hoursFields] as const;

/** RFC 4180. Names are plain, so that nothing has to be quoted. */
function csvOf<Field extends string>(
  heading: readonly Field[], entries: readonly Record<Field, string | number | null>[],
): string {
  const rows = entries.map((entry) => heading.map((field) => String(entry[field] ?? '')));
  return [heading, ...rows].map((row) => `${row.join(',')}\r\n`).join('');
}

export const usageCsv = (usage: readonly UsageView[]): string => csvOf(fields, usage);
export const projectUsageCsv = (usage: readonly ProjectUsageView[]): string => csvOf(projectFields, usage);

async function whole<T>(
  month: string | undefined,
  read: (query: { limit: number; month?: string; after?: string }) => Promise<Page<T>>,
): Promise<T[]> {
  const usage: T[] = [];
  for (let after: string | null | undefined; after !== null;) {
    const more = { ...(month !== undefined && { month }), ...(after !== undefined && { after }) };
    const page = await read({ limit: 500, ...more });
    usage.push(...page.items);
    after = page.next;
  }
  return usage;
}

export const registerUsage: Register = (program, session) => {
  withJson(program.command('usage'), ['csv'])
    .description('what each VM took up in a month: hours of CPUs, memory and disks')
    .option('--month <YYYY-MM>', 'in UTC (left out: this month, until now)')
    .addOption(new Option('--by <WHAT>', 'a line for each').choices(['vm', 'project']).default('vm'))
    .addHelpText(
      'after',
      `
Examples:
  holdfast usage
  holdfast usage --by project --month 2026-01
  holdfast usage --month 2026-01 --output csv > january.csv`,
    )
    .action(async ({ json, month, output, by }: UsageFlags) => {
      const { client } = session;
      const tell = <T>(usage: readonly T[], csv: (of: readonly T[]) => string, shown: readonly Column<T>[]): void => {
        if (json) session.output.json(usage);
        else if (output === 'csv') session.output.raw(csv(usage));
        else session.output.list(shown, usage, 'Nothing was taken up.');
      };
      if (by === 'vm') tell(await whole(month, (query) => client.usage(query)), usageCsv, columns);
      else tell(await whole(month, (query) => client.usageByProject(query)), projectUsageCsv, projectColumns);
    });
};

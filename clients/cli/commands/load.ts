import type { HostLoadView, Page, VmLoadView } from '@holdfast/client';
import type { Command } from 'commander';
import { parseCount, parseMoment } from '../arguments.js';
import { clockText, type Column } from '../output.js';
import { withJson, type JsonFlag, type Session } from '../session.js';

interface LoadFlags extends JsonFlag {
  since?: string;
  until?: string;
  limit: number;
}

const pageSize = 500;
const barLength = 24;
const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;
const cpus = (count: number): string => count.toFixed(2);
const absent = '-';
const nothing = 'Nothing was measured then: the first figures come after a quarter of an hour.';

/** A picture of a share of the largest. */
export function bar(value: number, largest: number): string {
  return '█'.repeat(largest > 0 ? Math.round((barLength * value) / largest) : 0);
}

function vmColumns(items: readonly VmLoadView[]): Column<VmLoadView>[] {
  const largest = Math.max(...items.map(({ used }) => used.mean));
  return [
    { heading: 'FROM', of: ({ atMs }) => clockText(atMs).slice(0, 16) },
    { heading: 'ON', of: ({ host }) => host },
    { heading: 'CPUS', of: ({ used }) => cpus(used.mean) },
    { heading: 'AT MOST', of: ({ used }) => cpus(used.max) },
    { heading: 'WAITED FOR', of: ({ waited }) => cpus(waited.mean) },
    { heading: '', of: ({ used }) => bar(used.mean, largest) },
  ];
}

function hostColumns(items: readonly HostLoadView[]): Column<HostLoadView>[] {
  const largest = Math.max(...items.map(({ machine }) => machine?.busy.mean ?? 0));
  const of = (text: (machine: NonNullable<HostLoadView['machine']>) => string) =>
    ({ machine }: HostLoadView): string => (machine === null ? absent : text(machine));
  return [
    { heading: 'FROM', of: ({ atMs }) => clockText(atMs).slice(0, 16) },
    { heading: 'CPUS', of: of(({ busy }) => cpus(busy.mean)) },
    { heading: 'AT MOST', of: of(({ busy }) => cpus(busy.max)) },
    { heading: 'WAITED FOR CPU', of: of(({ cpuPressure }) => percent(cpuPressure.mean)) },
    { heading: 'MEMORY', of: of(({ memoryPressure }) => percent(memoryPressure.mean)) },
    { heading: 'DISKS', of: of(({ ioPressure }) => percent(ioPressure.mean)) },
    { heading: '', of: of(({ busy }) => bar(busy.mean, largest)) },
  ];
}

/** `load NAME`, of what the group is about. */
function registerLoad<T>(
  group: Command, session: Session, what: string,
  ask: (name: string, query: { limit: number; after?: string; from?: string; until?: string }) => Promise<Page<T>>,
  columns: (items: readonly T[]) => Column<T>[],
): void {
  withJson(group.command('load'))
    .description('what it used, a quarter of an hour at a time, as long as the database keeps it')
    .argument('<NAME>', what)
    .option('--since <WHEN>', 'from then on: 2h, 3d, 2026-01-31', parseMoment)
    .option('--until <WHEN>', 'before then', parseMoment)
    .option('--limit <N>', 'the newest so many', parseCount, 96)
    .action(async (name: string, { json, since, until, limit }: LoadFlags) => {
      const items: T[] = [];
      for (let after: string | null | undefined; after !== null && items.length < limit;) {
        const page = await ask(name, {
          limit: Math.min(pageSize, limit - items.length),
          ...(after !== undefined && { after }),
          ...(since !== undefined && { from: since }),
          ...(until !== undefined && { until }),
        });
        items.push(...page.items);
        after = page.next;
      }
      items.reverse();
      if (json) session.output.json({ items });
      else session.output.list(columns(items), items, nothing);
    });
}

export function registerVmLoad(group: Command, session: Session): void {
  registerLoad(group, session, 'the VM', (name, query) => session.client.vmLoads(name, query), vmColumns);
}

export function registerHostLoad(group: Command, session: Session): void {
  registerLoad(group, session, 'the host', (name, query) => session.client.hostLoads(name, query), hostColumns);
}

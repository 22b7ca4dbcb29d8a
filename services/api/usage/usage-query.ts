import type { ProjectUsageView, UsageView } from '@holdfast/client';
import type { CloudEvent } from '@holdfast/contracts';
import type { EntityManager } from 'typeorm';
import { z } from 'zod';
import { listQueryShape, type Listing } from '../http/list.js';
import type { Columns } from '../http/list-filter.js';
import type { Database } from '../persistence/database.js';
import { usageEvents } from '../persistence/migrations/0003-usage.js';
import { UsageCount, usageEventOf, type VmUsage } from './usage.js';

const hourMs = 3_600_000;
const mibPerGib = 1024;
/** Read at a time, so that no statement takes long. */
const eventsAtOnce = 5000;

export const usageQuerySchema = z.strictObject({
  ...listQueryShape,
  month: z.string().regex(/^\d{4}-(0[1-9]|1[0-2])$/, 'give a month such as 2026-01').optional(),
});

/** In UTC; left out, the one that it is now. */
export function spanOfMonth(month: string | undefined, nowMs: number): { fromMs: number; untilMs: number } {
  const from = new Date(month === undefined ? nowMs : `${month}-01T00:00:00Z`);
  const [year, index] = [from.getUTCFullYear(), from.getUTCMonth()];
  return { fromMs: Date.UTC(year, index), untilMs: Math.min(Date.UTC(year, index + 1), nowMs) };
}

/** What each VM took up within this span. Reads all that was ever kept of them, as one may have begun long before. */
export async function usageWithin(
  database: Database, span: { fromMs: number; untilMs: number }, present: ReadonlyMap<string, string>,
): Promise<UsageView[]> {
  const lastSeenMs = await database.use(lastSeen);
  const count = new UsageCount({ ...span, present, lastSeenMs });
  for (let after: string | null = '0'; after !== null;) {
    const place: string = after;
    const rows = await database.use((manager) => eventsAfter(manager, place, span.untilMs));
    for (const { event } of rows) {
      const counted = usageEventOf(event);
      if (counted !== null) count.add(counted);
    }
    after = rows.length < eventsAtOnce ? null : rows.at(-1)?.number ?? null;
  }
  return count.result().map(viewOf);
}

function eventsAfter(
  manager: EntityManager, number: string, untilMs: number,
): Promise<{ number: string; event: CloudEvent }[]> {
  return manager.query(
    `SELECT number, event FROM event_history WHERE ${usageEvents} AND number > $1 AND at < $2
     ORDER BY number LIMIT ${eventsAtOnce}`, [number, new Date(untilMs)]);
}

async function lastSeen(manager: EntityManager): Promise<Map<string, number>> {
  const rows = await manager.query<{ incarnation: string; written_at: Date }[]>(
    'SELECT incarnation, written_at FROM history_position');
  return new Map(rows.map(({ incarnation, written_at }) => [incarnation, written_at.getTime()]));
}

function viewOf({ vm, uid, project, runningMs, cpuMs, memoryMiBMs, disksMiBMs }: VmUsage): UsageView {
  return {
    vm,
    uid,
    project,
    runningHours: rounded(runningMs / hourMs),
    vcpuHours: rounded(cpuMs / hourMs),
    memoryGiBHours: rounded(memoryMiBMs / hourMs / mibPerGib),
    diskGiBHours: rounded(disksMiBMs / hourMs / mibPerGib),
  };
}

/** Finer than a hundredth of a second is noise of the division. */
function rounded(hours: number): number {
  return Math.round(hours * 1e6) / 1e6;
}

/** The same, of all VMs of each project together. */
export function usageByProject(usage: readonly UsageView[]): ProjectUsageView[] {
  const projects = new Map<string | null, ProjectUsageView>();
  for (const { project, runningHours, vcpuHours, memoryGiBHours, diskGiBHours } of usage) {
    const before = projects.get(project)
      ?? { project, vms: 0, runningHours: 0, vcpuHours: 0, memoryGiBHours: 0, diskGiBHours: 0 };
    projects.set(project, {
      project,
      vms: before.vms + 1,
      runningHours: rounded(before.runningHours + runningHours),
      vcpuHours: rounded(before.vcpuHours + vcpuHours),
      memoryGiBHours: rounded(before.memoryGiBHours + memoryGiBHours),
      diskGiBHours: rounded(before.diskGiBHours + diskGiBHours),
    });
  }
  return [...projects.values()];
}

type Figures = Omit<ProjectUsageView, 'vms'>;
const figures: Columns<Figures> = {
  project: { type: 'text', of: ({ project }) => project },
  runningHours: { type: 'number', of: ({ runningHours }) => runningHours },
  vcpuHours: { type: 'number', of: ({ vcpuHours }) => vcpuHours },
  memoryGiBHours: { type: 'number', of: ({ memoryGiBHours }) => memoryGiBHours },
  diskGiBHours: { type: 'number', of: ({ diskGiBHours }) => diskGiBHours },
};

export const usageListing: Listing<UsageView, UsageView> = {
  key: ({ vm, uid }) => `${vm} ${uid}`,
  columns: { vm: { type: 'text', of: ({ vm }) => vm }, uid: { type: 'text', of: ({ uid }) => uid }, ...figures },
  view: (usage) => usage,
};

export const projectUsageListing: Listing<ProjectUsageView, ProjectUsageView> = {
  key: ({ project }) => project ?? '',
  columns: { vms: { type: 'number', of: ({ vms }) => vms }, ...figures },
  view: (usage) => usage,
};

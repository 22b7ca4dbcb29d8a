import { randomUUID } from 'node:crypto';
import type { ScheduleView } from '@holdfast/client';
import { nameSchema, type NewSchedule, type PowerAction, type ScheduleOutcome } from '@holdfast/contracts';
import type { EntityManager } from 'typeorm';
import { inserted, noSuch } from '../auth/accounts.js';
import type { Principal } from '../auth/principal.js';
import { Problem } from '../http/problem.js';
import type { Database } from '../persistence/database.js';
import { cronFault, nextAfter } from './core.js';

const maxSchedules = 5000;
const maxOfVm = 50;
/** What is over and done is shown for so long. */
const keptMs = 30 * 86_400_000;

export interface Schedule {
  id: string;
  name: string;
  /** Its name then. */
  vm: string;
  /** Of the VM that was meant: another one of that name is left alone, and it may have another one by now. */
  vmUid: string;
  action: PowerAction;
  force: boolean;
  at: Date | null;
  cron: string | null;
  timeZone: string;
  graceMinutes: number;
  ownerKind: Principal['kind'];
  ownerId: string;
  ownerName: string;
  nextAt: Date | null;
  lastDueAt: Date | null;
  lastOutcome: ScheduleOutcome | null;
  lastDetail: string | null;
  lastOperation: string | null;
  createdAt: Date;
}

/** What became of a due time. */
export interface Became {
  outcome: ScheduleOutcome;
  detail: string;
  operation: string | null;
}

const columns = `id, name, vm, vm_uid AS "vmUid", action, force, at, cron, time_zone AS "timeZone",
  grace_minutes AS "graceMinutes", owner_kind AS "ownerKind", owner_id AS "ownerId", owner_name AS "ownerName",
  next_at AS "nextAt", last_due_at AS "lastDueAt", last_outcome AS "lastOutcome", last_detail AS "lastDetail",
  last_operation AS "lastOperation", created_at AS "createdAt"`;

/** The schedules that people make. When they are due is `ScheduleRunner`'s affair. */
export class Schedules {
  constructor(
    private readonly database: Database,
    private readonly now: () => Date = () => new Date(),
  ) {}

  async list(): Promise<Schedule[]> {
    const sql = `SELECT ${columns} FROM schedules ORDER BY name LIMIT $1`;
    return await this.database.use((manager) => manager.query<Schedule[]>(sql, [maxSchedules]));
  }

  async show(name: string): Promise<Schedule> {
    if (!nameSchema.safeParse(name).success) throw noSuch('schedule', name);
    const sql = `SELECT ${columns} FROM schedules WHERE name = $1`;
    const [found] = await this.database.use((manager) => manager.query<Schedule[]>(sql, [name]));
    if (!found) throw noSuch('schedule', name);
    return found;
  }

  async create(asked: NewSchedule, vmUid: string, owner: Principal): Promise<Schedule> {
    const now = this.now();
    const { name, vm, action, force, at = null, cron = null, timeZone, graceMinutes } = asked;
    const times = { at: at === null ? null : new Date(at), cron, timeZone };
    const nextAt = requireDue(times, now);
    await this.database.transaction(async (manager) => {
      // One after another, so that the bounds hold.
      await manager.query('LOCK TABLE schedules IN SHARE ROW EXCLUSIVE MODE');
      await manager.query('DELETE FROM schedules WHERE next_at IS NULL AND last_due_at < $1',
        [new Date(now.getTime() - keptMs)]);
      await requireRoom(manager, vm, vmUid);
      await inserted(manager, `a schedule ${name}`,
        `INSERT INTO schedules (id, name, vm, vm_uid, action, force, at, cron, time_zone, grace_minutes, owner_kind,
           owner_id, owner_name, next_at, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
        [randomUUID(), name, vm, vmUid, action, force, times.at, cron, timeZone, graceMinutes, owner.kind, owner.id,
          owner.name, nextAt, now]);
    });
    return await this.show(name);
  }

  async remove({ id }: Schedule): Promise<void> {
    await this.database.use((manager) => manager.query('DELETE FROM schedules WHERE id = $1', [id]));
  }

  /** Those that are due, for this replica alone until `until`: the others pass over what is being taken or is taken. */
  async claim(limit: number, until: Date): Promise<(Schedule & { nextAt: Date })[]> {
    return await this.database.transaction((manager) => manager.query(
      `WITH due AS (SELECT id FROM schedules WHERE next_at <= $1 AND (claimed_until IS NULL OR claimed_until <= $1)
           ORDER BY next_at LIMIT $2 FOR UPDATE SKIP LOCKED),
         taken AS (UPDATE schedules SET claimed_until = $3 WHERE id IN (SELECT id FROM due) RETURNING *)
       SELECT ${columns} FROM taken ORDER BY next_at`,
      [this.now(), limit, until]));
  }

  /** Notes what became of its due time, and when the next one is. */
  async settle(schedule: Schedule & { nextAt: Date }, { outcome, detail, operation }: Became): Promise<void> {
    const nextAt = nextAfter(schedule, this.now());
    await this.database.use((manager) => manager.query(
      `UPDATE schedules SET next_at = $3, claimed_until = NULL, last_due_at = $2, last_outcome = $4, last_detail = $5,
         last_operation = $6 WHERE id = $1 AND next_at = $2`,
      [schedule.id, schedule.nextAt, nextAt, outcome, detail.slice(0, 500), operation]));
  }

  /** It is still to be done, by whoever comes first after that. */
  async giveBack({ id }: Schedule, until: Date): Promise<void> {
    await this.database.use((manager) =>
      manager.query('UPDATE schedules SET claimed_until = $2 WHERE id = $1', [id, until]));
  }
}

function requireDue(times: { at: Date | null; cron: string | null; timeZone: string }, now: Date): Date {
  const fault = times.cron === null ? null : cronFault(times.cron, times.timeZone);
  const remedy = 'give minute, hour, day of the month, month and day of the week: `0 22 * * 1-5`';
  if (fault !== null) throw new Problem('invalid', `cron: ${fault}`, { field: 'cron', remedy });
  const next = nextAfter(times, now);
  if (next) return next;
  const field = times.cron === null ? 'at' : 'cron';
  const why = times.cron === null ? 'this moment is not within the next ten years' : 'this never comes';
  throw new Problem('invalid', `${field}: ${why}`, { field, remedy: 'give one to come: `2030-01-31T22:00:00+01:00`' });
}

async function requireRoom(manager: EntityManager, vm: string, vmUid: string): Promise<void> {
  const [count] = await manager.query<{ all: number; own: number }[]>(
    'SELECT count(*)::int AS all, (count(*) FILTER (WHERE vm_uid = $1))::int AS own FROM schedules', [vmUid]);
  const remedy = 'delete those that are not needed';
  if ((count?.own ?? 0) >= maxOfVm) {
    throw new Problem('conflict', `there are ${maxOfVm} schedules of ${vm} already`, { remedy });
  }
  if ((count?.all ?? 0) >= maxSchedules) {
    throw new Problem('conflict', `there are ${maxSchedules} schedules already`, { remedy });
  }
}

export function scheduleView(schedule: Schedule): ScheduleView {
  const { name, vm, action, force, at, cron, timeZone, graceMinutes, ownerName, nextAt, createdAt } = schedule;
  const { lastDueAt, lastOutcome, lastDetail, lastOperation } = schedule;
  return {
    name, vm, action, force, cron, timeZone, graceMinutes,
    at: at?.toISOString() ?? null,
    owner: ownerName,
    nextAt: nextAt?.toISOString() ?? null,
    last: lastDueAt && lastOutcome
      ? { dueAt: lastDueAt.toISOString(), outcome: lastOutcome, detail: lastDetail ?? '', operation: lastOperation }
      : null,
    createdAt: createdAt.toISOString(),
  };
}

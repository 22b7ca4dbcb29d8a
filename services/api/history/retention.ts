import type { EntityManager } from 'typeorm';
import { usageEvents } from '../persistence/migrations/0003-usage.js';

export interface Retention {
  /** What usage is counted from stays longer: only `maxEvents` ends it. */
  readonly days: number;
  readonly maxEvents: number;
}

export const defaultRetention: Retention = { days: 400, maxEvents: 5_000_000 };

const dayMs = 86_400_000;
/** At a time, so that no statement takes long. */
const forgetAtOnce = 5000;

/** Deletes some of what is too old or too much; true when nothing of it is left. */
export async function forget(manager: EntityManager, { days, maxEvents }: Retention, nowMs: number): Promise<boolean> {
  const [, count] = await manager.query<[unknown[], number]>(
    `DELETE FROM event_history WHERE number IN (
       SELECT number FROM event_history
       WHERE (at < $1 AND NOT (${usageEvents})) OR number <= (SELECT max(number) FROM event_history) - $2::bigint
       ORDER BY number LIMIT $3)`,
    [new Date(nowMs - days * dayMs), maxEvents, forgetAtOnce]);
  return count < forgetAtOnce;
}

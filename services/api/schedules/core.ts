import { createHash } from 'node:crypto';
import { Cron } from 'croner';

/** When something is due: once, or by a pattern in a time zone. */
export interface Times {
  at: Date | null;
  cron: string | null;
  timeZone: string;
}

const minuteMs = 60_000;
/** What nobody lives to see is a mistake. */
const farthestMs = 10 * 366 * 86_400_000;

/** The first due time after this moment; null: there is none within ten years. */
export function nextAfter({ at, cron, timeZone }: Times, moment: Date): Date | null {
  const next = cron === null ? (at && at > moment ? at : null) : patternOf(cron, timeZone).nextRun(moment);
  return next && next.getTime() - moment.getTime() <= farthestMs ? next : null;
}

/** Why it is no pattern; null: it is one. */
export function cronFault(cron: string, timeZone: string): string | null {
  try {
    patternOf(cron, timeZone);
    return null;
  } catch (error) {
    return (error as Error).message.slice(0, 200);
  }
}

function patternOf(cron: string, timezone: string): Cron {
  return new Cron(cron, { timezone, mode: '5-part' });
}

export function isMissed(dueAt: Date, graceMinutes: number, now: Date): boolean {
  return now.getTime() - dueAt.getTime() > graceMinutes * minuteMs;
}

/** Of one schedule at one due time: whoever does it, and however often, it is one operation. */
export function operationOfDue(id: string, dueAt: Date): string {
  const cause = `schedule ${id} ${dueAt.toISOString()}`;
  return `op-${createHash('sha256').update(cause).digest('hex').slice(0, 32)}`;
}

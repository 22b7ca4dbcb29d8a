/** Schedules: what is done to the power of a VM at a time to come, once or again and again. */
import { z } from 'zod';
import { nameSchema } from './names.js';
import { powerActions, takesForce } from './power.js';

export const maxGraceMinutes = 1440;

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

export const newScheduleSchema = z
  .strictObject({
    name: nameSchema,
    vm: nameSchema,
    action: z.enum(powerActions),
    force: z.boolean().default(false).describe('To stop or reboot without asking the guest.'),
    at: z.iso.datetime({ offset: true }).optional().describe('Once, at this moment.'),
    cron: z.string().max(100).optional()
      .describe('Again and again: minute, hour, day of the month, month, day of the week.'),
    timeZone: z.string().min(1).max(64).refine(isTimeZone, 'there is no such time zone').default('UTC')
      .describe('In which `cron` is meant: `Europe/Berlin`.'),
    graceMinutes: z.number().int().min(1).max(maxGraceMinutes).default(15)
      .describe('If it could not be done in time it is done later by so much at most, else it is missed.'),
  })
  .refine(({ at, cron }) => (at === undefined) !== (cron === undefined), {
    path: ['at'], error: 'say when: at one moment, or by cron, and not both',
  })
  .refine(({ action, force }) => !force || takesForce(action), {
    path: ['force'], error: 'only a stop or a reboot can be forced',
  });
export type NewSchedule = z.infer<typeof newScheduleSchema>;

/** What became of a due time: begun, refused for good, or passed while nothing could be done. */
export const scheduleOutcomes = ['begun', 'refused', 'missed'] as const;
export type ScheduleOutcome = (typeof scheduleOutcomes)[number];

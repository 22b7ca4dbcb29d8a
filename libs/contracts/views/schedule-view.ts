import { z } from 'zod';
import { powerActions } from '../power.js';
import { scheduleOutcomes } from '../schedule.js';

const moment = z.iso.datetime();

export const scheduleViewSchema = z.object({
  name: z.string(),
  vm: z.string(),
  action: z.enum(powerActions),
  force: z.boolean(),
  at: moment.nullable(),
  cron: z.string().nullable(),
  timeZone: z.string(),
  graceMinutes: z.number().int(),
  owner: z.string().describe('By whose rights it is done: those they have then.'),
  nextAt: moment.nullable().describe('Null: never again.'),
  last: z
    .object({
      dueAt: moment,
      outcome: z.enum(scheduleOutcomes),
      detail: z.string(),
      operation: z.string().nullable(),
    })
    .nullable(),
  createdAt: moment,
});
export type ScheduleView = z.infer<typeof scheduleViewSchema>;

import type { ScheduleView } from '@holdfast/client';
import { powerActions, type PowerAction } from '@holdfast/contracts';
import { Argument } from 'commander';
import { parseCount, parseMomentToCome } from '../arguments.js';
import { UsageError } from '../failure.js';
import { clockText, type Column } from '../output.js';
import { emptyText, withJson, withList, type JsonFlag, type ListFlags, type Register } from '../session.js';

interface CreateFlags extends JsonFlag {
  at?: string;
  cron?: string;
  timeZone?: string;
  grace?: number;
  force?: boolean;
}

const momentText = (moment: string | null): string => (moment === null ? 'never again' : clockText(Date.parse(moment)));

function lastText({ last }: ScheduleView): string {
  return last === null ? 'not due yet' : `${last.outcome}${last.detail === '' ? '' : `: ${last.detail}`}`;
}

function timesText({ at, cron, timeZone }: ScheduleView): string {
  return cron === null ? `once, at ${momentText(at)}` : `${cron} (${timeZone})`;
}

const columns: Column<ScheduleView>[] = [
  { heading: 'SCHEDULE', of: ({ name }) => name },
  { heading: 'WHAT', of: ({ action, vm, force }) => `${action} ${vm}${force ? ', forced' : ''}` },
  { heading: 'WHEN', of: timesText },
  { heading: 'NEXT', of: ({ nextAt }) => momentText(nextAt) },
  { heading: 'OWNER', of: ({ owner }) => owner },
  { heading: 'LAST TIME', of: lastText },
];

/** `schedule`: what is done to VMs at times to come. */
export const registerSchedule: Register = (program, session) => {
  const { output } = session;
  const group = program.command('schedule').description('schedules: what is done to VMs at times to come');
  withList(group.command('list'), 'vm=web1')
    .description('all schedules')
    .action(async (flags: ListFlags) => {
      const items = await session.client.all<ScheduleView>((page) => session.schedules.schedules(page), flags);
      if (flags.json) output.json({ items });
      else output.list(columns, items, emptyText(flags, 'no schedule yet; holdfast schedule create makes one'));
    });
  withJson(group.command('create'))
    .description('have something done to a VM at a moment, or again and again')
    .argument('<NAME>', 'lower-case letters, digits and dashes')
    .addArgument(new Argument('<ACTION>', 'what is done').choices(powerActions))
    .argument('<VM>', 'to which VM')
    .option('--at <MOMENT>', 'once: in 30m, 2h or 3d, or at 2030-01-31T22:00', parseMomentToCome)
    .option('--cron <PATTERN>', 'again and again: minute, hour, day of the month, month, day of the week')
    .option('--time-zone <NAME>', 'in which the pattern is meant (default: UTC)')
    .option('--grace <MINUTES>', 'later by so much at most, else it is missed (default: 15)', parseCount)
    .option('--force', 'stop or reboot without asking the guest')
    .addHelpText('after', `
It is done by the rights that you have then. Examples:
  holdfast schedule create night stop web1 --cron "0 22 * * 1-5" --time-zone Europe/Berlin
  holdfast schedule create soon reboot db1 --at 30m`)
    .action(async (name: string, action: PowerAction, vm: string, flags: CreateFlags) => {
      const { at, cron, timeZone, grace, force, json } = flags;
      if ((at === undefined) === (cron === undefined)) throw new UsageError('say when, by --at or by --cron');
      const made = await session.schedules.newSchedule({
        name, action, vm,
        ...(at !== undefined && { at }),
        ...(cron !== undefined && { cron }),
        ...(timeZone !== undefined && { timeZone }),
        ...(grace !== undefined && { graceMinutes: grace }),
        ...(force && { force }),
      });
      if (json) output.json(made);
      else output.line(`${name}: ${action} ${vm}, first at ${momentText(made.nextAt)}`);
    });
  withJson(group.command('show'))
    .description('one schedule')
    .argument('<NAME>', 'the schedule')
    .action(async (name: string, { json }: JsonFlag) => {
      const schedule = await session.schedules.schedule(name);
      if (json) return output.json(schedule);
      const { action, vm, force, owner, nextAt, graceMinutes, last } = schedule;
      output.fields([
        ['schedule', name],
        ['what', `${action} ${vm}${force ? ', forced' : ''}`],
        ['when', timesText(schedule)],
        ['next', momentText(nextAt)],
        ['grace', `${graceMinutes} min`],
        ['owner', owner],
        ['last time', last === null ? 'not due yet' : `${momentText(last.dueAt)}, ${lastText(schedule)}`],
        ['operation', last?.operation ?? '-'],
      ]);
    });
  withJson(group.command('delete'))
    .description('delete a schedule; what it has begun goes on')
    .argument('<NAME>', 'the schedule')
    .action(async (name: string, { json }: JsonFlag) => {
      const removed = await session.schedules.deleteSchedule(name);
      if (json) output.json(removed);
      else output.line(`${name} is deleted`);
    });
};

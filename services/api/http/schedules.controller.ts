import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post, Query, Req } from '@nestjs/common';
import type { Page, Removed, ScheduleView } from '@holdfast/client';
import { maxGraceMinutes, newScheduleSchema, powerActions, projectOf } from '@holdfast/contracts';
import type { Request } from 'express';
import { noSuch } from '../auth/accounts.js';
import { signedIn } from '../auth/session.controllers.js';
import { ClusterView } from '../cluster-view.js';
import { scopeOf, type ProjectScope } from '../project-scope.js';
import { Schedules, scheduleView, type Schedule } from '../schedules/schedules.js';
import { listOf, type Listing } from './list.js';
import { parsed } from './parse.js';

const remedies = {
  vm: 'give the name of a VM',
  action: `give one of ${powerActions.join(', ')}`,
  at: 'give `at` as a moment with its time zone, `2030-01-31T22:00:00+01:00`, or `cron`',
  cron: 'give minute, hour, day of the month, month and day of the week: `0 22 * * 1-5`',
  timeZone: 'give a name of the IANA database, such as `Europe/Berlin`',
  graceMinutes: `give whole minutes from 1 to ${maxGraceMinutes}`,
  force: 'leave it out',
};

const scheduleList: Listing<Schedule, ScheduleView> = {
  key: ({ name }) => name,
  columns: {
    name: { type: 'text', of: ({ name }) => name },
    vm: { type: 'text', of: ({ vm }) => vm },
    action: { type: 'text', of: ({ action }) => action },
    owner: { type: 'text', of: ({ ownerName }) => ownerName },
    outcome: { type: 'text', of: ({ lastOutcome }) => lastOutcome },
    nextAt: { type: 'text', of: ({ nextAt }) => nextAt?.toISOString() ?? null },
  },
  view: scheduleView,
};

/** What is done to VMs at times to come, by the rights that whoever made it has then. */
@Controller('api/v1/schedules')
export class SchedulesController {
  constructor(
    @Inject(ClusterView) private readonly view: ClusterView,
    @Inject(Schedules) private readonly schedules: Schedules,
  ) {}

  @Get()
  async list(@Query() query: unknown, @Req() request: Request): Promise<Page<ScheduleView>> {
    const scope = scopeOf(this.view, request);
    const shown = (await this.schedules.list()).filter((schedule) => this.has(scope, schedule));
    return listOf(scheduleList, shown.map((schedule) => this.named(schedule)), query);
  }

  @Post()
  @HttpCode(201)
  async create(@Body() body: unknown, @Req() request: Request): Promise<ScheduleView> {
    const asked = parsed(newScheduleSchema, body ?? {}, remedies);
    scopeOf(this.view, request).vm(asked.vm);
    const { uid } = scopeOf(this.view, request, 'vm.power').vm(asked.vm);
    return scheduleView(await this.schedules.create(asked, uid, signedIn(request)));
  }

  @Get(':schedule')
  async show(@Param('schedule') name: string, @Req() request: Request): Promise<ScheduleView> {
    return scheduleView(await this.known(name, request));
  }

  @Delete(':schedule')
  async delete(@Param('schedule') name: string, @Req() request: Request): Promise<Removed> {
    await this.schedules.remove(await this.known(name, request));
    return { removed: name };
  }

  private async known(name: string, request: Request): Promise<Schedule> {
    const scope = scopeOf(this.view, request);
    const schedule = await this.schedules.show(name);
    if (this.has(scope, schedule)) return this.named(schedule);
    const reading = scopeOf(this.view, request, 'schedule.read');
    throw this.has(reading, schedule) ? scope.forbidden() : noSuch('schedule', name);
  }

  /** That of a VM which is gone, or of which only the name is the same, is nobody's but the cluster's. */
  private has(scope: ProjectScope, { vmUid }: Schedule): boolean {
    const vm = this.view.vmOfUid(vmUid);
    return scope.has(vm && projectOf(vm));
  }

  /** With the name that its VM has now. */
  private named(schedule: Schedule): Schedule {
    return { ...schedule, vm: this.view.vmOfUid(schedule.vmUid)?.name ?? schedule.vm };
  }
}

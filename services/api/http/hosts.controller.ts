import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query, Req, Res } from '@nestjs/common';
import type { ChangedHost, ConfirmedDead, HostView, Page } from '@holdfast/client';
import {
  confirmDead,
  drainPlan,
  hostMaintenance,
  stuckSchema,
  type DrainPlan,
  type DrainRecord,
  type HostRecord,
} from '@holdfast/contracts';
import type { Request, Response } from 'express';
import { z } from 'zod';
import { whoAsked } from '../auth/principal.js';
import { ClusterView } from '../cluster-view.js';
import { Commands, operationOf, unknown } from '../commands.js';
import { hostList } from '../lists.js';
import { hostView } from '../views.js';
import { confirmSchema, confirmedName } from './confirmed-name.js';
import { tellVersion } from './edit.js';
import { listOf } from './list.js';
import { parsed } from './parse.js';
import { requestIdOf } from './request-id.js';

export const maintenanceSchema = z.strictObject({
  on: z.boolean(),
  reason: z.string().trim().max(1000).default(''),
  stuck: stuckSchema.optional(),
});

@Controller('api/v1/hosts')
export class HostsController {
  constructor(
    @Inject(ClusterView) private readonly view: ClusterView,
    @Inject(Commands) private readonly commands: Commands,
  ) {}

  @Get()
  list(@Query() query: unknown): Page<HostView> {
    return listOf(hostList(this.view), this.view.hosts.values(), query);
  }

  @Get(':host')
  show(@Param('host') name: string, @Res({ passthrough: true }) response: Response): HostView {
    const host = this.known(name);
    tellVersion(response, { ...host, uid: host.uuid });
    return hostView(this.view, host);
  }

  private known(name: string): HostRecord {
    const host = this.view.hosts.value(name);
    if (!host) throw unknown('host', name, this.view.hosts.keys());
    return host;
  }

  @Post(':host/confirm-dead')
  @HttpCode(202)
  async confirmDead(
    @Param('host') name: string,
    @Body() body: unknown,
    @Req() request: Request,
  ): Promise<ConfirmedDead> {
    const { confirm, reason } = parsed(confirmSchema, body);
    this.known(name);
    confirmedName(name, confirm, 'if it is the host that is dead');
    return this.commands.send(
      confirmDead,
      { host: name, confirm, reason, by: whoAsked(request) },
      { requestId: requestIdOf(request) },
    );
  }

  /** How it would be emptied; changes nothing. */
  @Get(':host/drain-plan')
  drainPlan(@Param('host') host: string, @Req() request: Request): Promise<DrainPlan> {
    this.known(host);
    return this.commands.send(drainPlan, { host }, { requestId: requestIdOf(request) });
  }

  /** On: its VMs move away, and it takes none until off. What is left is shown with the host. */
  @Post(':host/maintenance')
  @HttpCode(202)
  async maintenance(
    @Param('host') name: string,
    @Body() body: unknown,
    @Req() request: Request,
  ): Promise<ChangedHost> {
    const { on, reason, stuck } = parsed(maintenanceSchema, body ?? {});
    this.known(name);
    const operation = operationOf(request, { host: name, on, reason, stuck: stuck ?? null });
    const requestId = requestIdOf(request);
    const asked = { operation, host: name, on, reason, stuck };
    const changed = await this.commands.send(hostMaintenance, asked, { requestId });
    const isEmptied = (drain: DrainRecord | null): boolean =>
      drain?.state === 'draining' || drain?.state === 'drained';
    await this.view.seenIn(this.view.drains, name, (drain) => isEmptied(drain) === on);
    return changed;
  }
}

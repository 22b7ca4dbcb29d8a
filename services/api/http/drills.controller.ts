import { Controller, Get, HttpCode, Inject, Param, Post, Query, Req } from '@nestjs/common';
import type { BegunDrill, DrillView, Page } from '@holdfast/client';
import { drillBegin } from '@holdfast/contracts';
import type { Request } from 'express';
import { whoAsked } from '../auth/principal.js';
import { ClusterView } from '../cluster-view.js';
import { Commands, operationOf, unknown } from '../commands.js';
import { drillView } from '../drill-view.js';
import { drillList } from '../lists.js';
import { listOf } from './list.js';
import { requestIdOf } from './request-id.js';

/** The newest drill of each host that was ever drilled. */
@Controller('api/v1/drills')
export class DrillsController {
  constructor(
    @Inject(ClusterView) private readonly view: ClusterView,
    @Inject(Commands) private readonly commands: Commands,
  ) {}

  @Get()
  list(@Query() query: unknown): Page<DrillView> {
    return listOf(drillList, this.view.drills.values(), query);
  }

  @Get(':host')
  show(@Param('host') host: string): DrillView {
    const drill = this.view.drills.value(host);
    if (!drill) throw unknown('drill', host, this.view.drills.keys());
    return drillView(drill);
  }

  /** What it finds is read from the drill, which ends by itself. */
  @Post(':host')
  @HttpCode(202)
  async begin(@Param('host') host: string, @Req() request: Request): Promise<BegunDrill> {
    if (!this.view.hosts.value(host)) throw unknown('host', host, this.view.hosts.keys());
    const asked = { operation: operationOf(request, { host }), host, by: whoAsked(request) };
    const begun = await this.commands.send(drillBegin, asked, { requestId: requestIdOf(request) });
    await this.view.seenIn(this.view.drills, host, (drill) => drill?.uid === begun.drill);
    return begun;
  }
}

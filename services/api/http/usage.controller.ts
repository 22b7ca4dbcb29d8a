import { Controller, Get, Inject, Query, Req } from '@nestjs/common';
import type { Page, ProjectUsageView, UsageView } from '@holdfast/client';
import type { Request } from 'express';
import { ClusterView } from '../cluster-view.js';
import { Database } from '../persistence/database.js';
import {
  projectUsageListing, spanOfMonth, usageByProject, usageListing, usageQuerySchema, usageWithin,
} from '../usage/usage-query.js';
import { scopeOf } from '../project-scope.js';
import { listOf } from './list.js';
import { parsed } from './parse.js';

@Controller('api/v1/usage')
export class UsageController {
  /** Under way, by month: it reads much, and many may ask for the same. */
  private readonly counting = new Map<string, Promise<UsageView[]>>();

  constructor(
    @Inject(ClusterView) private readonly view: ClusterView,
    @Inject(Database) private readonly database: Database,
  ) {}

  @Get()
  async usage(@Query() query: unknown, @Req() request: Request): Promise<Page<UsageView>> {
    const { usage, list } = await this.seen(query, request);
    return listOf(usageListing, usage, list);
  }

  @Get('projects')
  async byProject(@Query() query: unknown, @Req() request: Request): Promise<Page<ProjectUsageView>> {
    const { usage, list } = await this.seen(query, request);
    return listOf(projectUsageListing, usageByProject(usage), list);
  }

  private async seen(query: unknown, request: Request): Promise<{ usage: UsageView[]; list: object }> {
    const scope = scopeOf(this.view, request);
    const { month, ...list } = parsed(usageQuerySchema, query);
    return { usage: (await this.ofMonth(month)).filter(({ project }) => scope.has(project)), list };
  }

  private ofMonth(month = ''): Promise<UsageView[]> {
    const present = new Map(this.view.presentVms().map(({ uid, name }) => [uid, name]));
    const span = spanOfMonth(month === '' ? undefined : month, Date.now());
    const usage = this.counting.get(month)
      ?? usageWithin(this.database, span, present).finally(() => this.counting.delete(month));
    this.counting.set(month, usage);
    return usage;
  }
}

import { Controller, Get, Inject, Query, Req } from '@nestjs/common';
import type { Page, UsageView } from '@holdfast/client';
import type { Request } from 'express';
import { ClusterView } from '../cluster-view.js';
import { Database } from '../persistence/database.js';
import { spanOfMonth, usageListing, usageQuerySchema, usageWithin } from '../usage/usage-query.js';
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
    const scope = scopeOf(this.view, request);
    const { month, ...list } = parsed(usageQuerySchema, query);
    const usage = (await this.ofMonth(month)).filter(({ project }) => scope.has(project));
    return listOf(usageListing, usage, list);
  }

  private ofMonth(month = ''): Promise<UsageView[]> {
    const present = new Set(this.view.presentVms().map(({ uid }) => uid));
    const span = spanOfMonth(month === '' ? undefined : month, Date.now());
    const usage = this.counting.get(month)
      ?? usageWithin(this.database, span, present).finally(() => this.counting.delete(month));
    this.counting.set(month, usage);
    return usage;
  }
}

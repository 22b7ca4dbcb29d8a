import { Controller, Get, Inject, Query } from '@nestjs/common';
import type { Page, UsageView } from '@holdfast/client';
import { ClusterView } from '../cluster-view.js';
import { Database } from '../persistence/database.js';
import { spanOfMonth, usageListing, usageQuerySchema, usageWithin } from '../usage/usage-query.js';
import { listOf } from './list.js';
import { parsed } from './parse.js';

@Controller('api/v1/usage')
export class UsageController {
  constructor(
    @Inject(ClusterView) private readonly view: ClusterView,
    @Inject(Database) private readonly database: Database,
  ) {}

  @Get()
  async usage(@Query() query: unknown): Promise<Page<UsageView>> {
    const { month, ...list } = parsed(usageQuerySchema, query);
    const present = new Set(this.view.presentVms().map(({ uid }) => uid));
    const usage = await usageWithin(this.database, spanOfMonth(month, Date.now()), present);
    return listOf(usageListing, usage, list);
  }
}

import { Controller, Get, Inject, Query, Req } from '@nestjs/common';
import type { HistoryEntry, Page } from '@holdfast/client';
import type { Request } from 'express';
import { ClusterView } from '../cluster-view.js';
import { historyQuerySchema, pageOfHistory } from '../history/history-query.js';
import { Database } from '../persistence/database.js';
import { scopeOf } from '../project-scope.js';
import { parsed } from './parse.js';

@Controller('api/v1/history')
export class HistoryController {
  constructor(
    @Inject(ClusterView) private readonly view: ClusterView,
    @Inject(Database) private readonly database: Database,
  ) {}

  @Get()
  async list(@Query() query: unknown, @Req() request: Request): Promise<Page<HistoryEntry>> {
    const scope = scopeOf(this.view, request);
    const { items, next } = await pageOfHistory(this.database, parsed(historyQuerySchema, query), scope.projects);
    return { items: items.map(({ number, event }) => ({ number, event: scope.event(event) })), next };
  }
}

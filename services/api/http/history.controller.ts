import { Controller, Get, Inject, Query } from '@nestjs/common';
import type { HistoryEntry, Page } from '@holdfast/client';
import { historyQuerySchema, pageOfHistory } from '../history/history-query.js';
import { Database } from '../persistence/database.js';
import { parsed } from './parse.js';

@Controller('api/v1/history')
export class HistoryController {
  constructor(@Inject(Database) private readonly database: Database) {}

  @Get()
  async list(@Query() query: unknown): Promise<Page<HistoryEntry>> {
    return await pageOfHistory(this.database, parsed(historyQuerySchema, query));
  }
}

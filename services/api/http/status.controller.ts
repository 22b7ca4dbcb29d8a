import { Controller, Get, Inject } from '@nestjs/common';
import type { StatusView } from '@holdfast/client';
import { ClusterView } from '../cluster-view.js';
import { apiConfig, type ApiConfig } from '../config.js';
import { Database } from '../persistence/database.js';
import { statusView } from '../views.js';

@Controller('api/v1/status')
export class StatusController {
  constructor(
    @Inject(ClusterView) private readonly view: ClusterView,
    @Inject(apiConfig) private readonly config: ApiConfig,
    @Inject(Database) private readonly database: Database,
  ) {}

  @Get()
  async status(): Promise<StatusView> {
    return statusView(this.view, this.config, await this.view.servers(), this.database.status);
  }
}

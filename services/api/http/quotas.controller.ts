import { Body, Controller, Get, HttpCode, Inject, Param, Put, Req } from '@nestjs/common';
import type { QuotaView } from '@holdfast/client';
import { quotaChangeSchema } from '@holdfast/contracts';
import type { Request } from 'express';
import { noSuch, requireNameOf } from '../auth/accounts.js';
import { ClusterView } from '../cluster-view.js';
import { scopeOf } from '../project-scope.js';
import { Quotas } from '../quotas/quotas.js';
import { editOf } from './edit.js';
import { parsed } from './parse.js';

const remedy = 'give a whole number, or null for as much as there is';
const remedies = { vms: remedy, cpus: remedy, memoryMiB: remedy, diskMiB: remedy };

@Controller('api/v1/projects/:project/quota')
export class QuotasController {
  constructor(
    @Inject(Quotas) private readonly quotas: Quotas,
    @Inject(ClusterView) private readonly view: ClusterView,
  ) {}

  @Get()
  async show(@Param('project') project: string, @Req() request: Request): Promise<QuotaView> {
    requireNameOf('project', project);
    if (!scopeOf(this.view, request).has(project)) throw noSuch('project', project);
    return await this.quotas.show(project);
  }

  /** Not for the owners of a project: it is what they are given. */
  @Put()
  @HttpCode(200)
  async put(@Param('project') project: string, @Body() body: unknown, @Req() request: Request): Promise<QuotaView> {
    requireNameOf('project', project);
    return await this.quotas.set(project, parsed(quotaChangeSchema, body ?? {}, remedies), editOf(request));
  }
}

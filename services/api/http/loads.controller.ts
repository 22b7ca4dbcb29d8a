import { Controller, Get, Inject, Param, Query, Req } from '@nestjs/common';
import type { HostLoadView, Page, VmLoadView } from '@holdfast/client';
import type { Request } from 'express';
import { requireNameOf } from '../auth/accounts.js';
import { ClusterView } from '../cluster-view.js';
import { loadQuerySchema, loadsOfHost, loadsOfVm } from '../history/load-query.js';
import { Database } from '../persistence/database.js';
import { scopeOf } from '../project-scope.js';
import { parsed } from './parse.js';

@Controller('api/v1')
export class LoadsController {
  constructor(
    @Inject(ClusterView) private readonly view: ClusterView,
    @Inject(Database) private readonly database: Database,
  ) {}

  /** Of a host that is gone, too, for as long as it is kept. */
  @Get('hosts/:host/loads')
  async ofHost(@Param('host') host: string, @Query() query: unknown): Promise<Page<HostLoadView>> {
    requireNameOf('host', host);
    return await loadsOfHost(this.database, host, parsed(loadQuerySchema, query));
  }

  @Get('vms/:vm/loads')
  async ofVm(
    @Param('vm') name: string,
    @Query() query: unknown,
    @Req() request: Request,
  ): Promise<Page<VmLoadView>> {
    const vm = scopeOf(this.view, request).vm(name);
    return await loadsOfVm(this.database, vm.uid, parsed(loadQuerySchema, query));
  }
}

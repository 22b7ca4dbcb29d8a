import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query, Req, Res } from '@nestjs/common';
import type { Accepted, IncidentView, OperationView, Page, ResumedIncident, VolumeView } from '@holdfast/client';
import { incidentResume, projectOf, vmStop, type OperationRecord } from '@holdfast/contracts';
import type { Request, Response } from 'express';
import { z } from 'zod';
import { whoAsked } from '../auth/principal.js';
import { ClusterView } from '../cluster-view.js';
import { Commands, operationOf, unknown } from '../commands.js';
import { incidentList, operationList, volumeList } from '../lists.js';
import { scopeOf, type ProjectScope } from '../project-scope.js';
import { incidentView, operationView, projectOfVolume } from '../views.js';
import { listOf } from './list.js';
import { parsed } from './parse.js';
import { Problem } from './problem.js';
import { requestIdOf } from './request-id.js';

const maxWaitMs = 30_000;
export const waitQuerySchema = z.strictObject({
  waitMs: z.coerce.number('give a whole number').int().min(0).max(maxWaitMs).default(0),
});

export const resumeSchema = z.strictObject({
  reason: z.string('say why').trim().min(3, 'say why, in a few words').max(1000),
});

@Controller('api/v1/volumes')
export class VolumesController {
  constructor(@Inject(ClusterView) private readonly view: ClusterView) {}

  @Get()
  list(@Query() query: unknown, @Req() request: Request): Page<VolumeView> {
    const scope = scopeOf(this.view, request);
    const volumes = this.view.presentVolumes().filter((volume) => scope.has(projectOfVolume(this.view, volume)));
    return listOf(volumeList(this.view, scope), volumes, query);
  }
}

@Controller('api/v1/incidents')
export class IncidentsController {
  constructor(
    @Inject(ClusterView) private readonly view: ClusterView,
    @Inject(Commands) private readonly commands: Commands,
  ) {}

  @Get()
  list(@Query() query: unknown): Page<IncidentView> {
    return listOf(incidentList(this.view), this.view.incidents.values(), query);
  }

  @Get(':id')
  show(@Param('id') id: string): IncidentView {
    const incident = this.view.incidents.value(id);
    if (!incident) throw unknown('incident', id, this.view.incidents.keys());
    return incidentView(this.view, incident);
  }

  /** Lets failover go on with a host that is held among many silent ones. */
  @Post(':id/resume')
  @HttpCode(202)
  async resume(@Param('id') id: string, @Body() body: unknown, @Req() request: Request): Promise<ResumedIncident> {
    const { reason } = parsed(resumeSchema, body);
    const { host } = this.show(id);
    const asked = { incident: id, host, reason, by: whoAsked(request) };
    return this.commands.send(incidentResume, asked, { requestId: requestIdOf(request) });
  }
}

@Controller('api/v1/operations')
export class OperationsController {
  constructor(
    @Inject(ClusterView) private readonly view: ClusterView,
    @Inject(Commands) private readonly commands: Commands,
  ) {}

  @Get()
  list(@Query() query: unknown, @Req() request: Request): Page<OperationView> {
    const scope = scopeOf(this.view, request);
    return listOf(operationList(scope), this.known(scope), query);
  }

  /** With `waitMs`: when it has ended, or as it is when that time is over. */
  @Get(':id')
  async show(
    @Param('id') id: string,
    @Query() query: unknown,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<OperationView> {
    const scope = scopeOf(this.view, request);
    const { waitMs } = parsed(waitQuerySchema, query);
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const operation = await this.view.waitForOperation(
      id,
      // One that is not to be seen is waited for as long as one that is not there.
      (operation) => operation.state !== 'running' && scope.has(projectOf(operation)),
      waitMs,
      gone.signal,
    );
    if (!operation || !scope.has(projectOf(operation))) throw this.unknown(id, scope);
    return operationView(operation, scope);
  }

  /** Stops the VM that it would start, unless it has come to its end meanwhile. */
  @Post(':id/cancel')
  @HttpCode(202)
  async cancel(
    @Param('id') id: string,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<Accepted> {
    const scope = scopeOf(this.view, request);
    const known = this.view.operations.value(id);
    if (!known || !scope.has(projectOf(known))) {
      const readable = scopeOf(this.view, request, 'operation.read');
      throw known && readable.has(projectOf(known)) ? scope.forbidden() : this.unknown(id, readable);
    }
    const { kind, state, vm } = known;
    const operation = operationOf(request, { cancel: id });
    const isAgain = this.view.operations.value(operation) !== null;
    if (state !== 'running' && !isAgain) {
      throw new Problem('conflict', `operation ${id} is ${state} already`, { remedy: 'there is nothing to cancel' });
    }
    if (kind !== 'create' && kind !== 'start') {
      throw new Problem('conflict', `a ${kind} that is in progress cannot be taken back`, {
        remedy: 'wait until it ends; only a create or a start is given up',
      });
    }
    const ofProject = scope.isAll ? {} : { ofProject: projectOf(known) };
    const asked = { operation, vm, force: true, overrules: id, ...ofProject };
    const accepted = await this.commands.send(vmStop, asked, { requestId: requestIdOf(request), scope });
    await this.view.seen(accepted.operation, null);
    response.setHeader('Location', `/api/v1/operations/${accepted.operation}`);
    return accepted;
  }

  private known(scope: ProjectScope): OperationRecord[] {
    return this.view.operations.values().filter((operation) => scope.has(projectOf(operation)));
  }

  private unknown(id: string, scope: ProjectScope): Problem {
    return unknown('operation', id, this.known(scope).map((operation) => operation.id));
  }
}

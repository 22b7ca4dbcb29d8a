import { Controller, Get, Inject, Param, Query, Res } from '@nestjs/common';
import type { IncidentView, OperationView, Page, VolumeView } from '@holdfast/client';
import type { Response } from 'express';
import { z } from 'zod';
import { ClusterView } from '../cluster-view.js';
import { unknown } from '../commands.js';
import { incidentView, volumeView } from '../views.js';
import { pageOf, pageQuery, timeKey } from './page.js';
import { parsed } from './parse.js';

const maxWaitMs = 30_000;
const waitQuerySchema = z.strictObject({
  waitMs: z.coerce.number('give a whole number').int().min(0).max(maxWaitMs).default(0),
});

@Controller('api/v1/volumes')
export class VolumesController {
  constructor(@Inject(ClusterView) private readonly view: ClusterView) {}

  @Get()
  list(@Query() query: unknown): Page<VolumeView> {
    return pageOf(
      this.view.presentVolumes(),
      ({ volume }) => volume,
      (volume) => volumeView(this.view, volume),
      pageQuery(query),
    );
  }
}

@Controller('api/v1/incidents')
export class IncidentsController {
  constructor(@Inject(ClusterView) private readonly view: ClusterView) {}

  @Get()
  list(@Query() query: unknown): Page<IncidentView> {
    return pageOf(
      this.view.incidents.values(),
      ({ openedAtMs, id }) => timeKey(openedAtMs, id),
      (incident) => incidentView(this.view, incident),
      pageQuery(query),
      'newest-first',
    );
  }

  @Get(':id')
  show(@Param('id') id: string): IncidentView {
    const incident = this.view.incidents.value(id);
    if (!incident) throw unknown('incident', id, this.view.incidents.keys());
    return incidentView(this.view, incident);
  }
}

@Controller('api/v1/operations')
export class OperationsController {
  constructor(@Inject(ClusterView) private readonly view: ClusterView) {}

  @Get()
  list(@Query() query: unknown): Page<OperationView> {
    return pageOf(
      this.view.operations.values(),
      ({ startedAtMs, id }) => timeKey(startedAtMs, id),
      (operation) => operation,
      pageQuery(query),
      'newest-first',
    );
  }

  /** With `waitMs`: when it has ended, or as it is when that time is over. */
  @Get(':id')
  async show(
    @Param('id') id: string,
    @Query() query: unknown,
    @Res({ passthrough: true }) response: Response,
  ): Promise<OperationView> {
    const { waitMs } = parsed(waitQuerySchema, query);
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const operation = await this.view.waitForOperation(
      id,
      ({ state }) => state !== 'running',
      waitMs,
      gone.signal,
    );
    if (!operation) throw unknown('operation', id, this.view.operations.keys());
    return operation;
  }
}

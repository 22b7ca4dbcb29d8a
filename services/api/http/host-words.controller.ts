import { Body, Controller, HttpCode, Inject, Param, Post, Req } from '@nestjs/common';
import type { ChangedHost, FencedHost, LabelledHost } from '@holdfast/client';
import { hostClear, hostFence, hostLabel, hostWake, labelKeySchema, labelValueSchema } from '@holdfast/contracts';
import type { Request } from 'express';
import { z } from 'zod';
import { ClusterView } from '../cluster-view.js';
import { Commands, operationOf, unknown } from '../commands.js';
import { confirmSchema, confirmedName } from './confirmed-name.js';
import { editOf } from './edit.js';
import { parsed } from './parse.js';
import { requestIdOf } from './request-id.js';

const by = 'the holder of the API token';

export const labelsSchema = z.strictObject({
  set: z.record(labelKeySchema, labelValueSchema).default({}),
  remove: z.array(labelKeySchema).max(64).default([]),
});

/** What people say of a host to failover. */
@Controller('api/v1/hosts')
export class HostWordsController {
  constructor(
    @Inject(ClusterView) private readonly view: ClusterView,
    @Inject(Commands) private readonly commands: Commands,
  ) {}

  @Post(':host/labels')
  @HttpCode(200)
  async label(@Param('host') host: string, @Body() body: unknown, @Req() request: Request): Promise<LabelledHost> {
    const { set, remove } = parsed(labelsSchema, body);
    this.known(host);
    const edit = editOf(request);
    const operation = operationOf(request, { host, set, remove, ...edit });
    const asked = { operation, host, set, remove, by, ...edit };
    const labelled = await this.commands.send(hostLabel, asked, { requestId: requestIdOf(request) });
    if (edit.dryRun) return labelled;
    const told = JSON.stringify(labelled.labels);
    await this.view.seenIn(this.view.hosts, host, (record) => JSON.stringify(record?.labels) === told);
    return labelled;
  }

  /** A person orders the fence of a host that is not silent. */
  @Post(':host/fence')
  @HttpCode(202)
  fence(@Param('host') host: string, @Body() body: unknown, @Req() request: Request): Promise<FencedHost> {
    const { confirm, reason } = parsed(confirmSchema, body);
    this.known(host);
    confirmedName(host, confirm, 'if it is the host to be fenced');
    return this.commands.send(hostFence, { host, confirm, reason, by }, { requestId: requestIdOf(request) });
  }

  /** What a host that failed again and again did before no longer counts. */
  @Post(':host/clear')
  @HttpCode(202)
  clear(@Param('host') host: string, @Req() request: Request): Promise<ChangedHost> {
    this.known(host);
    return this.commands.send(hostClear, { host, by }, { requestId: requestIdOf(request) });
  }

  /** A host that was switched off to save power is wanted. */
  @Post(':host/wake')
  @HttpCode(202)
  wake(@Param('host') host: string, @Req() request: Request): Promise<ChangedHost> {
    this.known(host);
    return this.commands.send(hostWake, { host, reason: `${by} asks for it` }, { requestId: requestIdOf(request) });
  }

  private known(name: string): void {
    if (!this.view.hosts.value(name)) throw unknown('host', name, this.view.hosts.keys());
  }
}

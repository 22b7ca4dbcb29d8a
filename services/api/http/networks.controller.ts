import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post, Put, Query, Req, Res } from '@nestjs/common';
import type { ChangedNetwork, NetworkView, Page } from '@holdfast/client';
import {
  defaultProject, nameSchema, networkChange, networkChangeSchema, networkDelete, networkMake, newNetworkSchema,
  type Command, type NetworkRecord,
} from '@holdfast/contracts';
import type { Request, Response } from 'express';
import { noSuch } from '../auth/accounts.js';
import { Directory } from '../auth/directory.js';
import { ClusterView } from '../cluster-view.js';
import { Commands, operationOf, unknown } from '../commands.js';
import { networkList, networksFor, networkView, usedBy } from '../networks.js';
import { scopeOf } from '../project-scope.js';
import { editOf, tellVersion } from './edit.js';
import { listOf } from './list.js';
import { parsed } from './parse.js';
import { Problem } from './problem.js';
import { requestIdOf } from './request-id.js';

/** A network that is closed to some is so after a second. */
const settledWithinMs = 3000;
const remedies = {
  project: 'give `project` as the name of the project whose VMs alone may be on it, or null to share it with all',
};

@Controller('api/v1/networks')
export class NetworksController {
  constructor(
    @Inject(ClusterView) private readonly view: ClusterView,
    @Inject(Commands) private readonly commands: Commands,
    @Inject(Directory) private readonly directory: Directory,
  ) {}

  @Get()
  list(@Query() query: unknown, @Req() request: Request): Page<NetworkView> {
    const scope = scopeOf(this.view, request);
    const used = usedBy(scope);
    return listOf(networkList(this.view, used), networksFor(this.view, scope, used), query);
  }

  @Get(':network')
  show(
    @Param('network') name: string,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): NetworkView {
    const scope = scopeOf(this.view, request);
    const used = usedBy(scope);
    const all = networksFor(this.view, scope, used);
    const network = all.find((each) => each.name === name);
    if (!network) throw unknown('network', name, all.map((each) => each.name));
    if (network.record) tellVersion(response, network.record);
    return networkView(this.view, network, used);
  }

  /** Of one that hosts offer, or will. */
  @Post()
  @HttpCode(200)
  async make(@Body() body: unknown, @Req() request: Request): Promise<ChangedNetwork> {
    const { name, ...spec } = parsed(newNetworkSchema, body ?? {}, remedies);
    await this.requireProject(spec.project);
    return await this.send(networkMake, request, name, { spec });
  }

  /** What is left out stays as it is. */
  @Put(':network')
  @HttpCode(200)
  async change(
    @Param('network') name: string,
    @Body() body: unknown,
    @Req() request: Request,
  ): Promise<ChangedNetwork> {
    const change = parsed(networkChangeSchema, body ?? {}, remedies);
    await this.requireProject(change.project ?? null);
    return await this.send(networkChange, request, name, { change });
  }

  @Delete(':network')
  @HttpCode(200)
  async delete(@Param('network') name: string, @Req() request: Request): Promise<ChangedNetwork> {
    return await this.send(networkDelete, request, name, {});
  }

  private async send<Rest extends object>(
    contract: Command<Rest & { operation: string; network: string }, ChangedNetwork & { transition: number }>,
    request: Request,
    name: string,
    rest: Rest,
  ): Promise<ChangedNetwork> {
    const scope = scopeOf(this.view, request);
    const known = this.view.presentNetworks().map((each) => each.name);
    if (!nameSchema.safeParse(name).success) throw unknown('network', name, known);
    const asked = { network: name, ...rest, ...editOf(request) };
    const operation = operationOf(request, asked);
    const command = { ...asked, operation };
    const { transition, ...changed } = await this.commands.send(contract, command, {
      requestId: requestIdOf(request), scope,
    });
    if (asked.dryRun) return changed;
    await this.settled(name, operation, (record) =>
      record === null ? (contract as Command) === networkDelete : record.transitionCount >= transition);
    return changed;
  }

  /** Who waits no longer finds it under way. @throws Problem `conflict` when it stays as it was after all. */
  private async settled(
    name: string,
    operation: string,
    isSeen: (record: NetworkRecord | null) => boolean,
  ): Promise<void> {
    const holds = (record: NetworkRecord | null): boolean => isSeen(record) && record?.state !== 'closing';
    await this.view.seenIn(this.view.networks, name, holds, settledWithinMs);
    const said = this.view.networks.value(name)?.transitions.findLast((each) => each.operation === operation);
    if (said?.event !== 'network.kept') return;
    throw new Problem('conflict', `the network ${name} ${said.text}`, {
      remedy: `see who is on it (holdfast network show ${name}), and take their NICs from it`,
    });
  }

  private async requireProject(project: string | null): Promise<void> {
    if (project === null || project === defaultProject) return;
    const sql = 'SELECT 1 FROM projects WHERE name = $1';
    const found = await this.directory.read((manager) => manager.query<unknown[]>(sql, [project]));
    if (found.length === 0) throw noSuch('project', project);
  }
}

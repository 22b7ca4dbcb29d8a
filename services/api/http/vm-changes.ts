import { Inject, Injectable } from '@nestjs/common';
import type { Accepted, VmDryRun } from '@holdfast/client';
import { nameSchema, vmCreate, type Command } from '@holdfast/contracts';
import type { Request, Response } from 'express';
import { ClusterView } from '../cluster-view.js';
import { Commands, operationOf, unknown } from '../commands.js';
import { scopeOf } from '../project-scope.js';
import { Quotas, type Asked as NeededShare } from '../quotas/quotas.js';
import { editOf } from './edit.js';
import { requestIdOf } from './request-id.js';
import { vmDryRun } from './vm-dry-run.js';

/** What people ask to be changed of VMs, on its way to the scheduler. */
@Injectable()
export class VmChanges {
  constructor(
    @Inject(ClusterView) private readonly view: ClusterView,
    @Inject(Commands) private readonly commands: Commands,
    @Inject(Quotas) private readonly quotas: Quotas,
  ) {}

  /**
   * One command to the scheduler. Whether the VM exists is for the scheduler to say: this view may lag. `body` is what
   * tells one request from another, where more was made of it.
   */
  async send<Rest extends object>(
    contract: Command<Rest & { operation: string; vm: string }, Accepted & { would?: string | undefined }>,
    request: Request,
    response: Response,
    name: string,
    rest: Rest,
    needs?: (operation: string) => NeededShare,
    body: object = rest,
  ): Promise<Accepted | VmDryRun> {
    const scope = scopeOf(this.view, request);
    if (!nameSchema.safeParse(name).success) throw unknown('VM', name, scope.names());
    const edit = editOf(request);
    const operation = operationOf(request, { vm: name, ...body, ...edit });
    const isNew = (contract as Command) === vmCreate;
    const ofProject = isNew ? undefined : scope.projectToChange(name, operation);
    const asked = { ...rest, ...edit, operation, vm: name, ...(ofProject !== undefined && { ofProject }) };
    const send = (more: object = {}): Promise<Accepted & { would?: string | undefined }> =>
      this.commands.send(contract, { ...asked, ...more }, { requestId: requestIdOf(request), scope });
    const told = needs === undefined
      ? await send()
      : await this.quotas.during(needs(operation), edit.dryRun === true, (untilMs) =>
        send(untilMs === null ? {} : { untilMs }));
    const accepted = scope.accepted(told);
    if (edit.dryRun) return await vmDryRun(this.commands, contract, { request, response, asked, accepted });
    await this.view.seen(accepted.operation, isNew ? name : null);
    response.setHeader('Location', `/api/v1/operations/${accepted.operation}`);
    return accepted;
  }
}

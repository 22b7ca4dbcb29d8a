import { Body, Controller, HttpCode, Inject, Post, Req, Res } from '@nestjs/common';
import type { BulkItem, BulkView } from '@holdfast/client';
import { nameSchema, powerActions, takesForce } from '@holdfast/contracts';
import type { Request, Response } from 'express';
import { z } from 'zod';
import { clientAddressOf } from '../auth/rate-limit.js';
import { signedIn } from '../auth/session.controllers.js';
import { ClusterView } from '../cluster-view.js';
import { operationOf } from '../commands.js';
import { vmList } from '../lists.js';
import { scopeOf, type ProjectScope } from '../project-scope.js';
import { VmPower, type PowerAsked, type PowerBy } from '../vm-power.js';
import { editOf } from './edit.js';
import { conditionsOf } from './list-filter.js';
import { parsed } from './parse.js';
import { Problem } from './problem.js';
import { requestIdOf } from './request-id.js';

const maxVms = 1000;
const atOnce = 16;

export const bulkSchema = z
  .strictObject({
    action: z.enum(powerActions),
    force: z.boolean().default(false).describe('To stop or reboot without asking the guests.'),
    vms: z.array(nameSchema).min(1).max(maxVms).optional(),
    filter: z.string().max(1000).optional().describe('As of the list of VMs; an empty one is all of them.'),
  })
  .refine(({ vms, filter }) => (vms === undefined) !== (filter === undefined), {
    path: ['vms'], error: 'name VMs, or give a filter, and not both',
  })
  .refine(({ action, force }) => !force || takesForce(action), {
    path: ['force'], error: 'only a stop or a reboot can be forced',
  });

const remedies = {
  action: `give one of ${powerActions.join(', ')}`,
  vms: `give \`vms\` as a list of at most ${maxVms} names, or \`filter\` as of the list of VMs`,
  force: 'leave it out',
};

/** One thing done to many VMs: to each as if it were asked for alone, with an answer of its own. */
@Controller('api/v1/vms/bulk')
export class VmBulkController {
  constructor(
    @Inject(ClusterView) private readonly view: ClusterView,
    @Inject(VmPower) private readonly power: VmPower,
  ) {}

  @Post()
  @HttpCode(202)
  async bulk(
    @Body() body: unknown, @Req() request: Request, @Res({ passthrough: true }) response: Response,
  ): Promise<BulkView> {
    const { action, force, vms, filter } = parsed(bulkSchema, body ?? {}, remedies);
    const scope = scopeOf(this.view, request);
    const { dryRun = false, ifVersion } = editOf(request);
    if (ifVersion !== undefined) {
      throw new Problem('invalid', 'If-Match: many VMs have no version in common', {
        field: 'If-Match', remedy: 'leave the header out',
      });
    }
    const { kind, name } = signedIn(request);
    const by: PowerBy = {
      scope,
      who: { kind, name },
      from: clientAddressOf(request),
      requestId: requestIdOf(request),
      asked: { bulk: true },
      dryRun,
    };
    const names = vms === undefined ? this.matching(scope, filter ?? '') : [...new Set(vms)];
    const asked = names.map((vm): PowerAsked => {
      return { vm, action, force, operation: operationOf(request, { vm, action, force, ...(dryRun && { dryRun }) }) };
    });
    const items = await this.each(asked, by);
    if (dryRun) {
      response.status(200);
      return { items };
    }
    const last = items.findLast(({ operation }) => operation !== null);
    if (last?.operation) await this.view.seen(last.operation, null);
    return { items };
  }

  private matching(scope: ProjectScope, filter: string): string[] {
    const conditions = conditionsOf(vmList(this.view, scope).columns, filter);
    const names = scope.vms().filter((vm) => conditions.every((holds) => holds(vm))).map(({ name }) => name);
    if (names.length <= maxVms) return names.sort();
    throw new Problem('invalid', `filter: it holds for ${names.length} VMs; at most ${maxVms} are done at once`, {
      field: 'filter', remedy: 'narrow it, for example by a label, and repeat',
    });
  }

  /** A few at a time. Once the scheduler is away the rest is not asked: each would wait for it as long. */
  private async each(asked: readonly PowerAsked[], by: PowerBy): Promise<BulkItem[]> {
    const items = new Array<BulkItem>(asked.length);
    const queue = asked.entries();
    let away: Problem | null = null;
    const work = async (): Promise<void> => {
      for (const [index, each] of queue) {
        try {
          if (away) throw away;
          const { operation, warning, would } = await this.power.carryOut(each, by);
          items[index] = {
            vm: each.vm, operation: by.dryRun ? null : operation, problem: null,
            ...(warning !== undefined && { warning }), ...(would !== undefined && { would }),
          };
        } catch (error) {
          if (!(error instanceof Problem)) throw error;
          if (error.code === 'unavailable') away = error;
          const { code, status, message: detail, more: { remedy } } = error;
          const problem = { code, status, detail, ...(remedy !== undefined && { remedy }) };
          items[index] = { vm: each.vm, operation: null, problem };
        }
      }
    };
    await Promise.all(Array.from({ length: atOnce }, work));
    return items;
  }
}

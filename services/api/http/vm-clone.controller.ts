import type { Accepted, VmDryRun } from '@holdfast/client';
import { nameSchema, projectOf, vmCreate, type VmSpec } from '@holdfast/contracts';
import { Body, Controller, HttpCode, Inject, Param, Post, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import { z } from 'zod';
import { cloudInitOfClone } from '../cloud-init.js';
import { ClusterView } from '../cluster-view.js';
import { scopeOf } from '../project-scope.js';
import { Quotas } from '../quotas/quotas.js';
import { parsed } from './parse.js';
import { VmChanges } from './vm-changes.js';

export const cloneSchema = z.strictObject({
  name: nameSchema,
  project: nameSchema.optional(),
  start: z.boolean().default(false),
  host: nameSchema.nullable().default(null),
});

@Controller('api/v1/vms')
export class VmCloneController {
  constructor(
    @Inject(ClusterView) private readonly view: ClusterView,
    @Inject(Quotas) private readonly quotas: Quotas,
    @Inject(VmChanges) private readonly changes: VmChanges,
  ) {}

  /** In the project of the VM that is copied, unless in another; its protection is not copied. */
  @Post(':vm/clone')
  @HttpCode(202)
  clone(
    @Param('vm') from: string,
    @Body() body: unknown,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<Accepted | VmDryRun> {
    const { name, project: named, start, host } = parsed(cloneSchema, body ?? {});
    const source = scopeOf(this.view, request).vm(from);
    const owner = projectOf(source);
    const creating = scopeOf(this.view, request, 'vm.create');
    const project = creating.projectForNew(named ?? owner, owner);
    const spec: VmSpec = { ...source.spec, cloudInit: cloudInitOfClone(source.spec.cloudInit) };
    const words = { note: source.note, labels: source.labels };
    const cloneOf = { vm: source.name, uid: source.uid };
    const asked: Omit<typeof vmCreate.request._output, 'operation' | 'vm'> = {
      spec, cloneOf, words, project, ...creating.ofCluster, start, host,
    };
    return this.changes.send(vmCreate, request, response, name, asked, (operation) =>
      this.quotas.forNew(name, project, spec, operation), { cloneOf, project, start, host });
  }
}

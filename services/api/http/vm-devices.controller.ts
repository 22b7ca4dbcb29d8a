import { Body, Controller, Delete, HttpCode, Inject, Param, Post, Put, Req, Res } from '@nestjs/common';
import type { Accepted, VmDryRun } from '@holdfast/client';
import {
  bootOrderSchema, diskSpecSchema, idSchema, isoSchema, nameSchema, nicNumberSchema, vmBoot, vmCdrom, vmDiskAdd,
  vmDiskRemove, vmNicAdd, vmNicRemove,
} from '@holdfast/contracts';
import type { Request, Response } from 'express';
import { z } from 'zod';
import { ClusterView } from '../cluster-view.js';
import { scopeOf } from '../project-scope.js';
import { Quotas } from '../quotas/quotas.js';
import { parsed } from './parse.js';
import { VmChanges } from './vm-changes.js';

export const bootRequestSchema = z.strictObject({ order: bootOrderSchema.nullable() });
export const nicRequestSchema = z.strictObject({ network: nameSchema });
export const cdromRequestSchema = z.strictObject({ iso: isoSchema.nullable() });

/** What a VM has in and on it. */
@Controller('api/v1/vms')
export class VmDevicesController {
  constructor(
    @Inject(ClusterView) private readonly view: ClusterView,
    @Inject(Quotas) private readonly quotas: Quotas,
    @Inject(VmChanges) private readonly changes: VmChanges,
  ) {}

  /** Another disk, empty, while it is stopped or runs. */
  @Post(':vm/disks')
  @HttpCode(202)
  addDisk(
    @Param('vm') name: string,
    @Body() body: unknown,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<Accepted | VmDryRun> {
    const disk = parsed(diskSpecSchema, body ?? {});
    return this.changes.send(vmDiskAdd, request, response, name, disk, (operation) => {
      const vm = scopeOf(this.view, request).vm(name);
      return this.quotas.forChange(vm, { ...vm.spec, disks: [...vm.spec.disks, disk] }, operation);
    });
  }

  /** One disk less, with its data, while it is stopped or runs. */
  @Delete(':vm/disks/:volume')
  @HttpCode(202)
  removeDisk(
    @Param('vm') name: string,
    @Param('volume') volume: string,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<Accepted | VmDryRun> {
    const disk = parsed(z.strictObject({ volume: idSchema }), { volume });
    return this.changes.send(vmDiskRemove, request, response, name, disk);
  }

  @Post(':vm/nics')
  @HttpCode(202)
  addNic(
    @Param('vm') name: string,
    @Body() body: unknown,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<Accepted | VmDryRun> {
    const nic = parsed(nicRequestSchema, body ?? {});
    const asked = { ...nic, ...scopeOf(this.view, request).ofCluster };
    return this.changes.send(vmNicAdd, request, response, name, asked, undefined, nic);
  }

  @Delete(':vm/nics/:nic')
  @HttpCode(202)
  removeNic(
    @Param('vm') name: string,
    @Param('nic') nic: string,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<Accepted | VmDryRun> {
    const asked = parsed(z.strictObject({ nic: nicNumberSchema }), { nic: /^\d{1,3}$/.test(nic) ? Number(nic) : nic });
    return this.changes.send(vmNicRemove, request, response, name, asked);
  }

  @Put(':vm/boot')
  @HttpCode(202)
  boot(
    @Param('vm') name: string,
    @Body() body: unknown,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<Accepted | VmDryRun> {
    return this.changes.send(vmBoot, request, response, name, parsed(bootRequestSchema, body ?? {}));
  }

  @Put(':vm/cdrom')
  @HttpCode(202)
  cdrom(
    @Param('vm') name: string,
    @Body() body: unknown,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<Accepted | VmDryRun> {
    return this.changes.send(vmCdrom, request, response, name, parsed(cdromRequestSchema, body ?? {}));
  }
}

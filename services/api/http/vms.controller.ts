import {
  Body,
  Controller,
  Delete,
  Get,
  Header,
  HttpCode,
  Inject,
  Param,
  Post,
  Query,
  Req,
  Res,
  StreamableFile,
} from '@nestjs/common';
import type { Accepted, ConsoleView, Page, VmDryRun, VmView } from '@holdfast/client';
import {
  agentConsole,
  defaultProject,
  fromTemplateShape,
  nameSchema,
  vmCreate,
  vmDelete,
  vmDescribe,
  vmMigrate,
  vmPause,
  vmReboot,
  vmPolicyChangeSchema,
  vmRelocate,
  vmResize,
  vmResume,
  vmSet,
  vmSizeChangeSchema,
  vmSpecSchema,
  vmStart,
  vmStop,
  vmRename,
  vmSuspend,
  vmWordsChangeSchema,
  vmWordsShape,
  type CloudEvent,
} from '@holdfast/contracts';
import type { Request, Response } from 'express';
import { z } from 'zod';
import { principalOf } from '../auth/principal.js';
import { checkCloudInit } from '../cloud-init.js';
import { ClusterView } from '../cluster-view.js';
import { Commands } from '../commands.js';
import { imagesIn, withRoomForImage } from '../images.js';
import { vmList } from '../lists.js';
import { Templates } from '../templates/templates.js';
import { scopeOf } from '../project-scope.js';
import { Quotas } from '../quotas/quotas.js';
import { vmEvents, vmView } from '../views.js';
import { tellVersion } from './edit.js';
import { listOf } from './list.js';
import { parsed, policyRemedies } from './parse.js';
import { Problem } from './problem.js';
import { requestIdOf } from './request-id.js';
import { screenshotOf } from './screenshot.js';
import { VmChanges } from './vm-changes.js';

export const newVmSchema = vmSpecSchema.extend({
  ...vmWordsShape,
  name: nameSchema,
  project: nameSchema.optional(),
  start: z.boolean().default(true),
  host: nameSchema.nullable().default(null),
});
/** What a template may have of a VM: its name and whose it is are for who creates it. */
export const vmFields = Object.keys(newVmSchema.shape).filter((field) => field !== 'name' && field !== 'project');
/** What is given takes the place of what the template has. */
export const vmFromTemplateSchema = z.strictObject({
  ...newVmSchema.partial().shape,
  name: nameSchema,
  ...fromTemplateShape,
});
const onHost = { host: nameSchema.nullable().default(null) };
export const onHostSchema = z.strictObject(onHost).prefault({});
export const renameSchema = z.strictObject({ to: nameSchema });
/** `discardMemory`: one that is suspended boots anew, its stored memory deleted. */
export const startSchema = z.strictObject({ ...onHost, discardMemory: z.boolean().optional() }).prefault({});
export const toHostSchema = z.strictObject({ host: nameSchema });
export const resizeSchema = vmSizeChangeSchema
  .extend({ atNextStart: z.boolean().default(false) })
  .refine(({ atNextStart: _, ...size }) => Object.values(size).some((each) => each !== undefined), {
    message: 'give cpus, memoryMiB, maxCpus or maxMemoryMiB',
  });
export const forceSchema = z.strictObject({ force: z.boolean().default(false) }).prefault({});
export const consoleQuerySchema = z.strictObject({
  bytes: z.coerce.number('give a whole number').int().min(1).max(262_144).default(16_384),
});

@Controller('api/v1/vms')
export class VmsController {
  constructor(
    @Inject(ClusterView) private readonly view: ClusterView,
    @Inject(Commands) private readonly commands: Commands,
    @Inject(VmChanges) private readonly changes: VmChanges,
    @Inject(Quotas) private readonly quotas: Quotas,
    @Inject(Templates) private readonly templates: Templates,
  ) {}

  @Get()
  list(@Query() query: unknown, @Req() request: Request): Page<VmView> {
    const scope = scopeOf(this.view, request);
    return listOf(vmList(this.view, scope), scope.orderedVms(), query);
  }

  @Get(':vm')
  show(
    @Param('vm') name: string,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): VmView {
    const scope = scopeOf(this.view, request);
    const vm = scope.vm(name);
    tellVersion(response, vm);
    return vmView(this.view, vm, scope);
  }

  @Get(':vm/events')
  events(@Param('vm') name: string, @Req() request: Request): Page<CloudEvent> {
    const scope = scopeOf(this.view, request);
    return { items: vmEvents(this.view, scope.vm(name)).map((event) => scope.event(event)), next: null };
  }

  /** Of the copy that is meant to run. */
  @Get(':vm/screenshot')
  @Header('Cache-Control', 'no-store')
  async screenshot(@Param('vm') name: string, @Req() request: Request): Promise<StreamableFile> {
    const node = hostFor(name, 'screen', scopeOf(this.view, request).vm(name).assignment?.host);
    const png = await screenshotOf(this.commands, name, { requestId: requestIdOf(request), node });
    return new StreamableFile(png, { type: 'image/png' });
  }

  @Get(':vm/console')
  async console(
    @Param('vm') name: string,
    @Query() query: unknown,
    @Req() request: Request,
  ): Promise<ConsoleView> {
    const { bytes } = parsed(consoleQuerySchema, query);
    const scope = scopeOf(this.view, request);
    const { assignment, copies } = vmView(this.view, scope.vm(name), scope);
    // Of one that has stopped: what it said last.
    const host = hostFor(name, 'console', assignment?.host ?? copies[0]?.host);
    const { text } = await this.commands.send(
      agentConsole,
      { vm: name, maxBytes: bytes },
      { requestId: requestIdOf(request), node: host },
    );
    return { vm: name, host, text };
  }

  @Post()
  @HttpCode(202)
  async create(
    @Body() body: unknown,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<Accepted | VmDryRun> {
    const vm = await this.templates.filledIn(body, principalOf(request));
    const { name, project: named, start, host, note, labels, protected: isProtected, ...spec } = parsed(
      newVmSchema, vm ?? {},
    );
    checkCloudInit(spec.cloudInit);
    const scope = scopeOf(this.view, request);
    const project = scope.projectForNew(named, defaultProject);
    scope.requireSeen(spec.policy.after, 'policy.after');
    const words = { note, labels, protected: isProtected };
    const asked: Omit<typeof vmCreate.request._output, 'operation' | 'vm'> = {
      spec, words, project, ...scope.ofCluster, start, host,
    };
    return await this.changes.send(vmCreate, request, response, name, asked, (operation) =>
      this.quotas.forNew(name, project, withRoomForImage(spec, imagesIn(this.view)), operation));
  }

  @Delete(':vm')
  @HttpCode(202)
  delete(
    @Param('vm') name: string,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<Accepted | VmDryRun> {
    return this.changes.send(vmDelete, request, response, name, {});
  }

  @Post(':vm/start')
  @HttpCode(202)
  start(
    @Param('vm') name: string,
    @Body() body: unknown,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<Accepted | VmDryRun> {
    return this.changes.send(vmStart, request, response, name, parsed(startSchema, body));
  }

  @Post(':vm/stop')
  @HttpCode(202)
  stop(
    @Param('vm') name: string,
    @Body() body: unknown,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<Accepted | VmDryRun> {
    return this.changes.send(vmStop, request, response, name, parsed(forceSchema, body));
  }

  @Post(':vm/reboot')
  @HttpCode(202)
  reboot(
    @Param('vm') name: string,
    @Body() body: unknown,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<Accepted | VmDryRun> {
    return this.changes.send(vmReboot, request, response, name, parsed(forceSchema, body));
  }

  /** Like pressing its reset button. */
  @Post(':vm/reset')
  @HttpCode(202)
  reset(
    @Param('vm') name: string,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<Accepted | VmDryRun> {
    return this.changes.send(vmReboot, request, response, name, { force: true });
  }

  /** It stands still where it is, its memory kept. */
  @Post(':vm/pause')
  @HttpCode(202)
  pause(
    @Param('vm') name: string,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<Accepted | VmDryRun> {
    return this.changes.send(vmPause, request, response, name, {});
  }

  /** While it is stopped; all else of it stays. */
  @Post(':vm/rename')
  @HttpCode(202)
  rename(
    @Param('vm') name: string,
    @Body() body: unknown,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<Accepted | VmDryRun> {
    return this.changes.send(vmRename, request, response, name, parsed(renameSchema, body ?? {}));
  }

  /** Its memory is stored, and it stops; its next start goes on from there. */
  @Post(':vm/suspend')
  @HttpCode(202)
  suspend(
    @Param('vm') name: string,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<Accepted | VmDryRun> {
    return this.changes.send(vmSuspend, request, response, name, {});
  }

  @Post(':vm/resume')
  @HttpCode(202)
  resume(
    @Param('vm') name: string,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<Accepted | VmDryRun> {
    return this.changes.send(vmResume, request, response, name, {});
  }

  @Post(':vm/migrate')
  @HttpCode(202)
  migrate(
    @Param('vm') name: string,
    @Body() body: unknown,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<Accepted | VmDryRun> {
    return this.changes.send(vmMigrate, request, response, name, parsed(onHostSchema, body));
  }

  /** Stopped where it is and started there: for what cannot move while it runs. */
  @Post(':vm/relocate')
  @HttpCode(202)
  relocate(
    @Param('vm') name: string,
    @Body() body: unknown,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<Accepted | VmDryRun> {
    return this.changes.send(vmRelocate, request, response, name, parsed(toHostSchema, body ?? {}));
  }

  /** More CPUs or memory at once, within its maximum; anything else while it does not run. */
  @Post(':vm/resize')
  @HttpCode(202)
  resize(
    @Param('vm') name: string,
    @Body() body: unknown,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<Accepted | VmDryRun> {
    const { atNextStart, ...size } = parsed(resizeSchema, body ?? {});
    return this.changes.send(vmResize, request, response, name, { size, atNextStart }, (operation) => {
      const vm = scopeOf(this.view, request).vm(name);
      const { cpus = vm.spec.cpus, memoryMiB = vm.spec.memoryMiB } = size;
      return this.quotas.forChange(vm, { cpus, memoryMiB, disks: vm.spec.disks }, operation);
    });
  }

  /** What is left out stays as it is. */
  @Post(':vm/policy')
  @HttpCode(202)
  set(
    @Param('vm') name: string,
    @Body() body: unknown,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<Accepted | VmDryRun> {
    const policy = parsed(vmPolicyChangeSchema, body ?? {}, policyRemedies);
    scopeOf(this.view, request).requireSeen(policy.after ?? [], 'after');
    return this.changes.send(vmSet, request, response, name, { policy });
  }

  /** Its note, its labels, and whether it may be deleted; what is left out stays as it is. */
  @Post(':vm/describe')
  @HttpCode(202)
  describe(
    @Param('vm') name: string,
    @Body() body: unknown,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<Accepted | VmDryRun> {
    const words = parsed(vmWordsChangeSchema, body ?? {});
    return this.changes.send(vmDescribe, request, response, name, { words });
  }
}

/** @throws Problem where it has no such thing now. */
function hostFor(name: string, what: string, host: string | undefined): string {
  if (host !== undefined) return host;
  throw new Problem('conflict', `${name} runs nowhere, so it has no ${what} now`, { remedy: `start ${name} first` });
}

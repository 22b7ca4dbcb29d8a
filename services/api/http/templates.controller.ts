import { Body, Controller, Delete, Get, Inject, Param, Post, Put, Query, Req, Res } from '@nestjs/common';
import type { Page, Removed, TemplateView } from '@holdfast/client';
import { newTemplateSchema, templateBodySchema } from '@holdfast/contracts';
import type { Request, Response } from 'express';
import { clusterPermissions, principalOf } from '../auth/principal.js';
import { Templates, templateView, type Template } from '../templates/templates.js';
import { editOf } from './edit.js';
import { listOf, type Listing } from './list.js';
import { parsed } from './parse.js';

const remedies = {
  parameters: 'give `parameters` as an object: `{"cpus": {"type": "number", "min": 1, "max": 8, "default": 2}}`',
  vm: 'give `vm` as what a VM is created with, without its name: `{"cpus": "{{cpus}}", "memoryMiB": 512}`',
  description: 'give `description` as a text of at most 500 characters',
};

const listing = (isWhole: boolean): Listing<Template, TemplateView> => ({
  key: ({ name }) => name,
  columns: { name: { type: 'text', of: ({ name }) => name } },
  view: (template) => templateView(template, isWhole),
});

/** What its guests are told may hold passwords: for those who may change it. */
function maySeeAll(request: Request): boolean {
  const principal = principalOf(request);
  return principal !== null && clusterPermissions(principal).includes('template.write');
}

const tag = ({ version }: Template): string => `"${version}"`;

@Controller('api/v1/templates')
export class TemplatesController {
  constructor(@Inject(Templates) private readonly templates: Templates) {}

  @Get()
  async list(@Query() query: unknown, @Req() request: Request): Promise<Page<TemplateView>> {
    return listOf(listing(maySeeAll(request)), await this.templates.list(), query);
  }

  @Post()
  async create(@Body() body: unknown, @Req() request: Request): Promise<TemplateView> {
    const { name, ...template } = parsed(newTemplateSchema, body ?? {}, remedies);
    return templateView(await this.templates.create(name, template), maySeeAll(request));
  }

  @Get(':template')
  async show(
    @Param('template') name: string,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<TemplateView> {
    const template = await this.templates.show(name);
    response.setHeader('ETag', tag(template));
    return templateView(template, maySeeAll(request));
  }

  @Put(':template')
  async replace(
    @Param('template') name: string,
    @Body() body: unknown,
    @Req() request: Request,
  ): Promise<TemplateView> {
    const template = parsed(templateBodySchema, body ?? {}, remedies);
    return templateView(await this.templates.replace(name, template, editOf(request)), maySeeAll(request));
  }

  /** VMs that were made of it stay as they are. */
  @Delete(':template')
  async remove(@Param('template') name: string, @Req() request: Request): Promise<Removed> {
    await this.templates.remove(name, editOf(request));
    return { removed: name };
  }
}

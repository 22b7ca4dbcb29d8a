import { Controller, Get, Inject, Query, Req } from '@nestjs/common';
import { nameSchema, placeExplain, vmNeedsSchema, type Explanation } from '@holdfast/contracts';
import type { Request } from 'express';
import { z } from 'zod';
import { Commands } from '../commands.js';
import { listQueryShape } from './list.js';
import { parsed } from './parse.js';
import { requestIdOf } from './request-id.js';

const shareSchema = z.coerce.number('give a whole number').int('give a whole number').min(1).max(1_000_000).optional();
export const explainQuerySchema = z.strictObject({
  vm: nameSchema.optional(),
  cpus: z.coerce.number('give a whole number').int('give a whole number').min(1).max(512).optional(),
  memoryMiB: z.coerce.number('give a whole number').int('give whole MiB').min(1).max(16 * 1024 * 1024).optional(),
  ...vmNeedsSchema.shape,
  network: nameSchema.optional(),
  netMbits: shareSchema,
  diskMBs: shareSchema,
  limit: listQueryShape.limit,
  after: nameSchema.optional(),
});

@Controller('api/v1/place')
export class PlaceController {
  constructor(@Inject(Commands) private readonly commands: Commands) {}

  /** Asks; changes nothing. */
  @Get('explain')
  explain(@Query() query: unknown, @Req() request: Request): Promise<Explanation> {
    const { vm, cpus, memoryMiB, limit, after, ...needs } = parsed(explainQuerySchema, query);
    const asked = { cpus: cpus ?? null, memoryMiB: memoryMiB ?? null, needs, limit, after: after ?? null };
    const requestId = requestIdOf(request);
    return this.commands.send(placeExplain, vm === undefined ? asked : { ...asked, vm }, { requestId });
  }
}

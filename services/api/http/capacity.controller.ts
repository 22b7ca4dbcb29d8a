import { Controller, Get, Inject, Query, Req } from '@nestjs/common';
import { awaySchema, capacityProve, loseSchema, type CapacityReport } from '@holdfast/contracts';
import type { Request } from 'express';
import { z } from 'zod';
import { Commands } from '../commands.js';
import { parsed } from './parse.js';
import { requestIdOf } from './request-id.js';

export const capacityQuerySchema = z.strictObject({ lose: loseSchema.optional(), away: awaySchema.optional() });

@Controller('api/v1/capacity')
export class CapacityController {
  constructor(@Inject(Commands) private readonly commands: Commands) {}

  /** Asks; changes nothing. */
  @Get()
  capacity(@Query() query: unknown, @Req() request: Request): Promise<CapacityReport> {
    const { lose, away } = parsed(capacityQuerySchema, query);
    const asked = { lose: lose ?? null, ...(away !== undefined && { away }) };
    return this.commands.send(capacityProve, asked, { requestId: requestIdOf(request) });
  }
}

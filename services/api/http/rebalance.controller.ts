import { Controller, Get, HttpCode, Inject, Post, Req } from '@nestjs/common';
import type { RebalanceView } from '@holdfast/client';
import { rebalanceApply, rebalancePlan, type RebalancePlan } from '@holdfast/contracts';
import type { Request } from 'express';
import { Commands, operationOf } from '../commands.js';
import { requestIdOf } from './request-id.js';

@Controller('api/v1/rebalance')
export class RebalanceController {
  constructor(@Inject(Commands) private readonly commands: Commands) {}

  /** The loads as they are measured, and what would be moved now; changes nothing. */
  @Get()
  plan(@Req() request: Request): Promise<RebalanceView> {
    return this.commands.send(rebalancePlan, {}, { requestId: requestIdOf(request) });
  }

  /** Carries it out; answers with what is begun. */
  @Post('apply')
  @HttpCode(202)
  apply(@Req() request: Request): Promise<RebalancePlan> {
    const operation = operationOf(request, { apply: true });
    return this.commands.send(rebalanceApply, { operation }, { requestId: requestIdOf(request) });
  }
}

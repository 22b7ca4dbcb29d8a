import { Body, Controller, Get, Headers, HttpCode, Inject, Put, Req } from '@nestjs/common';
import type { ArmingView } from '@holdfast/client';
import { haArm } from '@holdfast/contracts';
import type { Request } from 'express';
import { z } from 'zod';
import { whoAsked } from '../auth/principal.js';
import { ClusterView } from '../cluster-view.js';
import { Commands, operationId } from '../commands.js';
import { arming } from '../views.js';
import { parsed } from './parse.js';
import { requestIdOf } from './request-id.js';

export const armedSchema = z.strictObject({
  armed: z.boolean(),
  shadow: z.boolean().default(false),
  reason: z.string().trim().max(500).default(''),
});

@Controller('api/v1/cluster')
export class ClusterController {
  constructor(
    @Inject(ClusterView) private readonly view: ClusterView,
    @Inject(Commands) private readonly commands: Commands,
  ) {}

  @Get('armed')
  show(): ArmingView {
    return arming(this.view);
  }

  @Put('armed')
  @HttpCode(200)
  async change(
    @Body() body: unknown,
    @Headers('idempotency-key') key: string | undefined,
    @Req() request: Request,
  ): Promise<ArmingView> {
    const { armed, shadow, reason } = parsed(armedSchema, body);
    const operation = operationId(key, { method: 'PUT', path: request.path, body });
    const by = whoAsked(request);
    await this.commands.send(
      haArm,
      { armed, shadow, reason, by, operation },
      { requestId: requestIdOf(request) },
    );
    await this.view.seenArmed(armed, shadow && !armed);
    return this.show();
  }
}

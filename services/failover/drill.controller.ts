import { Handles } from '@holdfast/bus';
import { drillBegin } from '@holdfast/contracts';
import { Controller, Inject } from '@nestjs/common';
import type { DrillReply } from './core/index.js';
import { Failover } from './failover.js';

@Controller()
export class DrillController {
  constructor(@Inject(Failover) private readonly failover: Failover) {}

  @Handles(drillBegin)
  begin(request: typeof drillBegin.request._output): Promise<DrillReply> {
    return this.failover.drills.begin(request);
  }
}

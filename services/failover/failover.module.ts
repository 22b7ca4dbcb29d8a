import { Handles } from '@holdfast/bus';
import {
  confirmDead,
  haArm,
  hostAdmin,
  hostClear,
  hostFence,
  hostLabel,
  hostSleep,
  hostWake,
  incidentResume,
  type Reply,
} from '@holdfast/contracts';
import { Controller, Inject, Module, type DynamicModule } from '@nestjs/common';
import { DrillController } from './drill.controller.js';
import { Failover, type FailoverDeps } from './failover.js';

@Controller()
class FailoverController {
  constructor(@Inject(Failover) private readonly failover: Failover) {}

  @Handles(confirmDead)
  confirm(
    request: typeof confirmDead.request._output,
  ): Promise<Reply<{ host: string; incident: string | null }>> {
    return this.failover.hostWord({ name: 'host-confirm-dead', request });
  }

  @Handles(hostAdmin)
  admin(request: typeof hostAdmin.request._output): Promise<Reply<{ host: string }>> {
    return this.failover.hostWord({ name: 'host-admin', request });
  }

  @Handles(hostClear)
  clear(request: typeof hostClear.request._output): Promise<Reply<typeof hostClear.value._output>> {
    return this.failover.hostWord({ name: 'host-clear', request });
  }

  @Handles(hostFence)
  fence(request: typeof hostFence.request._output): Promise<Reply<typeof hostFence.value._output>> {
    return this.failover.hostWord({ name: 'host-fence', request });
  }

  @Handles(hostLabel)
  label(request: typeof hostLabel.request._output): Promise<Reply<typeof hostLabel.value._output>> {
    return this.failover.hostWord({ name: 'host-label', request });
  }

  @Handles(hostSleep)
  sleep(request: typeof hostSleep.request._output): Promise<Reply<typeof hostSleep.value._output>> {
    return this.failover.hostWord({ name: 'host-sleep', request });
  }

  @Handles(hostWake)
  wake(request: typeof hostWake.request._output): Promise<Reply<typeof hostWake.value._output>> {
    return this.failover.hostWord({ name: 'host-wake', request });
  }

  @Handles(incidentResume)
  resume(request: typeof incidentResume.request._output): Promise<Reply<typeof incidentResume.value._output>> {
    return this.failover.hostWord({ name: 'incident-resume', request });
  }

  @Handles(haArm)
  arm(request: typeof haArm.request._output): Promise<Reply<typeof haArm.value._output>> {
    return this.failover.arm(request);
  }
}

@Module({})
export class FailoverModule {
  constructor(@Inject(Failover) private readonly failover: Failover) {}

  static with(deps: FailoverDeps): DynamicModule {
    return {
      module: FailoverModule,
      controllers: [FailoverController, DrillController],
      providers: [{ provide: Failover, useFactory: () => new Failover(deps) }],
      exports: [Failover],
    };
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.failover.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.failover.stop();
  }
}

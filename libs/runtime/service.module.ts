import {
  Controller,
  Get,
  Header,
  Inject,
  Module,
  ServiceUnavailableException,
  type DynamicModule,
} from '@nestjs/common';
import { LoggerModule } from 'nestjs-pino';
import type { Bus } from '@holdfast/bus';
import type { Logger } from 'pino';
import { Health } from './health.js';
import { Metrics } from './metrics.js';

/** What every service is given. */
export interface ServiceContext<Config> {
  config: Config;
  bus: Bus;
  log: Logger;
  metrics: Metrics;
  health: Health;
}

/** Injection token of the `ServiceContext`. */
export const serviceContext = Symbol('ServiceContext');

@Controller('health')
class HealthController {
  constructor(@Inject(Health) private readonly health: Health) {}

  @Get('live')
  live(): object {
    return this.health.live();
  }

  @Get('ready')
  async ready(): Promise<object> {
    const answer = await this.health.ready();
    if (!answer.ok) throw new ServiceUnavailableException(answer);
    return answer;
  }
}

@Controller('metrics')
class MetricsController {
  constructor(@Inject(Metrics) private readonly metrics: Metrics) {}

  @Get()
  @Header('content-type', 'text/plain; version=0.0.4; charset=utf-8')
  read(): Promise<string> {
    return this.metrics.scrape();
  }
}

/** Health, metrics and logs, and the context of the service for everyone to inject. */
@Module({})
export class ServiceModule {
  static of<Config>(context: ServiceContext<Config>): DynamicModule {
    return {
      module: ServiceModule,
      global: true,
      imports: [LoggerModule.forRoot({ pinoHttp: { logger: context.log, autoLogging: false } })],
      controllers: [HealthController, MetricsController],
      providers: [
        { provide: serviceContext, useValue: context },
        { provide: Health, useValue: context.health },
        { provide: Metrics, useValue: context.metrics },
      ],
      exports: [serviceContext, Health, Metrics],
    };
  }
}

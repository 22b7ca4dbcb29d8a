import { MemoryBroker, type MemoryBus } from '@holdfast/bus';
import { Controller, Get, Inject, Module } from '@nestjs/common';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ServiceConfig } from './config.js';
import { createLog } from './log.js';
import { startService, type RunningService } from './run-service.js';
import { serviceContext, type ServiceContext } from './service.module.js';

@Controller('greeting')
class GreetingController {
  constructor(@Inject(serviceContext) private readonly context: ServiceContext<ServiceConfig>) {}

  @Get()
  greet(): object {
    this.context.log.info({ operation: 'op-1', nested: { password: 'hunter2' } }, 'greeted');
    return { from: this.context.config.node };
  }
}

@Module({ controllers: [GreetingController] })
class GreetingModule {}

const config: ServiceConfig = {
  service: 'scheduler',
  node: 'c1',
  incarnation: 'i1',
  nats: { servers: ['nats://127.0.0.1:1'], seedFile: '/nowhere' },
  http: { address: '127.0.0.1', port: 0 },
  stateDirectory: '/nowhere',
  logLevel: 'info',
};

describe('a service', () => {
  let service: RunningService<ServiceConfig>;
  let bus: MemoryBus;
  let lines: Record<string, unknown>[];
  const read = async (path: string, headers: Record<string, string> = {}) => {
    const response = await fetch(`${service.url}${path}`, { headers });
    return { status: response.status, text: await response.text(), headers: response.headers };
  };

  beforeEach(async () => {
    lines = [];
    const output = new PassThrough();
    output.on('data', (data: Buffer) => {
      for (const line of data.toString().trim().split('\n')) {
        lines.push(JSON.parse(line) as Record<string, unknown>);
      }
    });
    bus = new MemoryBroker().connect({ service: 'scheduler', node: 'c1' });
    service = await startService({
      config,
      log: createLog(config, output),
      connectBus: () => Promise.resolve(bus),
      module: () => GreetingModule,
    });
  });
  afterEach(() => service.close());

  it('says that it lives, with details of its own', async () => {
    service.context.health.addDetails(() => ({ rank: 0 }));
    const { status, text } = await read('/health/live');
    expect(status).toBe(200);
    expect(JSON.parse(text)).toEqual({ ok: true, service: 'scheduler', node: 'c1', rank: 0 });
  });

  it('is not ready while the bus is away or a check fails, and says why', async () => {
    expect((await read('/health/ready')).status).toBe(200);
    service.context.health.addCheck('libvirt', () => 'hung');
    service.context.health.addCheck('disk', () => Promise.reject(new Error('full')));
    bus.disconnect();
    const { status, text } = await read('/health/ready');
    expect(status).toBe(503);
    expect(JSON.parse(text)).toEqual({
      ok: false,
      reasons: ['bus: not connected', 'libvirt: hung', 'disk: full'],
    });
  });

  it('gives its metrics', async () => {
    service.context.metrics.counter('holdfast_starts_total', 'Starts').inc();
    const { text, headers } = await read('/metrics');
    expect(headers.get('content-type')).toContain('text/plain');
    expect(text).toContain('holdfast_starts_total{service="scheduler",node="c1"} 1');
    expect(text).toContain('holdfast_bus_connected{service="scheduler",node="c1"} 1');
  });

  it('writes the id of the request into its log lines, and no secret', async () => {
    const { text, headers } = await read('/greeting', { 'x-request-id': 'r-42' });
    expect(JSON.parse(text)).toEqual({ from: 'c1' });
    expect(headers.get('x-request-id')).toBe('r-42');
    expect(lines.find((line) => line['msg'] === 'greeted')).toMatchObject({
      level: 'info',
      service: 'scheduler',
      node: 'c1',
      requestId: 'r-42',
      operation: 'op-1',
    });
    expect(JSON.stringify(lines)).not.toContain('hunter2');
  });
});

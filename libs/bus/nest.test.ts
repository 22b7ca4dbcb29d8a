import 'reflect-metadata';
import { accepted, refused, type Reply } from '@holdfast/contracts';
import { Controller, Inject, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { describe, expect, it } from 'vitest';
import { contractRegistry, double, touch } from './bus-contract.js';
import type { RequestContext } from './bus.js';
import { MemoryBroker } from './memory.js';
import { BusServer, Handles } from './nest.js';

const factor = Symbol('factor');

@Controller()
class DoubleController {
  constructor(@Inject(factor) private readonly times: number) {}

  @Handles(double)
  async onDouble(request: { number: number }): Promise<Reply<{ number: number }>> {
    if (request.number === 13) throw new Error('unlucky');
    if (request.number < 0) return refused('conflict', 'not below zero');
    return accepted({ number: request.number * this.times });
  }
}

@Controller()
class TouchController {
  @Handles(touch)
  async onTouch(
    _request: Record<string, never>,
    context: RequestContext,
  ): Promise<Reply<{ node: string; requestId: string }>> {
    return accepted({ node: 'h1', requestId: context.requestId ?? '' });
  }
}

class WrongController {
  // @ts-expect-error A handler that answers something else does not compile.
  @Handles(double)
  async onSomethingElse(request: { number: number }): Promise<Reply<string>> {
    return accepted(String(request.number));
  }

  // @ts-expect-error Nor does one that takes something else.
  @Handles(double)
  async onAnotherRequest(request: { text: string }): Promise<Reply<{ number: number }>> {
    return accepted({ number: request.text.length });
  }
}

@Module({
  controllers: [DoubleController],
  providers: [{ provide: factor, useValue: 2 }],
})
class DoubleModule {}

@Module({ controllers: [TouchController] })
class TouchModule {}

describe('a Nest application on the bus', () => {
  it('answers commands with values, refusals and failures', async () => {
    const broker = new MemoryBroker({ registry: contractRegistry });
    const api = broker.connect({ service: 'api', node: 'c1' });
    const strategy = new BusServer(broker.connect({ service: 'scheduler', node: 'c1' }));
    const app = await NestFactory.createMicroservice(DoubleModule, { strategy, logger: false });
    await app.listen();
    const ask = (number: number) => api.request(double, null, { number }, { timeoutMs: 5000 });
    expect(await ask(21)).toEqual({ ok: true, value: { number: 42 } });
    expect(await ask(-1)).toMatchObject({ ok: false, refusal: { code: 'conflict' } });
    expect(await ask(5000)).toMatchObject({ ok: false, refusal: { code: 'invalid', field: 'number' } });
    await expect(ask(13)).rejects.toMatchObject({ code: 'internal' });
    await app.close();
    await expect(ask(21)).rejects.toMatchObject({ code: 'no-responder' });
  });

  it('does not bind a method with another signature', () => {
    expect(WrongController).toBeDefined();
  });

  it('hands the context of a request on', async () => {
    const broker = new MemoryBroker({ registry: contractRegistry });
    const scheduler = broker.connect({ service: 'scheduler', node: 'c1' });
    const bus = broker.connect({ service: 'host-agent', node: 'h1' });
    const strategy = new BusServer(bus);
    expect(strategy.unwrap()).toBe(bus);
    const changes: boolean[] = [];
    strategy.on('connection', (connected) => changes.push(connected));
    const app = await NestFactory.createMicroservice(TouchModule, { strategy, logger: false });
    await app.listen();
    const context = { requestId: 'r-7' };
    expect(await scheduler.request(touch, 'h1', {}, { timeoutMs: 5000, context })).toEqual({
      ok: true,
      value: { node: 'h1', requestId: 'r-7' },
    });
    bus.disconnect();
    expect(changes).toEqual([false]);
    await app.close();
  });
});

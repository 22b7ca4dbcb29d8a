import type { Command, Reply } from '@holdfast/contracts';
import { InvariantError } from '@holdfast/kernel';
import {
  Ctx,
  MessagePattern,
  Payload,
  Server,
  type CustomTransportStrategy,
  type MessageHandler,
} from '@nestjs/microservices';
import { lastValueFrom } from 'rxjs';
import type { Bus, RequestContext, Subscription } from './bus.js';
import { crash } from './codec.js';
import type { Handler } from './serve.js';

/**
 * Binds a method of a Nest controller to a command. The method is `(request, context) => Promise<Reply<Value>>`;
 * one with another signature does not compile. A broken invariant ends the process, and is no exception to Nest.
 */
export function Handles<Request, Value>(contract: Command<Request, Value>) {
  return <Method extends Handler<Request, Value>>(
    target: object,
    name: string | symbol,
    descriptor: TypedPropertyDescriptor<Method>,
  ): void => {
    const handler = descriptor.value;
    if (!handler) throw new InvariantError(`${String(name)} is not a method`);
    const guarded = async function (
      this: unknown,
      request: Request,
      context: RequestContext,
    ): Promise<Reply<Value>> {
      try {
        return await handler.call(this, request, context);
      } catch (error) {
        if (error instanceof InvariantError) crash(error);
        throw error;
      }
    };
    descriptor.value = guarded as Method;
    Payload()(target, name, 0);
    Ctx()(target, name, 1);
    const pattern = `${contract.service}.${contract.name}`;
    MessagePattern(pattern, { contract })(target, name, descriptor);
  };
}

type BusEvents = Record<'connection', (connected: boolean) => void>;

/** Serves every method bound with `Handles` over the bus. */
export class BusServer extends Server<BusEvents> implements CustomTransportStrategy {
  readonly #subscriptions: Subscription[] = [];

  constructor(private readonly bus: Bus) {
    super();
  }

  listen(callback: (error?: unknown) => void): void {
    this.#bind().then(
      () => callback(),
      (error: unknown) => callback(error),
    );
  }

  async close(): Promise<void> {
    await Promise.all(this.#subscriptions.splice(0).map((subscription) => subscription.close()));
  }

  on(_event: 'connection', callback: (connected: boolean) => void): void {
    this.bus.onConnectionChange(callback);
  }

  unwrap<T = Bus>(): T {
    return this.bus as T;
  }

  async #bind(): Promise<void> {
    for (const [pattern, handler] of this.messageHandlers) {
      const contract = (handler.extras as { contract?: Command } | undefined)?.contract;
      if (!contract) throw new InvariantError(`${pattern} is not bound with Handles`);
      this.#subscriptions.push(
        await this.bus.serve(contract, (request, context) => this.#call(handler, request, context)),
      );
    }
  }

  async #call(
    handler: MessageHandler,
    request: unknown,
    context: RequestContext,
  ): Promise<Reply<unknown>> {
    const result: unknown = await handler(request, context);
    return (await lastValueFrom(this.transformToObservable(result as Promise<unknown>))) as Reply<unknown>;
  }
}

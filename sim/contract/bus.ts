/** The port to the bus, for one principal, over the simulated one. */
import { accepted, type Broadcast, type Bucket, type CloudEvent, type Command, type Reply } from '@holdfast/contracts';
import {
  BusError,
  type BucketHandle,
  type Bus,
  type ServerOfBus,
  type Change,
  type Entry,
  type FollowEvents,
  type RequestContext,
  type Subscription,
} from '../../libs/bus/bus.js';
import type { Process } from '../engine/process.js';
import type { SimBucket, Stored } from '../world/bucket.js';
import type { Answered, Bus as SimBus, Outcome } from '../world/bus.js';
import type { EventStream } from '../world/event-stream.js';
import { WorldEvents, type ToldEvent } from './events.js';
import type { VirtualTime } from './virtual-time.js';

type Handle = (request: unknown, context: RequestContext) => Promise<Reply<unknown>>;
interface Message {
  message: unknown;
  service: string;
}
/** As it travels: what a request is about stands outside of it. */
interface Asked {
  body: unknown;
  context: RequestContext;
}

const failedReply = 'its handler failed';
const connectionLookMs = 50;

export interface WorldBusOptions {
  bus: SimBus;
  time: VirtualTime;
  process: Process;
  service: string;
  events: EventStream<ToldEvent>;
  report(problem: string): void;
}

export class WorldBus implements Bus {
  readonly service: string;
  readonly node: string;
  private readonly handlers = new Map<string, Handle>();
  private readonly events: WorldEvents;

  constructor(private readonly options: WorldBusOptions) {
    this.service = options.service;
    this.node = options.process.machine.name;
    this.events = new WorldEvents(options.events, options.process, options.time);
  }

  get connected(): boolean {
    return this.options.process.alive && this.options.bus.isConnected(this.node);
  }

  onConnectionChange(listener: (connected: boolean) => void): void {
    let before = this.connected;
    const look = (): void => {
      if (this.connected !== before) listener(!before);
      before = this.connected;
      this.options.process.after(connectionLookMs, look);
    };
    look();
  }

  bucket<T>({ name }: Bucket<T>): BucketHandle<T> {
    return new WorldBucket<T>(this.options, this.options.bus.bucket<T>(name));
  }

  async request<Request, Value>(
    { name, service }: Command<Request, Value>,
    node: string | null,
    body: Request,
    { timeoutMs, context = {} }: { timeoutMs: number; context?: RequestContext },
  ): Promise<Reply<Value>> {
    const { bus, process, time } = this.options;
    const asked: Asked = { body, context };
    const answered = await time.when<Answered>((done) =>
      bus.request(process, { service, node, name }, asked, timeoutMs, done),
    );
    if (answered.undelivered) throw new BusError(answered.undelivered, `${name}: ${answered.undelivered}`);
    if (answered.ok && answered.value === failedReply) throw new BusError('internal', `${name}: ${failedReply}`);
    return answered as Reply<Value>;
  }

  async serve<Request, Value>(
    { name, scope }: Command<Request, Value>,
    handler: (request: Request, context: RequestContext) => Promise<Reply<Value>>,
  ): Promise<Subscription> {
    const { bus, process } = this.options;
    this.handlers.set(name, (request, context) => handler(request as Request, context));
    bus.serve(this.service, scope === 'node' ? this.node : null, {
      process,
      handle: (asked, request, reply) => void this.answer(asked, request as Asked).then(reply),
    });
    return closing(() => this.handlers.delete(name));
  }

  broadcast<T>({ name }: Broadcast<T>, message: T): void {
    const { bus, process } = this.options;
    bus.broadcast(process, name, { message, service: this.service } satisfies Message);
  }

  async listen<T>(
    { name }: Broadcast<T>,
    listener: (message: T, sender: { service: string; node: string }) => void,
  ): Promise<Subscription> {
    let isOpen = true;
    this.options.bus.listen(name, this.options.process, (heard, node) => {
      const { message, service } = heard as Message;
      if (isOpen) listener(message as T, { service, node });
      return null;
    });
    return closing(() => (isOpen = false));
  }

  async publishEvent(subject: string, event: CloudEvent): Promise<void> {
    await this.events.publish(subject, event);
  }

  async followEvents(options: FollowEvents): Promise<Subscription> {
    return this.events.follow(options);
  }

  /** No core keeps a stream of its own. */
  append(): Promise<void> {
    return Promise.reject(new BusError('internal', 'the simulated bus has no streams but that of the events'));
  }

  follow(): Promise<Subscription> {
    return Promise.reject(new BusError('internal', 'the simulated bus has no streams but that of the events'));
  }

  async roundTrip(timeoutMs: number): Promise<number> {
    const { bus, process, time } = this.options;
    const beganAtMs = process.nowMs();
    const isAnswered = await time.when<boolean>((done) => bus.roundTrip(process, timeoutMs, done));
    if (!isAnswered) throw new BusError('timeout', 'round trip: timeout');
    return process.nowMs() - beganAtMs;
  }

  async servers(buckets: readonly Bucket[], timeoutMs: number): Promise<ServerOfBus[]> {
    await this.roundTrip(timeoutMs);
    const { bus } = this.options;
    const leadsOf = (server: string): string[] =>
      buckets.flatMap(({ name }) => (bus.bucket(name).leader === server ? [name] : []));
    return bus.servers.map((name) => ({ name, alive: bus.areLinked(name, name), leads: leadsOf(name) }));
  }

  async close(): Promise<void> {
    this.options.process.crash();
  }

  /** One that nobody serves any more is left unanswered. */
  private async answer(name: string, { body, context }: Asked): Promise<Reply<unknown>> {
    const handle = this.handlers.get(name);
    if (!handle) return await new Promise<never>(() => undefined);
    try {
      return await handle(body, context);
    } catch {
      this.options.report(`handler-failed ${name}`);
      return accepted(failedReply);
    }
  }
}

class WorldBucket<T> implements BucketHandle<T> {
  constructor(
    private readonly options: WorldBusOptions,
    private readonly records: SimBucket<T>,
  ) {}

  async get(key: string): Promise<Entry<T> | null> {
    const stored = await this.outcome<Stored<T> | null>((process, done) => this.records.get(process, key, done));
    return stored && stored.value !== null ? { key, value: stored.value, revision: stored.revision } : null;
  }

  create(key: string, value: T): Promise<number | null> {
    return this.outcome((process, done) => this.records.create(process, key, value, done));
  }

  update(key: string, value: T, revision: number): Promise<number | null> {
    return this.outcome((process, done) => this.records.update(process, key, value, revision, done));
  }

  put(key: string, value: T): Promise<number> {
    return this.outcome((process, done) => this.records.put(process, key, value, done));
  }

  async remove(key: string, revision: number): Promise<boolean> {
    const removed = await this.outcome<number | null>((process, done) =>
      this.records.remove(process, key, revision, done),
    );
    return removed !== null;
  }

  async watch({
    key,
    onChange,
    onReady,
  }: {
    key?: string;
    onChange(change: Change<T>): void;
    onReady(): void;
  }): Promise<Subscription> {
    let isOpen = true;
    this.records.watch(this.options.process, {
      ...(key === undefined ? {} : { key }),
      onChange: (change) => isOpen && onChange(change),
      onReady: () => isOpen && onReady(),
    });
    return closing(() => (isOpen = false));
  }

  private async outcome<Value>(
    begin: (process: Process, done: (outcome: Outcome<Value>) => void) => void,
  ): Promise<Value> {
    const { process, time, bus } = this.options;
    const outcome = await time.when<Outcome<Value>>((done) => begin(process, done));
    if (outcome.ok) return outcome.value;
    const isConnected = bus.isConnected(process.machine.name);
    throw new BusError(isConnected ? 'timeout' : 'disconnected', `${this.records.name}: not stored`);
  }
}

function closing(close: () => unknown): Subscription {
  return {
    close: async () => {
      close();
    },
  };
}

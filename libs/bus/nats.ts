import {
  broadcastSubject,
  commandSubject,
  eventSchema,
  eventStream,
  streamSubject,
  traceparentSchema,
  type Broadcast,
  type Bucket,
  type CloudEvent,
  type Command,
  type Reply,
  type Stream,
} from '@holdfast/contracts';
import { headers, type Msg, type MsgHdrs } from '@nats-io/transport-node';
import type { z } from 'zod';
import {
  BusError,
  type BucketHandle,
  type Bus,
  type ServerOfBus,
  type FollowEvents,
  type FollowStream,
  type RequestContext,
  type Subscription,
} from './bus.js';
import { decode, deliver, encode, parseJson } from './codec.js';
import type { FollowOptions } from './follow.js';
import { contextToSend } from './context.js';
import { follow, NatsBucket, wholeReader } from './nats-bucket.js';
import { busError, openLink, subscribe, type ConnectOptions, type NatsLink } from './nats-link.js';
import { Repeats } from './repeats.js';
import { readReply, Responder, type Handler } from './serve.js';
import { clusterOf, serversOf } from './nats-servers.js';
import { eventLiveSubject, streamLiveSubject, streamName } from './subjects.js';

const requestIdHeader = 'Holdfast-Request';
const traceparentHeader = 'traceparent';

function headersOf({ requestId, traceparent }: RequestContext): MsgHdrs {
  const header = headers();
  if (requestId) header.set(requestIdHeader, requestId);
  if (traceparent) header.set(traceparentHeader, traceparent);
  return header;
}

function contextOf({ headers: header }: Msg): RequestContext {
  const requestId = header?.get(requestIdHeader);
  const traceparent = traceparentSchema.safeParse(header?.get(traceparentHeader)).data;
  return { ...(requestId && { requestId }), ...(traceparent !== undefined && { traceparent }) };
}

class NatsBus implements Bus {
  readonly #said = new Map<string, Repeats<unknown>>();

  constructor(
    private readonly link: NatsLink,
    readonly service: string,
    readonly node: string,
  ) {}

  get connected(): boolean {
    return this.link.connected();
  }

  onConnectionChange(listener: (connected: boolean) => void): void {
    this.link.onConnectionChange(listener);
  }

  bucket<T>(contract: Bucket<T>): BucketHandle<T> {
    return new NatsBucket(this.link, contract);
  }

  async request<Request, Value>(
    contract: Command<Request, Value>,
    node: string | null,
    request: Request,
    options: { timeoutMs: number; context?: RequestContext },
  ): Promise<Reply<Value>> {
    const subject = commandSubject(contract as Command, node);
    this.#checkConnected(subject);
    const header = headersOf(contextToSend(options.context));
    let reply: Msg;
    try {
      reply = await this.link.nc.request(subject, JSON.stringify(request), {
        timeout: options.timeoutMs,
        headers: header,
      });
    } catch (error) {
      throw busError(error, subject);
    }
    return readReply(contract, reply.string());
  }

  async serve<Request, Value>(
    contract: Command<Request, Value>,
    handler: Handler<Request, Value>,
  ): Promise<Subscription> {
    const responder = new Responder(contract, handler, this.link.report);
    const answer = async (message: Msg): Promise<void> => {
      message.respond(await responder.answer(message.string(), contextOf(message)));
    };
    const queue = contract.scope === 'service' ? { queue: contract.service } : {};
    return this.#subscribe(commandSubject(contract as Command, this.node), queue, (message) => {
      this.link.stir();
      answer(message).catch((error: unknown) => {
        this.link.report({ what: 'connection', where: message.subject, error });
      });
    });
  }

  broadcast<T>(contract: Broadcast<T>, message: T): void {
    const subject = broadcastSubject(contract as Broadcast, this.service, this.node);
    const repeats = this.#said.get(contract.name) ?? new Repeats<unknown>(contract as Broadcast);
    this.#said.set(contract.name, repeats);
    const text = JSON.stringify(repeats.checked(message, '', subject));
    // What is said while disconnected would be sent, stale, after the reconnect.
    if (this.link.connected()) this.link.nc.publish(subject, text);
  }

  async listen<T>(
    contract: Broadcast<T>,
    listener: (message: T, sender: { service: string; node: string }) => void,
  ): Promise<Subscription> {
    const subject = broadcastSubject(contract as Broadcast, '*', '*');
    const repeats = new Repeats(contract);
    return this.#subscribe(subject, {}, (message) => {
      // Decoded anew whenever it is asked for.
      const from = message.subject;
      const [, , , service = '', node = ''] = from.split('.');
      let value: T;
      try {
        value = repeats.checked(parseJson(message.string(), from), from, from);
      } catch (error) {
        this.link.report({ what: 'invalid-message', where: from, error });
        return;
      }
      deliver(() => listener(value, { service, node }));
    });
  }

  async publishEvent(subject: string, event: CloudEvent): Promise<void> {
    await this.#store(subject, event.id, encode(eventSchema, event, subject));
  }

  async followEvents(options: FollowEvents): Promise<Subscription> {
    const filter = options.filter ?? 'evt.v1.>';
    const after =
      options.since === 'new' ? await this.#lastEvent() : Math.max(0, options.since - 1);
    return this.#followWhole(eventSchema, { name: eventStream.name, filter, live: eventLiveSubject(filter) }, {
      after,
      onCaughtUp: () => options.onCaughtUp?.(),
      onMessage: (event, sequence) => options.onEvent(event, sequence),
    });
  }

  async append<T>(contract: Stream<T>, key: string, id: string, message: T): Promise<void> {
    const subject = streamSubject(contract as Stream, key);
    await this.#store(subject, id, encode(contract.schema, message, subject));
  }

  async follow<T>(contract: Stream<T>, options: FollowStream<T>): Promise<Subscription> {
    const filter = streamSubject(contract as Stream, '>');
    const stream = { name: streamName(contract.name), filter, live: streamLiveSubject(filter) };
    return this.#followWhole(contract.schema, stream, {
      after: Math.max(0, options.since - 1),
      onCaughtUp: () => undefined,
      onMessage: (message, sequence) => options.onMessage(message, sequence),
    });
  }

  async roundTrip(timeoutMs: number): Promise<number> {
    this.#checkConnected('round trip');
    const startedAtMs = performance.now();
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new BusError('timeout', 'round trip: timeout'));
      }, timeoutMs);
      this.link.nc
        .flush()
        .then(resolve, (error: unknown) => reject(busError(error, 'round trip')))
        .finally(() => clearTimeout(timer));
    });
    return performance.now() - startedAtMs;
  }

  async servers(buckets: readonly Bucket[], timeoutMs: number): Promise<ServerOfBus[]> {
    this.#checkConnected('servers');
    const asked = await Promise.allSettled(buckets.map((bucket) => clusterOf(this.link, bucket, timeoutMs)));
    return serversOf(asked.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : [])));
  }

  async close(): Promise<void> {
    await this.link.nc.close();
  }

  async #lastEvent(): Promise<number> {
    try {
      return (await this.link.jsm.streams.info(eventStream.name)).state.last_seq;
    } catch (error) {
      throw busError(error, eventStream.name);
    }
  }

  async #store(subject: string, msgID: string, text: string): Promise<void> {
    this.#checkConnected(subject);
    try {
      await this.link.js.publish(subject, text, { msgID });
    } catch (error) {
      throw busError(error, subject);
    }
  }

  #followWhole<T>(
    schema: z.ZodType<T>,
    stream: { name: string; filter: string; live: string },
    { after, onCaughtUp, onMessage }: Pick<FollowOptions, 'after' | 'onCaughtUp'> & {
      onMessage(message: T, sequence: number): void;
    },
  ): Promise<Subscription> {
    return follow(this.link, stream.live, wholeReader(this.link, stream.name, stream.filter), {
      where: stream.name,
      after,
      newestOnly: false,
      pollMs: 2000,
      report: this.link.report,
      onCaughtUp,
      onMessage: (stored) => {
        let message: T;
        try {
          message = decode(schema, stored.text, stored.subject);
        } catch (error) {
          this.link.report({ what: 'invalid-message', where: stored.subject, error });
          return;
        }
        onMessage(message, stored.sequence);
      },
    });
  }

  #subscribe(
    subject: string,
    options: { queue?: string },
    onMessage: (message: Msg) => void,
  ): Promise<Subscription> {
    this.#checkConnected(subject);
    return subscribe(this.link, subject, options, onMessage);
  }

  #checkConnected(where: string): void {
    if (this.link.connected()) return;
    throw new BusError('disconnected', `${where}: not connected to NATS`);
  }
}

/**
 * Opens the bus as one principal; its streams exist already (`setUpStreams`).
 * @throws BusError `disconnected` when no server answered in time, `forbidden` when it does not know the seed.
 */
export async function connectNats(options: ConnectOptions): Promise<Bus> {
  return new NatsBus(await openLink(options), options.service, options.node);
}

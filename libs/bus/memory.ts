import {
  broadcastSubject,
  commandSubject,
  eventSchema,
  streamSubject,
  type Broadcast,
  type Bucket,
  type CloudEvent,
  type Command,
  type Reply,
  type Stream,
} from '@holdfast/contracts';
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
import { decode, deliver, encode, type ReportProblem } from './codec.js';
import { contextToSend } from './context.js';
import type { Stored } from './follow.js';
import { MemoryBucket } from './memory-bucket.js';
import { MemoryStream, type MemoryReader } from './memory-stream.js';
import { permissionsFor, type Permissions, type Registry } from './permissions.js';
import { readReply, Responder, type Handler } from './serve.js';
import {
  directGetSubject,
  eventLiveSubject,
  streamLiveSubject,
  streamName,
  subjectMatches,
} from './subjects.js';

export interface MemoryBrokerOptions {
  /** Runs a delivery later, in the order given; default `queueMicrotask`. A simulator passes its own. */
  schedule?: (task: () => void) => void;
  /** Runs a task after a time; returns how to cancel it. Default `setTimeout`. */
  after?: (timeMs: number, task: () => void) => () => void;
  registry?: Registry;
  report?: ReportProblem;
}

interface Listening {
  bus: MemoryBus;
  subject: string;
  queue: boolean;
  receive(subject: string, text: string, context: RequestContext): Promise<string> | undefined;
}

function afterTimeout(timeMs: number, task: () => void): () => void {
  const timer = setTimeout(task, timeMs);
  return () => clearTimeout(timer);
}

/** The bus inside one process, with the semantics and the permissions of the real one. */
export class MemoryBroker {
  readonly schedule: (task: () => void) => void;
  readonly after: (timeMs: number, task: () => void) => () => void;
  readonly registry: Registry | undefined;
  readonly report: ReportProblem;
  readonly listening = new Set<Listening>();
  readonly #streams = new Map<string, MemoryStream>();
  #turn = 0;

  constructor(options: MemoryBrokerOptions = {}) {
    this.schedule = options.schedule ?? queueMicrotask;
    this.after = options.after ?? afterTimeout;
    this.registry = options.registry;
    this.report = options.report ?? (() => undefined);
  }

  connect(principal: { service: string; node: string }): MemoryBus {
    return new MemoryBus(this, principal.service, principal.node);
  }

  stream(name: string): MemoryStream {
    let stream = this.#streams.get(name);
    if (!stream) {
      // Buckets keep a key's last message, streams keep everything.
      stream = new MemoryStream(name.startsWith('KV_'), this.schedule);
      this.#streams.set(name, stream);
    }
    return stream;
  }

  /** Who gets a message: every listener, and one of each queue group in turn. */
  receivers(subject: string): Listening[] {
    const all = [...this.listening].filter(
      (one) => one.bus.connected && subjectMatches(one.subject, subject),
    );
    const queued = all.filter((one) => one.queue);
    this.#turn += 1;
    const chosen = queued[this.#turn % Math.max(1, queued.length)];
    return [...all.filter((one) => !one.queue), ...(chosen ? [chosen] : [])];
  }
}

export class MemoryBus implements Bus {
  #connected = true;
  #closed = false;
  readonly #permissions: Permissions;
  readonly #listeners: ((connected: boolean) => void)[] = [];
  readonly #readers = new Set<MemoryReader>();

  constructor(
    readonly broker: MemoryBroker,
    readonly service: string,
    readonly node: string,
  ) {
    this.#permissions = permissionsFor(service, node, broker.registry);
  }

  get connected(): boolean {
    return this.#connected;
  }

  onConnectionChange(listener: (connected: boolean) => void): void {
    this.#listeners.push(listener);
  }

  /** Cuts this principal off; its subscriptions stay and resume with `reconnect`. */
  disconnect(): void {
    this.#change(false);
  }

  reconnect(): void {
    if (!this.#closed) this.#change(true);
  }

  bucket<T>(contract: Bucket<T>): BucketHandle<T> {
    return new MemoryBucket(this, contract);
  }

  async request<Request, Value>(
    contract: Command<Request, Value>,
    node: string | null,
    request: Request,
    options: { timeoutMs: number; context?: RequestContext },
  ): Promise<Reply<Value>> {
    const subject = commandSubject(contract as Command, node);
    this.check('publish', subject);
    const text = JSON.stringify(request);
    const context = contextToSend(options.context);
    const receiver = this.broker.receivers(subject)[0];
    if (!receiver) throw new BusError('no-responder', `${subject}: no-responder`);
    const answer = await new Promise<string>((resolve, reject) => {
      const cancel = this.broker.after(options.timeoutMs, () => {
        reject(new BusError('timeout', `${subject}: timeout`));
      });
      this.broker.schedule(() => {
        const answered = receiver.receive(subject, text, context);
        void answered?.then((reply) => {
          this.broker.schedule(() => {
            // An answer to or from someone cut off is lost.
            if (!this.#connected || !receiver.bus.connected) return;
            cancel();
            resolve(reply);
          });
        });
      });
    });
    return readReply(contract, answer);
  }

  serve<Request, Value>(
    contract: Command<Request, Value>,
    handler: Handler<Request, Value>,
  ): Promise<Subscription> {
    const responder = new Responder(contract, handler, this.broker.report);
    return this.#listen(
      commandSubject(contract as Command, this.node),
      contract.scope === 'service',
      (_subject, text, context) => responder.answer(text, context),
    );
  }

  broadcast<T>(contract: Broadcast<T>, message: T): void {
    const subject = broadcastSubject(contract as Broadcast, this.service, this.node);
    const text = encode(contract.schema, message, subject);
    if (!this.#connected) return;
    this.check('publish', subject);
    for (const receiver of this.broker.receivers(subject)) {
      this.broker.schedule(() => {
        if (receiver.bus.connected) void receiver.receive(subject, text, {});
      });
    }
  }

  listen<T>(
    contract: Broadcast<T>,
    listener: (message: T, sender: { service: string; node: string }) => void,
  ): Promise<Subscription> {
    const pattern = broadcastSubject(contract as Broadcast, '*', '*');
    return this.#listen(pattern, false, (subject, text) => {
      const [service = '', node = ''] = subject.split('.').slice(3);
      let message: T;
      try {
        message = decode(contract.schema, text, subject);
      } catch (error) {
        this.broker.report({ what: 'invalid-message', where: subject, error });
        return undefined;
      }
      deliver(() => listener(message, { service, node }));
      return undefined;
    });
  }

  async publishEvent(subject: string, event: CloudEvent): Promise<void> {
    this.check('publish', subject);
    const text = encode(eventSchema, event, subject);
    await this.later();
    this.broker.stream('EVENTS').append(subject, { text, removed: false }, event.id);
  }

  async followEvents(options: FollowEvents): Promise<Subscription> {
    const filter = options.filter ?? 'evt.v1.>';
    this.check('publish', directGetSubject('EVENTS'));
    this.check('subscribe', eventLiveSubject(filter));
    await this.later();
    const stream = this.broker.stream('EVENTS');
    const after = options.since === 'new' ? stream.lastSequence : Math.max(0, options.since - 1);
    let isCaughtUp = false;
    const onEvent = (stored: Stored): void =>
      options.onEvent(decode(eventSchema, stored.text, stored.subject), stored.sequence);
    return this.read(stream, filter, after, onEvent, () => {
      if (!isCaughtUp) options.onCaughtUp?.();
      isCaughtUp = true;
    });
  }

  async append<T>(contract: Stream<T>, key: string, id: string, message: T): Promise<void> {
    const subject = streamSubject(contract as Stream, key);
    this.check('publish', subject);
    const text = encode(contract.schema, message, subject);
    await this.later();
    this.broker.stream(streamName(contract.name)).append(subject, { text, removed: false }, id);
  }

  async follow<T>(contract: Stream<T>, options: FollowStream<T>): Promise<Subscription> {
    const filter = streamSubject(contract as Stream, '>');
    this.check('publish', directGetSubject(streamName(contract.name)));
    this.check('subscribe', streamLiveSubject(filter));
    await this.later();
    return this.read(this.broker.stream(streamName(contract.name)), filter, Math.max(0, options.since - 1), (stored) =>
      options.onMessage(decode(contract.schema, stored.text, stored.subject), stored.sequence));
  }

  async roundTrip(): Promise<number> {
    this.#checkConnected('round trip');
    await this.later();
    return 0;
  }

  async servers(buckets: readonly Bucket[]): Promise<ServerOfBus[]> {
    this.#checkConnected('servers');
    await this.later();
    return [{ name: 'memory', alive: true, leads: buckets.map(({ name }) => name) }];
  }

  close(): Promise<void> {
    this.#closed = true;
    this.#change(false);
    for (const reader of this.#readers) reader.close();
    for (const one of this.broker.listening) {
      if (one.bus === this) this.broker.listening.delete(one);
    }
    return Promise.resolve();
  }

  /** @throws BusError `disconnected` or `forbidden`, as the server would. */
  check(direction: 'publish' | 'subscribe', subject: string): void {
    this.#checkConnected(subject);
    const allowed = this.#permissions[direction].allow;
    if (allowed.some((pattern) => subjectMatches(pattern, subject))) return;
    throw new BusError('forbidden', `${subject}: forbidden`);
  }

  /** A turn of the scheduler: nothing on a bus happens at once. */
  later(): Promise<void> {
    return new Promise((resolve) => this.broker.schedule(resolve));
  }

  read(
    stream: MemoryStream,
    filter: string,
    after: number,
    onMessage: (stored: Stored) => void,
    onDrained?: () => void,
  ): Subscription {
    const reader = stream.read(filter, after, () => this.#connected, onMessage, onDrained);
    this.#readers.add(reader);
    return {
      close: () => {
        reader.close();
        this.#readers.delete(reader);
        return Promise.resolve();
      },
    };
  }

  async #listen(
    subject: string,
    queue: boolean,
    receive: Listening['receive'],
  ): Promise<Subscription> {
    this.check('subscribe', subject);
    await this.later();
    const one: Listening = { bus: this, subject, queue, receive };
    this.broker.listening.add(one);
    return {
      close: () => {
        this.broker.listening.delete(one);
        return Promise.resolve();
      },
    };
  }

  #change(connected: boolean): void {
    if (this.#connected === connected) return;
    this.#connected = connected;
    if (connected) for (const reader of this.#readers) reader.resume();
    for (const listener of this.#listeners) deliver(() => listener(connected));
  }

  #checkConnected(where: string): void {
    if (this.#connected) return;
    throw new BusError('disconnected', `${where}: not connected`);
  }
}

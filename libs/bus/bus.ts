import type { Broadcast, Bucket, CloudEvent, Command, Reply, Stream } from '@holdfast/contracts';

/** One record and the revision it has. */
export interface Entry<T> {
  key: string;
  value: T;
  revision: number;
}

/** A change seen by a watch. `value` null: the key was removed. */
export interface Change<T> {
  key: string;
  value: T | null;
  revision: number;
}

export interface Subscription {
  close(): Promise<void>;
}

/** One server of the bus, as the others see it. */
export interface ServerOfBus {
  name: string;
  /** Followed, or leads, a moment ago. */
  alive: boolean;
  /** Names of the buckets it leads: their writes wait for it. */
  leads: string[];
}

export class BusError extends Error {
  constructor(
    /** `no-responder`: nobody serves it now; `invalid`: a value does not fit its contract. */
    readonly code: 'timeout' | 'no-responder' | 'disconnected' | 'forbidden' | 'invalid' | 'internal',
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
    this.name = 'BusError';
  }
}

/**
 * One KV bucket. Reads may be stale (a follower may answer): decide only on a `create` or `update` that succeeded.
 * Values that do not fit the bucket's schema are refused on writing and reported, not delivered, on reading.
 */
export interface BucketHandle<T> {
  get(key: string): Promise<Entry<T> | null>;
  /** The new revision, or null when the key exists. */
  create(key: string, value: T): Promise<number | null>;
  /** The new revision, or null when the record has moved past `revision`. */
  update(key: string, value: T, revision: number): Promise<number | null>;
  /** Last writer wins: only for records with exactly one writing process (`observed`, `pools`). */
  put(key: string, value: T): Promise<number>;
  /** True when removed; false when the record has moved past `revision`. */
  remove(key: string, revision: number): Promise<boolean>;
  /**
   * Every present record, then `onReady`, then every change in order. Survives reconnects: after one, everything
   * that changed meanwhile is delivered. `key` narrows it to one record.
   */
  watch(options: {
    key?: string;
    onChange(change: Change<T>): void;
    onReady(): void;
  }): Promise<Subscription>;
}

export interface RequestContext {
  /** Id of the request at the system's edge that caused this one; goes into every log line. */
  requestId?: string;
  /** Its place in a trace: goes into records and events as well. */
  traceparent?: string;
}

export interface FollowEvents {
  /** From this stream sequence on; `new` for only what comes. */
  since: number | 'new';
  /** Subject filter, default `evt.v1.>`. */
  filter?: string;
  onEvent(event: CloudEvent, sequence: number): void;
  /** Once: everything that was stored when following began has been told. */
  onCaughtUp?(): void;
}

export interface FollowStream<T> {
  /** From this stream sequence on. */
  since: number;
  onMessage(message: T, sequence: number): void;
}

/** The port to the message bus. `nats.ts` is the only file that knows NATS; `memory.ts` serves tests and simulation. */
export interface Bus {
  /** This principal. */
  readonly service: string;
  readonly node: string;
  readonly connected: boolean;
  onConnectionChange(listener: (connected: boolean) => void): void;
  bucket<T>(contract: Bucket<T>): BucketHandle<T>;
  /** Never rejects for a refusal, only for a `BusError`. The timeout is always finite. */
  request<Request, Value>(
    contract: Command<Request, Value>,
    node: string | null,
    request: Request,
    options: { timeoutMs: number; context?: RequestContext },
  ): Promise<Reply<Value>>;
  /** Answers a command: any replica (queue group) in scope `service`, this node's in scope `node`. A request that does
   *  not fit the schema is refused with its field before the handler sees it. */
  serve<Request, Value>(
    contract: Command<Request, Value>,
    handler: (request: Request, context: RequestContext) => Promise<Reply<Value>>,
  ): Promise<Subscription>;
  broadcast<T>(contract: Broadcast<T>, message: T): void;
  listen<T>(
    contract: Broadcast<T>,
    listener: (message: T, sender: { service: string; node: string }) => void,
  ): Promise<Subscription>;
  /** Stored in the event stream; an id seen within the stream's window is stored once. */
  publishEvent(subject: string, event: CloudEvent): Promise<void>;
  followEvents(options: FollowEvents): Promise<Subscription>;
  /** Stored in that stream; an id seen within two minutes is stored once. */
  append<T>(contract: Stream<T>, key: string, id: string, message: T): Promise<void>;
  follow<T>(contract: Stream<T>, options: FollowStream<T>): Promise<Subscription>;
  /** A round trip to the server; rejects when it takes longer than the timeout. */
  roundTrip(timeoutMs: number): Promise<number>;
  /** The servers that keep these records. A bucket without a leader, for now, says nothing within the timeout. */
  servers(buckets: readonly Bucket[], timeoutMs: number): Promise<ServerOfBus[]>;
  close(): Promise<void>;
}

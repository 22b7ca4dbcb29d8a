import { refused, type Reply } from '@holdfast/contracts';
import { hash32 } from '@holdfast/kernel';
import type { Loop } from '../engine/loop.js';
import type { Process } from '../engine/process.js';
import type { Heard } from '../engine/pulse.js';
import { SimBucket } from './bucket.js';
import type { EventStream } from './event-stream.js';
import type { Network } from './network.js';
import { StreamLeader, type Servers } from './stream-leader.js';

/** What came of an operation: a value, or the client was told that it failed; it may have happened all the same. */
export type Outcome<T> = { ok: true; value: T } | { ok: false };

/** What came of a request: the reply, or a refusal of the bus itself, and why. */
export type Answered = Reply<unknown> & { undelivered?: 'timeout' | 'no-responder' };

/** Serves the commands of one service on one node. */
export interface Endpoint {
  process: Process;
  handle(name: string, request: unknown, reply: (reply: Reply<unknown>) => void): void;
}

interface Client {
  version: number;
  server: string | null;
  readyAtMs: number;
  /** The names of its streams. */
  kv: string;
  requests: string;
  beats: string;
}

interface Listener {
  process: Process;
  life: number;
  hear(message: unknown, sender: string): Heard<unknown> | null;
}

const kvTimeoutMs = 1500;
/** How long the bus takes to answer that it is there. */
export const busAnswerMs = 2;
const notAnswered = (what: string): Answered => ({
  ...refused('unavailable', `${what}: timeout`, { remedy: 'try again' }),
  undelivered: 'timeout',
});
const notServed = (what: string): Answered => ({
  ...refused('unavailable', `${what}: nobody serves it now`),
  undelivered: 'no-responder',
});

/** An operation on one stream. */
export interface Operation {
  kind: string;
  key: string;
  stream: StreamLeader;
  /** Any server that holds the stream answers it, also one that lags. */
  reads?: boolean;
}

/** NATS as its clients see it: servers that fail, elections, stores that follow late, messages that get lost. */
export class Bus implements Servers {
  readonly buckets = new Map<string, SimBucket<unknown>>();
  /** Public events; null where nobody follows them. */
  events: EventStream | null = null;
  readonly serverDown = new Set<string>();
  /** The whole bus is out. */
  isOut = false;
  private readonly streams: StreamLeader[] = [];
  private restarts = 0;
  private readonly clients = new Map<string, Client>();
  private readonly endpoints = new Map<string, Endpoint[]>();
  private readonly listeners = new Map<string, Listener[]>();

  constructor(
    readonly loop: Loop,
    readonly network: Network,
    readonly servers: string[],
  ) {
    network.onChange(() => this.topologyChanged());
  }

  bucket<T>(name: string): SimBucket<T> {
    let bucket = this.buckets.get(name);
    if (!bucket) {
      bucket = new SimBucket<unknown>(name, this);
      this.buckets.set(name, bucket);
    }
    return bucket as unknown as SimBucket<T>;
  }

  /** A stream of its own: a bucket, or the public events. */
  stream(name: string): StreamLeader {
    const stream = new StreamLeader(name, this);
    this.streams.push(stream);
    return stream;
  }

  setServer(server: string, up: boolean): void {
    if (up) this.serverDown.delete(server);
    else this.serverDown.add(server);
    this.network.changed();
  }

  /** Its servers start anew, with other records: a write that came to those before is lost with them. */
  restart(): void {
    this.restarts += 1;
    for (const { behind } of this.streams) behind.clear();
  }

  setOut(isOut: boolean): void {
    this.isOut = isOut;
    this.network.changed();
  }

  isConnected(node: string): boolean {
    const { server, readyAtMs } = this.client(node);
    return server !== null && readyAtMs <= this.loop.nowMs;
  }

  /** Some server could be reached from there. Unlike `isConnected` it makes no client. */
  isReachable(node: string): boolean {
    return this.servers.some((server) => this.reaches(node, server));
  }

  /** A message from one client comes to another now. */
  carries(from: string, to: string): boolean {
    if (!this.isConnected(from) || !this.isConnected(to)) return false;
    const a = this.client(from).server as string;
    const b = this.client(to).server as string;
    return a === b || this.network.connects(a, b, 'management');
  }

  /** The server that a client uses, while it is connected. */
  serverOf(node: string): string | null {
    return this.isConnected(node) ? this.client(node).server : null;
  }

  /** The stream has a leader with a majority, and this client's server reaches it. */
  isWritable(node: string, stream: StreamLeader): boolean {
    const server = this.serverOf(node);
    const leader = stream.current();
    if (server === null || leader === null) return false;
    return server === leader || this.network.connects(server, leader, 'management');
  }

  /** An operation on the store: it may fail before, or after it has happened. */
  operate<T>(
    process: Process,
    operation: Operation,
    apply: (server: string) => T,
    done: (outcome: Outcome<T>) => void,
  ): void {
    const { kind, key } = operation;
    process.perform<Outcome<T>>(
      {
        kind,
        key,
        act: (answer) => this.send(process, operation, apply, answer),
        unanswered: { afterMs: kvTimeoutMs, result: { ok: false } },
        travels: true,
      },
      done,
    );
  }

  private send<T>(
    process: Process,
    { stream, reads = false }: Operation,
    apply: (server: string) => T,
    done: (outcome: Outcome<T>) => void,
  ): void {
    const node = process.machine.name;
    const { kv } = this.client(node);
    const fail = (delayMs: number): void => void process.after(delayMs, () => done({ ok: false }));
    if (!this.isConnected(node)) {
      fail(10);
      return;
    }
    this.loop.after(this.network.delayMs(kv), () => {
      const server = this.serverOf(node);
      if (server === null || !(reads || this.isWritable(node, stream))) {
        fail(kvTimeoutMs);
        return;
      }
      if (!reads && this.network.isLate(kv, this.network.lateWrites)) {
        this.landLate(kv, stream, () => void apply(server));
        fail(kvTimeoutMs);
        return;
      }
      const value = apply(server);
      const delayMs = 1 + this.network.delayMs(kv);
      process.after(delayMs, () => {
        if (this.isConnected(node)) done({ ok: true, value });
        else fail(kvTimeoutMs);
      });
    });
  }

  /** The client has given it up; the server it went to has not. */
  private landLate(kv: string, stream: StreamLeader, apply: () => void): void {
    const { restarts } = this;
    this.loop.after(this.network.lateMs(kv), () => {
      if (stream.current() !== null && restarts === this.restarts) apply();
    });
  }

  serve(service: string, node: string | null, endpoint: Endpoint): void {
    const key = `${service}/${node ?? ''}`;
    const list = (this.endpoints.get(key) ?? []).filter(({ process }) => process !== endpoint.process);
    this.endpoints.set(key, [...list, endpoint]);
  }

  /** One request; answered, or refused as unavailable when nothing comes back in time. */
  request(
    process: Process,
    to: { service: string; node: string | null; name: string },
    request: unknown,
    timeoutMs: number,
    done: (reply: Answered) => void,
  ): void {
    const what = `${to.name} to ${to.node ?? to.service}`;
    process.perform<Answered>(
      {
        kind: what,
        key: subjectOf(request),
        act: (answer) => this.deliver(process, to, request, timeoutMs, answer),
        unanswered: { afterMs: timeoutMs, result: notAnswered(what) },
        travels: true,
      },
      done,
    );
  }

  private deliver(
    process: Process,
    to: { service: string; node: string | null; name: string },
    request: unknown,
    timeoutMs: number,
    done: (reply: Answered) => void,
  ): void {
    const from = process.machine.name;
    const what = `${to.name} to ${to.node ?? to.service}`;
    const endpoint = this.responder(from, to.service, to.node);
    if (!endpoint) {
      process.after(3, () => done(notServed(what)));
      return;
    }
    let isAnswered = false;
    const answer = process.guarded(() => {
      isAnswered = true;
    });
    const finish = (reply: Answered): void => {
      if (isAnswered) return;
      answer();
      done(reply);
    };
    process.after(timeoutMs, () => finish(notAnswered(what)));
    const target = endpoint.process.machine.name;
    const { life } = endpoint.process;
    const arrive = (isFirst: boolean): void => {
      if (endpoint.process.life !== life || !this.carries(from, target)) return;
      endpoint.process.run(() =>
        endpoint.handle(to.name, request, (reply) => {
          if (!isFirst || !this.carries(target, from)) return;
          process.after(this.network.delayMs(this.client(target).requests), () => finish(reply));
        }),
      );
    };
    const { requests } = this.client(from);
    if (!this.network.isLost(requests)) {
      this.loop.after(this.network.delayMs(requests), () => arrive(true));
    }
    if (this.network.duplication === 0) return;
    const random = this.loop.random(`duplicate/${from}`);
    if (random.next() < this.network.duplication) {
      this.loop.after(200 + random.integer(20_000), () => arrive(false));
    }
  }

  /** `hear` returns what it keeps if another such message would only renew its time. */
  listen(topic: string, process: Process, hear: Listener['hear']): void {
    this.loop.disturb();
    const list = (this.listeners.get(topic) ?? []).filter((each) => each.process !== process);
    this.listeners.set(topic, [...list, { process, life: process.life, hear }]);
  }

  /**
   * Core NATS: to whoever can be reached now, unless lost. Returns where it was heard if the same message, sent again
   * before anything changes, would be heard there again and mean nothing more; null if it might.
   */
  broadcast(process: Process, topic: string, message: unknown): Heard<unknown>[] | null {
    const from = process.machine.name;
    const { network } = this;
    const { beats } = this.client(from);
    let heard: Heard<unknown>[] | null = network.isEven ? [] : null;
    if (!this.isConnected(from)) return this.isSettled(from) ? heard : null;
    for (const { process: to, life, hear } of this.listeners.get(topic) ?? []) {
      if (!to.alive || to.life !== life || to === process) continue;
      const isReached = this.carries(from, to.machine.name);
      if (!this.isSettled(to.machine.name)) heard = null;
      if (!isReached || network.isLost(beats)) continue;
      let kept: Heard<unknown> | null = null;
      if (network.isLate(beats, network.redelivery)) {
        this.loop.after(network.lateMs(beats), () => {
          this.loop.disturb();
          if (to.alive && to.life === life) to.run(() => void hear(message, from));
        });
      }
      if (!network.isEven) {
        to.after(network.delayMs(beats), () => void hear(message, from));
      } else {
        to.run(() => {
          kept = hear(message, from);
        });
      }
      if (kept === null) heard = null;
      else heard?.push(kept);
    }
    return heard;
  }

  /** Whether a client has a connection, or has none, will not change by the passing of time. */
  isSettled(node: string): boolean {
    const { server, readyAtMs } = this.client(node);
    return server === null || readyAtMs <= this.loop.nowMs;
  }

  /** Whether the bus answers at all. */
  roundTrip(process: Process, timeoutMs: number, done: (answers: boolean) => void): void {
    const answers = this.isConnected(process.machine.name);
    process.after(answers ? busAnswerMs : timeoutMs, () => done(answers));
  }

  private responder(from: string, service: string, node: string | null): Endpoint | null {
    const all = this.endpoints.get(`${service}/${node ?? ''}`) ?? [];
    const ready = all.filter(
      ({ process }) => process.alive && this.carries(from, process.machine.name),
    );
    if (ready.length <= 1) return ready[0] ?? null;
    return ready[this.loop.random(`responder/${service}`).integer(ready.length)] ?? null;
  }

  private client(node: string): Client {
    let client = this.clients.get(node);
    if (!client) {
      const streams = { kv: `kv/${node}`, requests: `request/${node}`, beats: `beat/${node}` };
      client = { version: -1, server: null, readyAtMs: 0, ...streams };
      this.clients.set(node, client);
    }
    if (client.version === this.network.version) return client;
    const isFirst = client.version === -1;
    client.version = this.network.version;
    if (client.server !== null && this.reaches(node, client.server)) return client;
    const own = hash32(node) % this.servers.length;
    const inTurn = [...this.servers.slice(own), ...this.servers.slice(0, own)];
    client.server = inTurn.find((server) => this.reaches(node, server)) ?? null;
    const random = this.loop.random(`reconnect/${node}`);
    client.readyAtMs = isFirst ? this.loop.nowMs : this.loop.nowMs + 50 + random.integer(700);
    return client;
  }

  private reaches(node: string, server: string): boolean {
    return this.isServing(server) && this.network.connects(node, server, 'management');
  }

  private isServing(server: string): boolean {
    if (this.isOut || this.serverDown.has(server)) return false;
    const machine = this.network.machines.get(server);
    return machine !== undefined && machine.powered && !machine.frozen;
  }

  hasMajority(server: string): boolean {
    if (!this.isServing(server)) return false;
    let near = 0;
    for (const other of this.servers) if (other === server || this.areLinked(server, other)) near += 1;
    return near * 2 > this.servers.length;
  }

  areLinked(a: string, b: string): boolean {
    return this.isServing(a) && this.isServing(b) && this.network.connects(a, b, 'management');
  }

  private topologyChanged(): void {
    for (const stream of this.streams) stream.topologyChanged();
  }
}

/** What a request is about. */
function subjectOf(request: unknown): string {
  const { vm, volume, host } = request as { vm?: string; volume?: string; host?: string };
  return volume ?? vm ?? host ?? '';
}

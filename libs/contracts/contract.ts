import type { z } from 'zod';

/** The kinds of principals on the bus. `host-agent` and `storage` run once per node. */
export const serviceNames = ['host-agent', 'storage', 'scheduler', 'failover', 'api'] as const;
export type ServiceName = (typeof serviceNames)[number];

/** A JetStream KV bucket. Only its owner writes; the KV revision is the event. */
export interface Bucket<T = unknown> {
  kind: 'bucket';
  name: string;
  owner: ServiceName;
  /** `own-node`: the owner writes only the key that is its node's name. */
  writes: 'any-key' | 'own-node';
  /** Who may read every key. */
  readers: readonly ServiceName[];
  /** Who may read only the key that is its node's name. */
  ownNodeReaders: readonly ServiceName[];
  schema: z.ZodType<T>;
}

/** A request with a reply. Idempotent; answered with a value or a refusal. */
export interface Command<Request = unknown, Value = unknown> {
  kind: 'command';
  /** kebab-case, the last token of its subject. */
  name: string;
  service: ServiceName;
  /** `service`: any replica answers; `node`: one node's service answers. */
  scope: 'service' | 'node';
  callers: readonly ServiceName[];
  request: z.ZodType<Request>;
  value: z.ZodType<Value>;
}

/** A small message on core NATS, never stored. */
export interface Broadcast<T = unknown> {
  kind: 'broadcast';
  name: string;
  senders: readonly ServiceName[];
  readers: readonly ServiceName[];
  schema: z.ZodType<T>;
  /** Whole numbers from 0 on that differ from message to message, while the rest hardly ever does. */
  counters?: readonly string[];
}

/** A JetStream stream besides that of the events: numbered messages under keys, each stored once for its id. */
export interface Stream<T = unknown> {
  kind: 'stream';
  name: string;
  owner: ServiceName;
  readers: readonly ServiceName[];
  /** The oldest go first, by age or by size. */
  days: number;
  mebibytes: number;
  schema: z.ZodType<T>;
}

export function bucket<T>(definition: {
  name: string;
  owner: ServiceName;
  writes?: Bucket['writes'];
  readers: readonly ServiceName[];
  ownNodeReaders?: readonly ServiceName[];
  schema: z.ZodType<T>;
}): Bucket<T> {
  return { kind: 'bucket', writes: 'any-key', ownNodeReaders: [], ...definition };
}

export function command<Request, Value>(
  definition: Omit<Command<Request, Value>, 'kind'>,
): Command<Request, Value> {
  return { kind: 'command', ...definition };
}

export function broadcast<T>(definition: Omit<Broadcast<T>, 'kind'>): Broadcast<T> {
  return { kind: 'broadcast', ...definition };
}

export function stream<T>(definition: Omit<Stream<T>, 'kind'>): Stream<T> {
  return { kind: 'stream', ...definition };
}

/** `cmd.v1.SERVICE.NAME` or `cmd.v1.SERVICE.NODE.NAME`. */
export function commandSubject(contract: Command, node: string | null): string {
  if (contract.scope === 'service') return `cmd.v1.${contract.service}.${contract.name}`;
  return `cmd.v1.${contract.service}.${node ?? '*'}.${contract.name}`;
}

/** `hb.v1.NAME.SERVICE.NODE`: the sender is in the subject, so permissions can hold it to its own. */
export function broadcastSubject(contract: Broadcast, service: string, node: string): string {
  return `hb.v1.${contract.name}.${service}.${node}`;
}

/** `str.v1.NAME.KEY` */
export function streamSubject(contract: Stream, key: string): string {
  return `str.v1.${contract.name}.${key}`;
}

import {
  broadcastSubject,
  commandSubject,
  eventStream,
  registry as systemRegistry,
  type Broadcast,
  type Bucket,
  streamSubject,
  type Command,
  type ServiceName,
  type Stream,
} from '@holdfast/contracts';
import {
  directGetLastSubject,
  directGetSubject,
  eventLiveSubject,
  inboxPrefix,
  kvLiveSubject,
  kvStream,
  kvSubject,
  readsOwnNode,
  readsWhole,
  streamInfoSubject,
  streamLiveSubject,
  streamName,
} from './subjects.js';

/** What permissions and streams are generated from. */
export interface Registry {
  buckets: readonly Bucket[];
  commands: readonly Command[];
  broadcasts: readonly Broadcast[];
  streams: readonly Stream[];
  events: readonly { noun: string; owner: ServiceName }[];
  eventReaders: readonly ServiceName[];
}

/** What one principal may do on the bus; all else is denied. */
export interface Permissions {
  publish: { allow: string[] };
  subscribe: { allow: string[] };
  /** May answer a request it received. */
  allowResponses: boolean;
}

/** Somebody outside who reads events, and nothing else. */
export const eventReader = { service: 'event-reader', node: 'outside' } as const;

/**
 * Services that run beside guests, and outsiders. Permissions alone do not hold them: NATS does not check the reply
 * subject of a request, so `DIRECT.GET` of one's own record with the reply subject `$KV.hosts.h2` would make the
 * *server* store that record as another host's. In an account of its own a reply stays inside that account.
 */
export function isIsolated(service: string): boolean {
  return service === 'host-agent' || service === eventReader.service;
}

interface Lists {
  publish: string[];
  subscribe: string[];
}

function addBucket(bucket: Bucket, service: string, node: string, lists: Lists): void {
  const stream = kvStream(bucket.name);
  if (bucket.owner === service) {
    lists.publish.push(kvSubject(bucket.name, bucket.writes === 'own-node' ? node : '*'));
  }
  if (readsWhole(bucket, service)) {
    lists.publish.push(
      directGetSubject(stream),
      directGetLastSubject(stream, kvSubject(bucket.name, '*')),
    );
    // From another account the JetStream API proper cannot be called by its own name.
    if (!isIsolated(service)) lists.publish.push(streamInfoSubject(stream));
    lists.subscribe.push(kvLiveSubject(bucket.name, '*'));
  } else if (readsOwnNode(bucket, service)) {
    lists.publish.push(directGetLastSubject(stream, kvSubject(bucket.name, node)));
    lists.subscribe.push(kvLiveSubject(bucket.name, node));
  }
}

function addStream(stream: Stream, service: string, lists: Lists): void {
  const subject = streamSubject(stream, '>');
  if (stream.owner === service) lists.publish.push(subject);
  const readers: readonly string[] = stream.readers;
  if (readers.includes(service)) addReading(streamName(stream.name), streamLiveSubject(subject), lists);
}

/** All of a stream, from any sequence on. */
function addReading(stream: string, live: string, lists: Lists): void {
  lists.publish.push(directGetSubject(stream), streamInfoSubject(stream));
  lists.subscribe.push(live);
}

function addEvents(registry: Registry, service: string, lists: Lists): void {
  if (service === eventReader.service) {
    lists.publish.push(directGetSubject(eventStream.name));
    lists.subscribe.push(...eventStream.subjects, ...eventStream.subjects.map(eventLiveSubject));
    return;
  }
  for (const event of registry.events) {
    if (event.owner === service) lists.publish.push(`evt.v1.${event.noun}.>`);
  }
  const readers: readonly string[] = registry.eventReaders;
  if (readers.includes(service)) addReading(eventStream.name, eventLiveSubject(eventStream.subjects[0]), lists);
}

/**
 * The least that a service on a node needs. Nobody may create a consumer: its creator chooses where it delivers, so
 * one on a bucket would forge messages anywhere. Readers use direct gets and the repeated subjects instead.
 */
export function permissionsFor(
  service: string,
  node: string,
  registry: Registry = systemRegistry,
): Permissions {
  const lists: Lists = { publish: [], subscribe: [`${inboxPrefix(service, node)}.>`] };
  const has = (services: readonly string[]): boolean => services.includes(service);
  for (const bucket of registry.buckets) addBucket(bucket, service, node, lists);
  for (const command of registry.commands) {
    if (has(command.callers)) lists.publish.push(commandSubject(command, null));
    if (command.service === service) lists.subscribe.push(commandSubject(command, node));
  }
  for (const broadcast of registry.broadcasts) {
    if (has(broadcast.senders)) lists.publish.push(broadcastSubject(broadcast, service, node));
    if (has(broadcast.readers)) lists.subscribe.push(broadcastSubject(broadcast, '*', '*'));
  }
  for (const stream of registry.streams) addStream(stream, service, lists);
  addEvents(registry, service, lists);
  return {
    publish: { allow: [...new Set(lists.publish)].sort() },
    subscribe: { allow: [...new Set(lists.subscribe)].sort() },
    allowResponses: registry.commands.some((command) => command.service === service),
  };
}

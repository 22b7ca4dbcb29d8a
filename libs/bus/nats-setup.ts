import { eventStream, registry as systemRegistry, streamSubject } from '@holdfast/contracts';
import { DiscardPolicy, JetStreamApiError, RetentionPolicy, StorageType } from '@nats-io/jetstream';
import type { StreamConfig } from '@nats-io/jetstream';
import { nanos } from '@nats-io/transport-node';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { BusError } from './bus.js';
import { busError, openLink, type ConnectOptions, type NatsLink } from './nats-link.js';
import type { Registry } from './permissions.js';
import {
  eventLiveSubject, kvLiveSubject, kvStream, kvSubject, streamLiveSubject, streamName,
} from './subjects.js';

export interface SetUpOptions extends Omit<ConnectOptions, 'service' | 'node'> {
  /** 1, 3 or 5. */
  replicas: number;
  /** Written into every stream's metadata. */
  incarnation: string;
  /** Disk for the event history, default 256 MiB; the oldest go first. */
  eventBytesMax?: number;
  registry?: Registry;
}

const recordBytesMax = 900_000;
const mebibyte = 1024 ** 2;
const eventBytesMax = 256 * mebibyte;
const dayMs = 24 * 3_600_000;
const streamNameInUse = 10058;
const setUpTimeoutMs = 60_000;

type Wanted = Partial<StreamConfig> & { name: string };

function wantedStreams(options: SetUpOptions): Wanted[] {
  const common = {
    storage: StorageType.File,
    retention: RetentionPolicy.Limits,
    num_replicas: options.replicas,
    allow_direct: true,
    metadata: { incarnation: options.incarnation },
  };
  const registry = options.registry ?? systemRegistry;
  const buckets = registry.buckets.map((bucket) => ({
    ...common,
    name: kvStream(bucket.name),
    subjects: [kvSubject(bucket.name, '>')],
    // A snapshot is the stream read once, so one revision of a key is kept; records carry their own history.
    max_msgs_per_subject: 1,
    max_msg_size: recordBytesMax,
    discard: DiscardPolicy.New,
    allow_rollup_hdrs: true,
    allow_msg_ttl: true,
    deny_delete: true,
    republish: { src: kvSubject(bucket.name, '>'), dest: kvLiveSubject(bucket.name, '>') },
  }));
  const numbered = {
    ...common,
    max_msg_size: recordBytesMax,
    duplicate_window: nanos(120_000),
    discard: DiscardPolicy.Old,
  };
  const streams = registry.streams.map((stream) => {
    const subject = streamSubject(stream, '>');
    return {
      ...numbered,
      name: streamName(stream.name),
      subjects: [subject],
      max_bytes: stream.mebibytes * mebibyte,
      max_age: nanos(stream.days * dayMs),
      republish: { src: subject, dest: streamLiveSubject(subject) },
    };
  });
  const events = {
    ...numbered,
    name: eventStream.name,
    subjects: [...eventStream.subjects],
    max_bytes: options.eventBytesMax ?? eventBytesMax,
    max_age: nanos(30 * dayMs),
    republish: { src: eventStream.subjects[0], dest: eventLiveSubject(eventStream.subjects[0]) },
  };
  return [...buckets, ...streams, events];
}

async function store(link: NatsLink, wanted: Wanted): Promise<StreamConfig> {
  try {
    return (await link.jsm.streams.add(wanted)).config;
  } catch (error) {
    if (!(error instanceof JetStreamApiError) || error.code !== streamNameInUse) throw error;
    return (await link.jsm.streams.update(wanted.name, wanted)).config;
  }
}

/** Servers ignore settings they do not know, silently. */
function checkStored(wanted: Wanted, stored: StreamConfig): void {
  for (const [name, value] of Object.entries(wanted)) {
    const actual: unknown = stored[name as keyof StreamConfig];
    const same =
      name === 'metadata'
        ? stored.metadata?.['incarnation'] === wanted.metadata?.['incarnation']
        : isDeepStrictEqual(actual, value);
    if (!same) {
      throw new BusError(
        'internal',
        `${wanted.name}: the server made ${name} ${JSON.stringify(actual)} of ${JSON.stringify(value)}`,
      );
    }
  }
}

/**
 * Creates the buckets and streams of the registry and the event stream, or brings them up to date: the admin's work.
 * A cluster that is still electing its leader is asked again for a minute.
 * @throws BusError when the server is older than 2.11 or ignored a setting.
 */
export async function setUpStreams(options: SetUpOptions): Promise<void> {
  const link = await openLink({ ...options, service: 'admin', node: 'set-up' });
  const giveUpAtMs = performance.now() + setUpTimeoutMs;
  try {
    for (const wanted of wantedStreams(options)) {
      for (;;) {
        try {
          checkStored(wanted, await store(link, wanted));
          break;
        } catch (error) {
          const final = error instanceof BusError || performance.now() > giveUpAtMs;
          if (final) throw busError(error, wanted.name);
          await sleep(250);
        }
      }
    }
  } finally {
    await link.nc.close();
  }
}

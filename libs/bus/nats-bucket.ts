import type { Bucket } from '@holdfast/contracts';
import { JetStreamApiError, type StoredMsg } from '@nats-io/jetstream';
import { createInbox, headers, type Msg, type MsgHdrs } from '@nats-io/transport-node';
import { BusError, type BucketHandle, type Change, type Entry, type Subscription } from './bus.js';
import { decode, encode, deliver } from './codec.js';
import { Follower, type Stored, type StreamReader } from './follow.js';
import { hedged } from './hedged.js';
import { busError, subscribe, type NatsLink } from './nats-link.js';
import {
  directGetSubject,
  isKey,
  kvLiveSubject,
  kvStream,
  kvSubject,
} from './subjects.js';

const wrongLastSequence: readonly number[] = [10071, 10164];
const operationHeader = 'KV-Operation';
const ttlHeader = 'Nats-TTL';
/** A removed key's marker goes after this; whoever was away longer starts anew anyway. */
export const markerTtl = '24h';
const batchSize = 256;
const readTimeoutMs = 3000;
/** Far longer than an answer takes, far shorter than a server that is gone is still asked. */
const readsAgain = { everyMs: 500, most: 5 };
/** A write that no leader answers is given up, and made again: an election must not cost more than it lasts. */
const writeTimeoutMs = 1500;

const isMarker = (header: MsgHdrs | undefined): boolean =>
  ['DEL', 'PURGE'].includes(header?.last(operationHeader) ?? '');

/** A message of a stream, as a direct get or the server's repetition gives it. */
export function storedMessage(message: { headers?: MsgHdrs; string(): string }): Stored {
  return {
    sequence: Number(message.headers?.last('Nats-Sequence')),
    subject: message.headers?.last('Nats-Subject') ?? '',
    text: message.string(),
    removed: isMarker(message.headers),
  };
}

/** Reads a batch of a stream after a sequence; ends with a status message without content. */
function readBatch(
  link: NatsLink,
  stream: string,
  filter: string,
  after: number,
): Promise<{ messages: Stored[]; complete: boolean }> {
  const messages: Stored[] = [];
  const where = `reading ${stream}`;
  return new Promise((resolve, reject) => {
    const inbox = createInbox(link.inboxPrefix);
    let pending = 0;
    const end = (settle: () => void): void => {
      clearTimeout(timer);
      subscription.unsubscribe();
      settle();
    };
    const onMessage = (error: Error | null, message: Msg): void => {
      if (error) return end(() => reject(busError(error, where)));
      const status = message.headers?.code ?? 0;
      if (status === 0) {
        pending = Number(message.headers?.last('Nats-Num-Pending') ?? 0);
        messages.push(storedMessage(message));
      } else if (status === 204 || status === 404) {
        end(() => resolve({ messages, complete: status === 404 || pending === 0 }));
      } else {
        const text = message.headers?.description ?? '';
        const code = status === 503 ? 'no-responder' : 'internal';
        end(() => reject(new BusError(code, `${where}: ${status} ${text}`)));
      }
    };
    // Throws on a connection that is closed: before the timer is set, which would find no subscription to end.
    const subscription = link.nc.subscribe(inbox, { callback: onMessage });
    const timer = setTimeout(() => {
      end(() => reject(new BusError('timeout', `${where}: timeout`)));
    }, readTimeoutMs);
    const query = { seq: after + 1, batch: batchSize, next_by_subj: filter };
    link.nc.publish(directGetSubject(stream), JSON.stringify(query), { reply: inbox });
  });
}

/** Everything in a stream below a filter. */
export function wholeReader(link: NatsLink, stream: string, filter: string): StreamReader {
  return {
    readAfter: (sequence) => hedged(() => readBatch(link, stream, filter, sequence), readsAgain),
    locate: async () => {
      if (!link.locates) return null;
      const info = await link.jsm.streams.info(stream);
      return { createdAt: info.created, lastSequence: filter.endsWith('>') ? info.state.last_seq : 0 };
    },
  };
}

function newest(link: NatsLink, stream: string, subject: string): Promise<StoredMsg | null> {
  return hedged(() => link.jsm.direct.getMessage(stream, { last_by_subj: subject }), readsAgain);
}

/** The newest message of one subject. */
function lastReader(link: NatsLink, stream: string, subject: string): StreamReader {
  return {
    readAfter: async (sequence) => {
      const message = await newest(link, stream, subject);
      const stored = message ? [storedOf(message)] : [];
      return { messages: stored.filter((one) => one.sequence > sequence), complete: true };
    },
    locate: () => Promise.resolve(null),
  };
}

const storedOf = (message: StoredMsg): Stored => ({
  sequence: message.seq,
  subject: message.subject,
  text: message.string(),
  removed: isMarker(message.header),
});

/** Follows what the server repeats on `liveSubject`, reading what is missing; resumes after every reconnect. */
export async function follow(
  link: NatsLink,
  liveSubject: string,
  reader: StreamReader,
  options: ConstructorParameters<typeof Follower>[1],
): Promise<Subscription> {
  let follower: Follower | null = null;
  const subscription = await subscribe(link, liveSubject, {}, (message) => {
    link.stir();
    follower?.heard(storedMessage(message));
  });
  const started = new Follower(reader, { ...options, isQuiet: () => link.isQuiet() });
  follower = started;
  const forget = link.onConnectionChange((connected) => {
    if (connected) started.resume();
  });
  // Nothing is to be read any more, and trying for ever would keep the process from ending.
  void link.nc.closed().then(() => started.close());
  return {
    close: () => {
      forget();
      started.close();
      return subscription.close();
    },
  };
}

export class NatsBucket<T> implements BucketHandle<T> {
  readonly #stream: string;
  readonly #name: string;

  constructor(
    private readonly link: NatsLink,
    private readonly contract: Bucket<T>,
  ) {
    this.#name = contract.name;
    this.#stream = kvStream(contract.name);
  }

  async get(key: string): Promise<Entry<T> | null> {
    const stored = await this.#last(key);
    if (!stored || stored.removed) return null;
    return { key, value: this.#decode(stored), revision: stored.sequence };
  }

  async create(key: string, value: T): Promise<number | null> {
    const text = this.#encode(key, value);
    const revision = await this.#store(key, text, { expected: 0 });
    if (revision !== null) return revision;
    const stored = await this.#last(key);
    return stored?.removed ? this.#store(key, text, { expected: stored.sequence }) : null;
  }

  async update(key: string, value: T, revision: number): Promise<number | null> {
    return this.#store(key, this.#encode(key, value), { expected: revision });
  }

  async put(key: string, value: T): Promise<number> {
    const revision = await this.#store(key, this.#encode(key, value), {});
    if (revision === null) throw new BusError('internal', `${this.#where(key)}: not stored`);
    return revision;
  }

  async remove(key: string, revision: number): Promise<boolean> {
    return (await this.#store(key, '', { expected: revision, marker: true })) !== null;
  }

  async watch(options: {
    key?: string;
    onChange(change: Change<T>): void;
    onReady(): void;
  }): Promise<Subscription> {
    const { key } = options;
    const present = new Map<string, Change<T>>();
    let ready = false;
    const filter = kvSubject(this.#name, key ?? '>');
    const reader =
      key === undefined
        ? wholeReader(this.link, this.#stream, filter)
        : lastReader(this.link, this.#stream, filter);
    return follow(this.link, kvLiveSubject(this.#name, key ?? '*'), reader, {
      where: this.#stream,
      after: 0,
      newestOnly: key !== undefined,
      pollMs: 2000,
      report: this.link.report,
      onMessage: (stored) => {
        const change = this.#change(stored);
        if (!change) return;
        if (ready) options.onChange(change);
        else if (change.value === null) present.delete(change.key);
        else present.set(change.key, change);
      },
      onCaughtUp: () => {
        ready = true;
        for (const change of present.values()) deliver(() => options.onChange(change));
        present.clear();
        options.onReady();
      },
    });
  }

  #change(stored: Stored): Change<T> | null {
    const key = stored.subject.slice(kvSubject(this.#name, '').length);
    if (stored.removed) return { key, value: null, revision: stored.sequence };
    try {
      return { key, value: this.#decode(stored), revision: stored.sequence };
    } catch (error) {
      this.link.report({ what: 'invalid-record', where: this.#where(key), error });
      return null;
    }
  }

  #where(key: string): string {
    return `${this.#name}/${key}`;
  }

  #encode(key: string, value: T): string {
    if (!isKey(key)) throw new BusError('invalid', `${this.#where(key)}: not a key`);
    return encode(this.contract.schema, value, this.#where(key));
  }

  #decode(stored: Stored): T {
    return decode(this.contract.schema, stored.text, stored.subject);
  }

  async #last(key: string): Promise<Stored | null> {
    if (!isKey(key)) return null;
    this.#checkConnected(key);
    try {
      const message = await newest(this.link, this.#stream, kvSubject(this.#name, key));
      return message && storedOf(message);
    } catch (error) {
      throw busError(error, this.#where(key));
    }
  }

  /** The new revision, or null when the key's last revision is not the expected one. */
  async #store(
    key: string,
    text: string,
    how: { expected?: number; marker?: boolean },
  ): Promise<number | null> {
    this.#checkConnected(key);
    const header = headers();
    if (how.marker) {
      header.set(operationHeader, 'DEL');
      header.set(ttlHeader, markerTtl);
    }
    try {
      const acknowledged = await this.link.js.publish(kvSubject(this.#name, key), text, {
        headers: header,
        timeout: writeTimeoutMs,
        ...(how.expected === undefined ? {} : { expect: { lastSubjectSequence: how.expected } }),
      });
      return acknowledged.seq;
    } catch (error) {
      if (error instanceof JetStreamApiError && wrongLastSequence.includes(error.code)) return null;
      throw busError(error, this.#where(key));
    }
  }

  #checkConnected(key: string): void {
    if (this.link.connected()) return;
    throw new BusError('disconnected', `${this.#where(key)}: not connected to NATS`);
  }
}

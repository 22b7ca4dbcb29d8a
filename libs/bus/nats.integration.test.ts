import { createUser } from '@nats-io/nkeys';
import { connect, nkeyAuthenticator, type NatsConnection } from '@nats-io/transport-node';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { natsAccounts, type Principal } from './accounts.js';
import { busContractSuite } from './bus-contract-suite.js';
import {
  beat,
  contractRegistry,
  noteEvent,
  notes,
  recordChanges,
  seen,
  serveTouch,
  touch,
  type BusFixture,
} from './bus-contract.js';
import type { Bus } from './bus.js';
import { connectNats } from './nats.js';
import { setUpStreams } from './nats-setup.js';

const local = fileURLToPath(
  new URL('../../.tools/nats/usr/sbin/nats-server', import.meta.url),
);
const binary = existsSync(local) ? local : 'nats-server';
const until = <T>(check: () => T | Promise<T>): Promise<T> =>
  vi.waitFor(check, { timeout: 15_000, interval: 20 });

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

function newKeys(): { seed: string; publicKey: string } {
  const pair = createUser();
  return { seed: new TextDecoder().decode(pair.getSeed()), publicKey: pair.getPublicKey() };
}

/** A real server with everybody's keys. */
class TestServer {
  #process: ChildProcess | null = null;
  readonly seeds = new Map<string, string>();
  readonly admin = newKeys();
  readonly #opened: Bus[] = [];
  readonly problems: string[] = [];
  directory = '';
  port = 0;

  async prepare(): Promise<void> {
    this.directory = await mkdtemp(join(tmpdir(), 'holdfast-bus-'));
    this.port = await freePort();
    const principals: Principal[] = [];
    const services = ['scheduler@c1', 'api@c1', 'host-agent@h1', 'host-agent@h2', 'storage@san1'];
    for (const name of [...services, 'event-reader@outside']) {
      const { seed, publicKey } = newKeys();
      const [service = '', node = ''] = name.split('@');
      this.seeds.set(name, seed);
      principals.push({ service, node, publicKey });
    }
    const configuration = {
      server_name: 'test',
      listen: `127.0.0.1:${this.port}`,
      jetstream: { store_dir: join(this.directory, 'store'), sync_interval: 'always' },
      accounts: natsAccounts(principals, this.admin.publicKey, contractRegistry),
    };
    await writeFile(join(this.directory, 'nats.conf'), JSON.stringify(configuration));
  }

  get url(): string {
    return `nats://127.0.0.1:${this.port}`;
  }

  start(): void {
    this.#process = spawn(binary, ['-c', join(this.directory, 'nats.conf')], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
  }

  async kill(): Promise<void> {
    const running = this.#process;
    this.#process = null;
    if (!running) return;
    const exited = once(running, 'exit');
    running.kill('SIGKILL');
    await exited;
  }

  async connect(name: string): Promise<Bus> {
    const [service = '', node = ''] = name.split('@');
    const bus = await connectNats({
      servers: [this.url],
      seed: this.seeds.get(name) ?? '',
      service,
      node,
      report: ({ what, where }) => this.problems.push(`${what} ${where}`),
    });
    this.#opened.push(bus);
    return bus;
  }

  /** A bare client with someone's credentials, for what an intruder would try. */
  async bare(seed: string, inboxPrefix: string): Promise<NatsConnection> {
    const authenticator = nkeyAuthenticator(new TextEncoder().encode(seed));
    return connect({ servers: this.url, authenticator, inboxPrefix });
  }

  async close(): Promise<void> {
    await Promise.all(this.#opened.map((bus) => bus.close()));
    await this.kill();
    await rm(this.directory, { recursive: true, force: true });
  }
}

const setUp = (server: TestServer): Promise<void> =>
  setUpStreams({
    servers: [server.url],
    seed: server.admin.seed,
    replicas: 1,
    incarnation: 'i1',
    registry: contractRegistry,
  });

const server = new TestServer();
let fixture: BusFixture;

beforeAll(async () => {
  await server.prepare();
  server.start();
  await setUp(server);
  fixture = {
    scheduler: await server.connect('scheduler@c1'),
    api: await server.connect('api@c1'),
    h1: await server.connect('host-agent@h1'),
    h2: await server.connect('host-agent@h2'),
    storage: await server.connect('storage@san1'),
    problems: server.problems,
  };
});
afterAll(() => server.close());

describe('the bus over NATS', () => {
  busContractSuite(() => fixture);

  it('sets its streams up twice without harm', async () => {
    await setUp(server);
  });

  it('says that an unknown seed is forbidden', async () => {
    await expect(
      connectNats({ servers: [server.url], seed: newKeys().seed, service: 'api', node: 'c1' }),
    ).rejects.toMatchObject({ code: 'forbidden' });
  });

  it('says that no server is there', async () => {
    const servers = [`nats://127.0.0.1:${await freePort()}`];
    await expect(
      connectNats({ servers, seed: newKeys().seed, service: 'a', node: 'b', connectTimeoutMs: 300 }),
    ).rejects.toMatchObject({ code: 'disconnected' });
  });

  it('reads more records than fit into one batch', async () => {
    const bucket = fixture.scheduler.bucket(notes);
    const keys = Array.from({ length: 700 }, (_, i) => `many${i}`);
    await Promise.all(keys.map((key) => bucket.put(key, { text: key, size: 1 })));
    const { log, watch } = recordChanges();
    const watching = await fixture.api.bucket(notes).watch(watch);
    await until(() => expect(log).toContain('ready'));
    expect(log.filter((line) => line.startsWith('many'))).toEqual(keys.map((key) => `${key}=${key}`));
    await watching.close();
  });

  it('follows nothing any more once it is closed, so that its process can end', async () => {
    const bus = await server.connect('api@c1');
    const { log, watch } = recordChanges();
    await bus.bucket(notes).watch(watch);
    await until(() => expect(log).toContain('ready'));
    const before = server.problems.length;
    await bus.close();
    // Longer than until it would look by itself, and complain that it cannot.
    await sleep(3000);
    expect(server.problems.slice(before)).toEqual([]);
  });
});

describe('after its server was killed', () => {
  it('the bus goes on by itself, and watches and events lose nothing', async () => {
    const { scheduler, api, h1 } = fixture;
    const bucket = scheduler.bucket(notes);
    const { log, watch } = recordChanges();
    const own = recordChanges();
    const watching = await api.bucket(notes).watch(watch);
    const watchingOwn = await h1.bucket(notes).watch({ key: 'h1', ...own.watch });
    await serveTouch(h1);
    const beats: number[] = [];
    await scheduler.listen(beat, (message) => beats.push(message.sequence));
    await until(() => expect([log, own.log].every((one) => one.includes('ready'))).toBe(true));
    for (let round = 0; round < 3; round += 1) {
      await server.kill();
      await until(() => expect([scheduler, api, h1].some((bus) => bus.connected)).toBe(false));
      await expect(bucket.put('a', { text: 'lost', size: 1 })).rejects.toMatchObject({
        code: 'disconnected',
      });
      server.start();
      // The writer may be back before the readers: what it stores meanwhile must not be missed.
      await until(() => expect(scheduler.connected).toBe(true));
      await until(() => bucket.put('after', { text: `round${round}`, size: 1 }));
      await until(() => bucket.put('h1', { text: `round${round}`, size: 1 }));
      await until(() => expect(log).toContain(`after=round${round}`));
      await until(() => expect(own.log).toContain(`h1=round${round}`));
      await until(async () => {
        const reply = await scheduler.request(touch, 'h1', {}, { timeoutMs: 500 });
        expect(reply.ok).toBe(true);
      });
      h1.broadcast(beat, { sequence: round });
      await until(() => expect(beats).toContain(round));
    }
    expect(log.filter((line) => line.startsWith('after='))).toEqual(
      [0, 1, 2].map((round) => `after=round${round}`),
    );
    await watching.close();
    await watchingOwn.close();
  });
});

describe('an intruder with the credentials of h1', () => {
  let intruder: NatsConnection;
  const denied = async (subject: string, payload = '{}'): Promise<void> => {
    await expect(intruder.request(subject, payload, { timeout: 2000 }), subject).rejects.toThrow(
      /permissions violation/i,
    );
  };
  beforeAll(async () => {
    intruder = await server.bare(server.seeds.get('host-agent@h1') ?? '', '_INBOX.host-agent.h1');
  });
  afterAll(() => intruder.close());

  it('cannot publish as another host, write what others own, read what is not its own', async () => {
    const { scheduler, h1 } = fixture;
    for (const subject of [
      'hb.v1.beat.host-agent.h2',
      'hb.v1.beat.scheduler.c1',
      '$KV.notes.web1',
      '$KV.seen.h2',
      '$JS.API.DIRECT.GET.KV_sealed.$KV.sealed.h2',
      '$JS.API.DIRECT.GET.KV_sealed',
      '$JS.API.STREAM.MSG.GET.KV_sealed',
      '$JS.API.STREAM.INFO.KV_sealed',
      '$JS.API.STREAM.CREATE.MINE',
      '$JS.API.STREAM.DELETE.KV_notes',
      '$JS.API.STREAM.PURGE.KV_seen',
      'cmd.v1.host-agent.h2.touch',
      'cmd.v1.scheduler.double',
      'evt.v1.note.n1.written',
    ]) {
      await denied(subject);
    }
    expect(await h1.bucket(seen).put('h1', { count: 7 })).toBeGreaterThan(0);
    expect((await scheduler.bucket(seen).get('h1'))?.value.count).toBe(7);
  });

  it('cannot listen to others', async () => {
    for (const subject of [
      '>',
      '_INBOX.>',
      '$KV.sealed.h2',
      'kv.v1.sealed.h2',
      'kv.v1.sealed.>',
      'cmd.v1.host-agent.h2.touch',
      'hb.v1.>',
    ]) {
      const violation = new Promise<Error | null>((resolve) => {
        intruder.subscribe(subject, { callback: (error) => resolve(error) });
      });
      await intruder.flush();
      expect((await violation)?.message, subject).toMatch(/permissions violation/i);
    }
  });

  it('cannot make the server deliver elsewhere through a consumer', async () => {
    const config = { deliver_subject: '$KV.notes.web1', ack_policy: 'none' };
    for (const stream of ['KV_seen', 'KV_notes', 'KV_sealed', 'KV_places']) {
      const payload = JSON.stringify({ stream_name: stream, config });
      await denied(`$JS.API.CONSUMER.CREATE.${stream}`, payload);
      await denied(`$JS.API.CONSUMER.CREATE.${stream}.x.$KV.seen.h1`, payload);
      await denied(`$JS.API.CONSUMER.DURABLE.CREATE.${stream}.x`, payload);
    }
  });

  it('cannot make the server store elsewhere through a reply subject', async () => {
    const { scheduler, h1 } = fixture;
    const bucket = scheduler.bucket(notes);
    await bucket.put('h1', { text: 'mine', size: 1 });
    await bucket.put('h2', { text: 'theirs', size: 1 });
    const before = await bucket.get('h2');
    const beats: unknown[] = [];
    await scheduler.listen(beat, (message) => beats.push(message));
    for (const reply of ['$KV.notes.h2', 'hb.v1.beat.host-agent.h2', 'cmd.v1.scheduler.double']) {
      intruder.publish('$JS.API.DIRECT.GET.KV_notes.$KV.notes.h1', '', { reply });
      intruder.publish('$KV.seen.h1', '{"count":8}', { reply });
    }
    await intruder.flush();
    await until(async () => expect((await scheduler.bucket(seen).get('h1'))?.value.count).toBe(8));
    // Replies come in order with what the same connection asks next.
    await h1.bucket(notes).get('h1');
    await intruder.request('$JS.API.DIRECT.GET.KV_notes.$KV.notes.h1');
    expect(await bucket.get('h2')).toEqual(before);
    expect(beats).toEqual([]);
  });
});

describe('a reader of events', () => {
  let reader: NatsConnection;
  beforeAll(async () => {
    reader = await server.bare(server.seeds.get('event-reader@outside') ?? '', '_INBOX.event-reader.outside');
  });
  afterAll(() => reader.close());

  it('reads the stream again from a sequence, and is told what comes', async () => {
    const { scheduler } = fixture;
    await scheduler.publishEvent('evt.v1.note.n9.written', noteEvent('for-readers-1'));
    const live: string[] = [];
    for (const subject of ['evt.v1.>', 'log.v1.>']) {
      reader.subscribe(subject, { callback: (_error, message) => void live.push(`${subject} ${message.subject}`) });
    }
    await reader.flush();
    const outside = await server.connect('event-reader@outside');
    const ids: string[] = [];
    await outside.followEvents({ since: 1, onEvent: ({ id }) => ids.push(id) });
    await until(() => expect(ids).toContain('for-readers-1'));
    await scheduler.publishEvent('evt.v1.note.n9.written', noteEvent('for-readers-2'));
    await until(() => expect(ids.at(-1)).toBe('for-readers-2'));
    await until(() => expect(live.sort()).toEqual([
      'evt.v1.> evt.v1.note.n9.written', 'log.v1.> log.v1.note.n9.written',
    ]));
  });

  it('may do nothing else', async () => {
    for (const subject of [
      'evt.v1.note.n1.written',
      'log.v1.note.n1.written',
      'hb.v1.beat.host-agent.h2',
      'cmd.v1.scheduler.double',
      '$KV.notes.web1',
      '$JS.API.DIRECT.GET.KV_notes',
      '$JS.API.DIRECT.GET.KV_sealed.$KV.sealed.h2',
      '$JS.API.CONSUMER.CREATE.EVENTS',
      '$JS.API.STREAM.PURGE.EVENTS',
      '$JS.API.STREAM.INFO.EVENTS',
    ]) {
      await expect(reader.request(subject, '{}', { timeout: 2000 }), subject).rejects.toThrow(/permissions violation/i);
    }
    for (const subject of ['>', '_INBOX.>', 'kv.v1.>', '$KV.>', 'cmd.v1.>', 'hb.v1.>']) {
      const violation = new Promise<Error | null>((resolve) => {
        reader.subscribe(subject, { callback: (error) => resolve(error) });
      });
      await reader.flush();
      expect((await violation)?.message, subject).toMatch(/permissions violation/i);
    }
  });

  it('cannot make the server store an event elsewhere through a reply subject', async () => {
    const { scheduler } = fixture;
    const bucket = scheduler.bucket(notes);
    await bucket.put('h5', { text: 'theirs', size: 1 });
    const before = await bucket.get('h5');
    reader.publish('$JS.API.DIRECT.GET.EVENTS', '{"seq":1}', { reply: '$KV.notes.h5' });
    // Answers come in order.
    await reader.request('$JS.API.DIRECT.GET.EVENTS', '{"seq":1}');
    expect(await bucket.get('h5')).toEqual(before);
  });
});

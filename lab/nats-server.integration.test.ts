import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, nkeyAuthenticator, type NatsConnection } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createNkey, renderNatsConfiguration, type NatsServerOptions } from './nats-server.js';
import { createAuthority, issueCertificate, type CertificateFiles } from './pki.js';
import { natsServerPath } from './tools.js';

const directory = mkdtempSync(join(tmpdir(), 'holdfast-nats-'));
const client = createNkey();
const service = createNkey();
const stranger = createNkey();
const connections: NatsConnection[] = [];
const WAITING = { timeout: 20_000, interval: 50 };
const servers: ChildProcess[] = [];
let port: number;
let tls: CertificateFiles;

function account(...users: object[]): NatsServerOptions['accounts'] {
  return { core: { jetstream: 'enabled', users, exports: [], imports: [] } };
}

async function freePort(): Promise<number> {
  const listener = createServer().listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port: free } = listener.address() as AddressInfo;
  listener.close();
  await once(listener, 'close');
  return free;
}

async function open(seed: string): Promise<NatsConnection> {
  const connection = await connect({
    servers: `tls://127.0.0.1:${port}`, reconnect: false,
    tls: { ca: readFileSync(tls.caFile, 'utf8'), handshakeFirst: true },
    authenticator: nkeyAuthenticator(new TextEncoder().encode(seed)),
  });
  connections.push(connection);
  return connection;
}

/** Starts a server and returns where its monitoring is. */
async function start(options: NatsServerOptions): Promise<string> {
  const monitoring = { address: '127.0.0.1', port: await freePort() };
  const file = join(directory, `${options.serverName}.conf`);
  writeFileSync(file, renderNatsConfiguration({ ...options, monitoring }));
  servers.push(spawn(natsServerPath(), ['-c', file], { stdio: 'ignore' }));
  return `http://${monitoring.address}:${monitoring.port}`;
}

beforeAll(async () => {
  const authority = await createAuthority(join(directory, 'ca'));
  tls = await issueCertificate(authority, {
    commonName: 'n1', dnsNames: ['n1'], ipAddresses: ['127.0.0.1'],
    directory: join(directory, 'n1'), server: true, client: true,
  });
  port = await freePort();
  const url = await start({
    serverName: 'n1', listen: { address: '127.0.0.1', port }, tls,
    storeDirectory: join(directory, 'n1', 'store'),
    accounts: account({
      nkey: client.publicKey,
      permissions: {
        publish: { allow: ['mine.>', '$JS.API.INFO'], deny: ['mine.not'] },
        subscribe: { allow: ['_INBOX.>', 'news.>'] },
      },
    }, {
      nkey: service.publicKey,
      permissions: {
        publish: { deny: ['>'] }, subscribe: { allow: ['mine.>'] }, allow_responses: true,
      },
    }),
  });
  await vi.waitFor(async () => {
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  }, WAITING);
}, 30_000);

afterAll(async () => {
  await Promise.allSettled(connections.map((connection) => connection.close()));
  for (const server of servers) server.kill('SIGKILL');
  rmSync(directory, { recursive: true, force: true });
});

describe('a real nats-server with a rendered configuration', () => {
  test('is new enough, speaks TLS and keeps JetStream where it was told to', async () => {
    const connection = await open(client.seed);
    const [major = 0, minor = 0] = (connection.info?.version ?? '').split('.').map(Number);
    expect(major * 100 + minor).toBeGreaterThanOrEqual(211);
    expect(connection.info?.tls_required).toBe(true);
    const info = await connection.request('$JS.API.INFO', '', { timeout: 5000 });
    expect(info.json()).toMatchObject({ streams: 0 });
    expect(statSync(join(directory, 'n1', 'store', 'jetstream')).isDirectory()).toBe(true);
  });

  test('lets a service answer a request and nothing else', async () => {
    const asking = await open(client.seed);
    const answering = await open(service.seed);
    answering.subscribe('mine.question', {
      callback: (_error, message) => { message.respond('answer'); },
    });
    await answering.flush();
    const answer = await asking.request('mine.question', '', { timeout: 5000 });
    expect(answer.string()).toBe('answer');
    expect(await refusalOfPublish(answering, 'mine.question')).toMatch(/permissions violation/i);
  });

  test('refuses a publish outside the permissions and one that is denied within', async () => {
    const connection = await open(client.seed);
    expect(await refusalOfPublish(connection, 'theirs.x')).toMatch(/permissions violation/i);
    expect(await refusalOfPublish(connection, 'mine.not')).toMatch(/permissions violation/i);
  });

  test('refuses a subscription outside the permissions', async () => {
    const connection = await open(client.seed);
    const refusal = new Promise((resolve) => {
      connection.subscribe('mine.>', { callback: (error) => { resolve(error?.message); } });
    });
    expect(await refusal).toMatch(/permissions violation/i);
  });

  test('finds the others of its cluster over mutual TLS', async () => {
    const routes = [await freePort(), await freePort()]
      .map((free) => ({ address: '127.0.0.1', port: free }));
    const urls = await Promise.all(routes.map(async (listen, index) => start({
      serverName: `c${index}`, listen: { address: '127.0.0.1', port: await freePort() }, tls,
      storeDirectory: join(directory, `c${index}`),
      cluster: { name: 'lab', listen, routes: routes.filter((route) => route !== listen), tls },
      accounts: account({ nkey: client.publicKey }),
    })));
    for (const url of urls) {
      await vi.waitFor(async () => {
        const routez = await (await fetch(`${url}/routez`)).json() as { num_routes: number };
        expect(routez.num_routes).toBeGreaterThan(0);
      }, WAITING);
    }
  }, 60_000);

  test('refuses a key it does not know', async () => {
    await expect(open(stranger.seed)).rejects.toThrow(/authorization/i);
  });
});

async function refusalOfPublish(connection: NatsConnection, subject: string): Promise<string> {
  const status = connection.status()[Symbol.asyncIterator]();
  connection.publish(subject, 'x');
  for (;;) {
    const { value, done } = await status.next();
    if (done === true) throw new Error('connection closed before the publish was refused');
    if (value.type === 'error' && value.error.message.includes(subject)) return value.error.message;
  }
}

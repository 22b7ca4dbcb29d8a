import { spawn } from 'node:child_process';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { TcpProbe } from './tcp-probe.js';

const LONG_MS = 5000;
const DEAF_LISTENER = `
const server = require('node:net').createServer();
server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
  require('node:fs').writeSync(1, String(server.address().port));
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
});
`;
const servers: Server[] = [];
const sockets: Socket[] = [];
const probe = new TcpProbe();

async function listen(server: Server): Promise<number> {
  servers.push(server);
  server.on('connection', (socket: Socket) => sockets.push(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await Promise.all(
    servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))),
  );
});

const answering = (handler: RequestListener): Promise<number> => listen(createHttpServer(handler));

describe('the probe of a host', () => {
  it('answers with the boot id of a live agent', async () => {
    const port = await answering((request, response) => {
      response.statusCode = request.url === '/health/live' ? 200 : 404;
      response.end(JSON.stringify({ status: 'ok', bootId: 'boot-1' }));
    });
    expect(await probe.probe('127.0.0.1', port, LONG_MS)).toEqual({
      kind: 'answers',
      bootId: 'boot-1',
    });
  });

  it('is refused where nobody listens', async () => {
    const server = createServer();
    const port = await listen(server);
    await new Promise((resolve) => server.close(resolve));
    servers.splice(0);
    expect(await probe.probe('127.0.0.1', port, LONG_MS)).toEqual({ kind: 'refused' });
  });

  it('is refused where the process died under the connection', async () => {
    const port = await listen(createServer((socket) => socket.resetAndDestroy()));
    expect(await probe.probe('127.0.0.1', port, LONG_MS)).toEqual({ kind: 'refused' });
  });

  it('hangs where the connection is taken and never answered', async () => {
    const port = await listen(createServer());
    expect(await probe.probe('127.0.0.1', port, 200)).toEqual({ kind: 'hung' });
  });

  it('hangs where the answer never ends', async () => {
    const port = await answering((_, response) => response.write('{"bootId":'));
    expect(await probe.probe('127.0.0.1', port, 200)).toEqual({ kind: 'hung' });
  });

  it.each([
    ['an error', 503, '{"bootId":"boot-1"}'],
    ['no JSON', 200, 'well'],
    ['no boot id', 200, '{"status":"ok"}'],
    ['an empty boot id', 200, '{"bootId":""}'],
    ['far too much', 200, `{"bootId":"${'x'.repeat(100_000)}"}`],
  ])('does not take %s for a sign of life', async (_, status, body) => {
    const port = await answering((__, response) => {
      response.statusCode = status;
      response.end(body);
    });
    expect(await probe.probe('127.0.0.1', port, LONG_MS)).toEqual({ kind: 'hung' });
  });

  it('is silent where no packet comes back', async () => {
    // A listener that accepts nothing: once its queue is full, the kernel drops whoever knocks.
    const child = spawn(process.execPath, ['-e', DEAF_LISTENER], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      const port = await new Promise<number>((resolve) => {
        child.stdout.once('data', (chunk: Buffer) => resolve(Number(chunk.toString())));
      });
      for (let filler = 0; filler < 8; filler += 1) {
        const socket = connect(port, '127.0.0.1');
        socket.on('error', () => undefined);
        sockets.push(socket);
      }
      const probed = (): Promise<unknown> => probe.probe('127.0.0.1', port, 300);
      await expect.poll(probed, { timeout: LONG_MS }).toEqual({ kind: 'silent' });
    } finally {
      child.kill('SIGKILL');
    }
  });

  it('is silent where no way leads', async () => {
    expect(await probe.probe('255.255.255.255', 7070, LONG_MS)).toEqual({ kind: 'silent' });
  });
});

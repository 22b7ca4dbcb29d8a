import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeRequest, TgtSocket } from './tgt-socket.js';

let folder: string;
let path: string;
let server: Server | null = null;
const sockets = new Set<Socket>();
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-socket-'));
  path = join(folder, 'socket.0');
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => (server ? server.close(resolve) : resolve(null)));
  server = null;
  await rm(folder, { recursive: true });
});

/** A daemon that answers every request in its own way. */
async function daemon(answer: (socket: Socket) => void): Promise<TgtSocket> {
  server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('data', () => answer(socket));
  });
  await new Promise<void>((resolve) => server?.listen(path, resolve));
  return new TgtSocket({ path, timeoutMs: 500, maxResponseBytes: 1000 });
}

function response(error: number, text: string, length = 8 + text.length): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt32LE(error, 0);
  header.writeUInt32LE(length, 4);
  return Buffer.concat([header, Buffer.from(text)]);
}

const SHOW = { mode: 'target', operation: 'show' } as const;

describe('a request to tgtd', () => {
  it('has the layout that tgtadm sends', () => {
    const request = encodeRequest({
      mode: 'connection',
      operation: 'delete',
      tid: 5,
      session: 7n,
      connection: 3,
      force: true,
    });
    expect(request).toHaveLength(120);
    expect(request.subarray(0, 16).toString('hex')).toBe('06000000010000006973637369000000');
    expect(request.subarray(72).toString('hex')).toBe(
      `78000000050000000700000000000000ffffffffffffffff03000000${'00'.repeat(16)}01000000`,
    );
  });

  it('counts its text and ends it', () => {
    const request = encodeRequest({
      mode: 'target',
      operation: 'bind',
      tid: 5,
      text: 'initiator-address=127.0.0.1',
    });
    expect(request.readUInt32LE(72)).toBe(0x94 - 0);
    expect(request.subarray(120).toString()).toBe('initiator-address=127.0.0.1\0');
  });

  it('is refused when its text is too long', () => {
    expect(() => encodeRequest({ ...SHOW, text: 'x'.repeat(5000) })).toThrow(/too long/);
  });
});

describe('the management socket', () => {
  it('puts an answer together from its pieces', async () => {
    const whole = response(0, 'Target 5: iqn\n\0');
    const socket = await daemon((peer) => {
      peer.write(whole.subarray(0, 5));
      setTimeout(() => peer.end(whole.subarray(5)), 20);
    });
    expect(await socket.call(SHOW)).toBe('Target 5: iqn\n');
  });

  it('names a refusal', async () => {
    const socket = await daemon((peer) => peer.end(response(20, '')));
    await expect(socket.call(SHOW)).rejects.toMatchObject({
      code: 'refused',
      refusal: 'lun-active',
    });
  });

  it('gives up on a daemon that hangs', async () => {
    const socket = await daemon(() => undefined);
    await expect(socket.call(SHOW)).rejects.toMatchObject({ code: 'timeout' });
  });

  it('takes a daemon that hangs up half-way for unavailable', async () => {
    const socket = await daemon((peer) => peer.end(response(0, 'Tar', 500)));
    await expect(socket.call(SHOW)).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('refuses an answer beyond its bound', async () => {
    const socket = await daemon((peer) => peer.write(response(0, '', 0x7fff_ffff)));
    await expect(socket.call(SHOW)).rejects.toMatchObject({ code: 'protocol' });
  });

  it('says unavailable when nobody listens', async () => {
    const socket = new TgtSocket({ path, timeoutMs: 500 });
    await expect(socket.call(SHOW)).rejects.toMatchObject({ code: 'unavailable' });
  });
});

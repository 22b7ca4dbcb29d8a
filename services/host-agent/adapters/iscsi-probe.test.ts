import { createServer, type Server } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { askForLogin } from './iscsi-probe.js';

const names = { initiatorName: 'iqn.2026-01.io.holdfast.host:h1:a.g1', iqn: 'iqn.2026-01.io.holdfast:disk.g1' };
const servers: Server[] = [];

/** A portal that answers the first bytes it gets with these, or never. */
async function portal(answer: Buffer[] | null, heard: Buffer[] = []): Promise<{ address: string; port: number }> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', (bytes: Buffer) => {
      heard.push(bytes);
      for (const part of answer ?? []) socket.write(part);
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return { address: '127.0.0.1', port: typeof address === 'object' && address ? address.port : 0 };
}

function response(statusClass: number, opcode = 0x23): Buffer {
  const header = Buffer.alloc(48);
  header.writeUInt8(opcode, 0);
  header.writeUInt8(statusClass, 36);
  return header;
}

const ask = (to: { address: string; port: number }, timeoutMs = 10_000) =>
  askForLogin(to, names, { localAddress: '127.0.0.1', timeoutMs });

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

describe('asking a portal for a login', () => {
  test('says who comes and to what, offers CHAP, and carries no secret', async () => {
    const heard: Buffer[] = [];
    await ask(await portal([response(0)], heard));
    const [pdu] = heard;
    const text = `InitiatorName=${names.initiatorName}\0TargetName=${names.iqn}\0SessionType=Normal\0AuthMethod=CHAP\0`;
    expect(pdu?.subarray(48).toString().replace(/\0+$/, '\0')).toBe(text);
    expect(pdu?.readUIntBE(5, 3)).toBe(text.length);
    expect((pdu?.length ?? 1) % 4).toBe(0);
    expect(pdu?.readUInt8(0)).toBe(0x43);
  });

  test('a target that goes on with the login is open, one that does not is closed', async () => {
    expect(await ask(await portal([response(0)]))).toBe('welcome');
    expect(await ask(await portal([response(2)]))).toBe('refused');
    expect(await ask(await portal([response(3)]))).toBe('refused');
  });

  test('an answer may come in pieces', async () => {
    const whole = response(0);
    expect(await ask(await portal([whole.subarray(0, 7), whole.subarray(7)]))).toBe('welcome');
  });

  test('who takes the connection and hangs up is there, as tgtd without any target', async () => {
    const server = createServer((socket) => socket.end());
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    expect(await ask({ address: '127.0.0.1', port })).toBe('refused');
  });

  test('who says nothing, something else, or is not there, is silent', async () => {
    expect(await ask(await portal(null), 50)).toBe('silent');
    expect(await ask(await portal([response(0, 0x3f)]))).toBe('silent');
    const gone = await portal(null);
    await new Promise((resolve) => servers.at(-1)?.close(resolve));
    expect(await ask(gone)).toBe('silent');
  });
});

import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { connectionsOf } from './tcp-connections.js';

test('a process is connected to where it was let in, for as long as it is', async () => {
  const server = createServer((socket) => socket.resume()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const there = async (): Promise<number> => {
    const all = await connectionsOf(process.pid);
    return all?.filter((each) => each.address === '127.0.0.1' && each.port === port).length ?? -1;
  };
  expect(await there()).toBe(0);
  const sockets = [connect(port, '127.0.0.1'), connect(port, '127.0.0.1')];
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
  expect(await there()).toBe(2);
  sockets[0]?.destroy();
  await expect.poll(there).toBe(1);
  sockets[1]?.destroy();
  server.close();
});

test('nothing is known of a process that has ended', async () => {
  expect(await connectionsOf(2 ** 22 + 1)).toBeNull();
});

import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { MemoryBroker, type Bus } from '@holdfast/bus';
import { heartbeatSchema, pools, type Heartbeat } from '@holdfast/contracts';
import { Projection, signedAck, systemClock } from '@holdfast/runtime';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Heartbeats } from './heartbeats.js';

const loopback = '127.0.0.1';
const bootId = 'bd4e3f9e-6a0f-4d39-9f0b-6c1f2f5a7e11';

describe('heartbeats to a storage node', () => {
  let storage: Socket;
  let bus: Bus;
  let known: Projection<typeof pools.schema._output>;
  let heartbeats: Heartbeats;
  const floorRose = vi.fn();

  beforeEach(async () => {
    floorRose.mockClear();
    storage = createSocket('udp4');
    storage.bind(0, loopback);
    await once(storage, 'listening');
    const broker = new MemoryBroker();
    bus = broker.connect({ service: 'host-agent', node: 'h1' });
    await broker.connect({ service: 'storage', node: 'san1' }).bucket(pools).put('pool1', {
      pool: 'pool1',
      node: 'san1',
      portal: { address: loopback, port: 3260 },
      capacityBytes: 1,
      freeBytes: 1,
      revocable: true,
      heartbeatPort: storage.address().port,
      startedAtMs: 1,
    });
    known = new Projection(bus, pools);
    await known.start();
    heartbeats = new Heartbeats({
      bus,
      clock: systemClock,
      pools: known,
      say: () => ({ host: 'h1', uuid: bootId, bootId, epoch: 2 }),
      ackKey: async (node) => (node === 'san1' ? 'key' : null),
      monotonicMs: () => performance.now(),
      floorRose,
      beaten: () => undefined,
    });
    heartbeats.start(loopback);
  });

  afterEach(async () => {
    heartbeats.stop();
    storage.close();
    await known.close();
  });

  async function heard(): Promise<{ beat: Heartbeat; from: RemoteInfo }> {
    const [datagram, from] = (await once(storage, 'message')) as [Buffer, RemoteInfo];
    return { beat: heartbeatSchema.parse(JSON.parse(datagram.toString())), from };
  }

  function answer({ beat, from }: Awaited<ReturnType<typeof heard>>, change: object, key = 'key'): void {
    const { sequence, life = '' } = beat;
    const ack = { node: 'san1', host: 'h1', bootId, life, sequence, epochFloor: 0, ...change };
    storage.send(signedAck(ack, key), from.port, from.address);
  }

  test('an acknowledgement says when the host was heard, and that it was revoked', async () => {
    expect(heartbeats.ackedAtMs()).toBeNull();
    answer(await heard(), { epochFloor: 3 });
    await vi.waitFor(() => expect(heartbeats.epochFloor).toBe(3));
    expect(heartbeats.ackedAtMs()).toBeLessThanOrEqual(performance.now());
    expect(floorRose).toHaveBeenCalledOnce();
  });

  test('one with another key, of another node, host, boot or life, or that comes twice is none', async () => {
    const first = await heard();
    answer(first, { epochFloor: 9 }, 'another key');
    answer(first, { epochFloor: 9, node: 'san2' });
    answer(first, { epochFloor: 9, host: 'h2' });
    answer(first, { epochFloor: 9, bootId: 'bd4e3f9e-6a0f-4d39-9f0b-6c1f2f5a7e12' });
    answer(first, { epochFloor: 9, life: 'before' });
    answer(first, { epochFloor: 3 });
    answer(first, { epochFloor: 9 });
    answer(await heard(), { epochFloor: 4 });
    await vi.waitFor(() => expect(heartbeats.epochFloor).toBe(4));
    expect(floorRose).toHaveBeenCalledTimes(2);
  });
});

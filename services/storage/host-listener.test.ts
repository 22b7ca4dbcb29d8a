import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { claimedAck, isSignedBy, systemClock } from '@holdfast/runtime';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { HostListener } from './host-listener.js';

const loopback = '127.0.0.1';
const bootId = 'bd4e3f9e-6a0f-4d39-9f0b-6c1f2f5a7e11';
let agent: Socket;
let listener: HostListener;
let port: number;
let floor = 2;
let nowMs = 0;

beforeEach(async () => {
  floor = 2;
  nowMs = 1000;
  const ackKey = (host: string): string => `key of ${host}`;
  const acknowledger = { node: 'san1', epochFloor: () => floor, ackKey };
  listener = new HostListener(systemClock, acknowledger, () => nowMs);
  port = await listener.start(loopback, 0);
  agent = createSocket('udp4');
});

afterEach(() => {
  listener.stop();
  agent.close();
});

async function acknowledgement(sequence: number): Promise<Buffer> {
  const beat = { host: 'h1', uuid: bootId, bootId, epoch: 2, sequence, sentAtMs: 1, life: 'life' };
  agent.send(JSON.stringify(beat), port, loopback);
  const [datagram] = (await once(agent, 'message')) as [Buffer];
  return datagram;
}

test('each heartbeat is acknowledged, signed for its host, with the floor of that moment', async () => {
  const datagram = await acknowledgement(7);
  expect(isSignedBy(datagram, 'key of h1')).toBe(true);
  expect(claimedAck(datagram)).toEqual({ node: 'san1', host: 'h1', bootId, life: 'life', sequence: 7, epochFloor: 2 });
  floor = 3;
  expect(claimedAck(await acknowledgement(8))?.epochFloor).toBe(3);
  expect(listener.heardAgoMs('h1')).toBeGreaterThanOrEqual(0);
});

test('a heartbeat that is not below the floor renews a lease; one that is below is only answered', async () => {
  nowMs = 5000;
  await acknowledgement(1);
  nowMs = 5300;
  expect(listener.renewedAgoMs('h1')).toBe(300);
  floor = 3;
  nowMs = 6000;
  await acknowledgement(2);
  expect(listener.renewedAgoMs('h1')).toBe(1000);
});

test('what an earlier life of it renewed is not known: it counts from when it began to hear', () => {
  nowMs = 3500;
  expect(listener.renewedAgoMs('h1')).toBe(2500);
});

import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MemoryBroker } from '@holdfast/bus';
import { pools } from '@holdfast/contracts';
import { claimedAck, systemClock } from '@holdfast/runtime';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FloorFile } from './adapters/floor-file.js';
import { SimulatedSan } from './adapters/simulated-store.js';
import { Storage } from './storage.js';

const loopback = '127.0.0.1';
const incarnation = 'inc1';
const bootId = 'bd4e3f9e-6a0f-4d39-9f0b-6c1f2f5a7e11';
let directory: string;
let broker: MemoryBroker;
let agent: Socket;
let storage: Storage;

/** As its program does when it starts: over what is on its disk. */
async function started(): Promise<Storage> {
  const bus = broker.connect({ service: 'storage', node: 'san1' });
  const storage = new Storage({
    bus,
    clock: systemClock,
    log: { info: () => undefined, warn: () => undefined },
    incarnation,
    store: new SimulatedSan(),
    floors: new FloorFile(join(directory, 'floors.json')),
    pool: 'main',
    chapKeyFile: join(directory, 'chap.key'),
    heartbeat: { address: loopback, port: 0 },
  });
  await storage.start();
  return storage;
}

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'holdfast-lease-'));
  broker = new MemoryBroker();
  agent = createSocket('udp4');
  storage = await started();
});

afterEach(async () => {
  agent.close();
  await storage.stop();
  await rm(directory, { recursive: true });
});

async function acknowledgedFloor(sequence: number): Promise<number | undefined> {
  const reader = broker.connect({ service: 'failover', node: 'control1' });
  const port = (await reader.bucket(pools).get('main'))?.value.heartbeatPort ?? 0;
  const beat = { host: 'h1', uuid: bootId, bootId, epoch: 2, sequence, sentAtMs: 1, life: 'life' };
  agent.send(JSON.stringify(beat), port, loopback);
  const [datagram] = (await once(agent, 'message')) as [Buffer];
  return claimedAck(datagram)?.epochFloor;
}

const close = (epochFloor: number, by = incarnation): ReturnType<Storage['closeLease']> =>
  storage.closeLease({ incarnation: by, host: 'h1', epochFloor });

test('closing a lease is durable before it is answered, and no older heartbeat renews it from then on', async () => {
  expect(await acknowledgedFloor(1)).toBe(0);
  const reply = await close(3);
  expect(reply).toMatchObject({ ok: true, value: { node: 'san1', epochFloor: 3 } });
  expect(await readFile(join(directory, 'floors.json'), 'utf8')).toContain('"h1":3');
  expect(await acknowledgedFloor(2)).toBe(3);
});

test('asked again it tells of the same renewal, and never opens what was closed higher', async () => {
  await acknowledgedFloor(1);
  const first = await close(3);
  await acknowledgedFloor(2);
  const again = await close(2);
  if (!first.ok || !again.ok) throw new Error('refused');
  expect(again.value.epochFloor).toBe(3);
  expect(again.value.renewedAgoMs).toBeGreaterThan(first.value.renewedAgoMs);
});

test('after a restart it is still closed, and what was renewed before counts until the restart', async () => {
  await acknowledgedFloor(1);
  await close(3);
  await storage.stop();
  const restartedAtMs = performance.now();
  storage = await started();
  const reply = await close(3);
  expect(await acknowledgedFloor(2)).toBe(3);
  if (!reply.ok) throw new Error('refused');
  expect(reply.value.renewedAgoMs).toBeLessThanOrEqual(performance.now() - restartedAtMs);
});

test("another incarnation's word closes nothing", async () => {
  expect(await close(3, 'inc0')).toMatchObject({ ok: false, refusal: { code: 'stale' } });
  expect(await acknowledgedFloor(1)).toBe(0);
});

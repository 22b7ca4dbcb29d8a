import { EventEmitter } from 'node:events';
import type { Server } from 'node:net';
import type { Request, Response } from 'express';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Problem } from '../http/problem.js';
import { caller } from '../testing/call.js';
import { startFakeCluster, type FakeCluster } from '../testing/fake-cluster.js';
import { addressKey, OpenSockets, RateLimit } from './rate-limit.js';

describe('a rate limit', () => {
  test('lets a burst through, then as many as the rate has, and says how long to wait', () => {
    let nowMs = 0;
    const limit = new RateLimit({ perSecond: 10, burst: 3 }, () => nowMs);
    for (let i = 0; i < 3; i += 1) expect(limit.take('a')).toEqual({ ok: true });
    expect(limit.take('a')).toEqual({ ok: false, waitMs: 100 });
    expect(limit.take('b')).toEqual({ ok: true });
    nowMs = 100;
    expect(limit.take('a')).toEqual({ ok: true });
    expect(limit.take('a').ok).toBe(false);
    nowMs = 100_000;
    for (let i = 0; i < 3; i += 1) expect(limit.take('a')).toEqual({ ok: true });
    expect(limit.take('a').ok).toBe(false);
  });

  test('remembers a bounded number of keys, the newest', () => {
    const limit = new RateLimit({ perSecond: 1, burst: 1 }, () => 0, 100);
    limit.take('busy');
    for (let i = 0; i < 1000; i += 1) {
      limit.take(`key-${i}`);
      expect(limit.take('busy').ok).toBe(false);
    }
    expect(limit.size).toBe(100);
  });

  test.each([
    ['10.0.0.1', '10.0.0.1'],
    ['::ffff:10.0.0.1', '10.0.0.1'],
    ['2001:db8:0:1:aaaa::1', '2001:db8:0:1::/64'],
    ['2001:db8:0:1:bbbb:1:2:3', '2001:db8:0:1::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
  ])('counts %s as %s', (address, key) => {
    expect(addressKey(address)).toBe(key);
  });
});

test('an address that has too many connections open is told so, and no other is', () => {
  const sockets = new OpenSockets(2);
  const server = new EventEmitter();
  sockets.follow(server as Server);
  const connect = (remoteAddress: string): EventEmitter => {
    const socket = Object.assign(new EventEmitter(), { remoteAddress });
    server.emit('connection', socket);
    return socket;
  };
  const ask = (remoteAddress: string): Problem | null => {
    const told: unknown[] = [];
    const request = { socket: { remoteAddress } } as Request;
    const response = { setHeader: () => undefined } as unknown as Response;
    void sockets.limit(request, response, (problem?: unknown) => void told.push(problem));
    return told[0] instanceof Problem ? told[0] : null;
  };
  const [first] = ['10.0.0.1', '10.0.0.1', '10.0.0.1', '10.0.0.2'].map(connect);
  expect(ask('10.0.0.1')).toMatchObject({ code: 'too-many-requests', headers: { 'Retry-After': '1' } });
  expect(ask('10.0.0.2')).toBeNull();
  first?.emit('close');
  expect(ask('10.0.0.1')).toBeNull();
});

describe('an API that is asked too much', () => {
  let cluster: FakeCluster;
  beforeAll(async () => {
    const never = { perSecond: 0.001 };
    cluster = await startFakeCluster({
      limits: { address: { ...never, burst: 8 }, token: { ...never, burst: 3 } },
    });
  });
  afterAll(async () => {
    await cluster.close();
  });
  const call = caller(() => cluster);

  test('answers 429 with Retry-After, first to the token and then to the address', async () => {
    for (let i = 0; i < 3; i += 1) expect((await call('/api/v1/status')).status).toBe(200);
    const { status, headers, body } = await call('/api/v1/status');
    expect(status).toBe(429);
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    expect(body).toMatchObject({ code: 'too-many-requests', detail: expect.stringContaining('token') as string });
    for (let i = 0; i < 4; i += 1) expect((await call('/api/v1/status', { token: `guess-${i}` })).status).toBe(401);
    const guess = await call('/api/v1/status', { token: 'one-more' });
    expect(guess.status).toBe(429);
    expect(guess.body.detail).toContain('address');
  });
});

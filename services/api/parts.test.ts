import { EventEmitter } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CloudEvent } from '@holdfast/contracts';
import type { Response } from 'express';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { operationId } from './commands.js';
import { incidentLedger } from './testing/fake-cluster.js';
import { EventStream, maxUnreadBytes } from './http/event-stream.js';
import { eventFilter } from './http/events.controller.js';
import { nearNames, whatThereIs } from './http/near-names.js';
import { readToken } from './http/token.js';
import { replicaViews, serverViews } from './redundancy.js';
import { singlePoints } from './single-points.js';
import { timelineOf } from './timeline.js';

describe('near names', () => {
  test('the nearest come first, and what begins alike is near', () => {
    expect(nearNames('web', ['db1', 'web-frontend', 'wed'])).toEqual(['web-frontend', 'wed']);
    expect(nearNames('', ['a'])).toEqual(['a']);
  });

  test('at most five are told, and of none near the first few', () => {
    const names = Array.from({ length: 20 }, (_, i) => `web${i + 10}`);
    expect(nearNames('web', names)).toHaveLength(5);
    expect(whatThereIs('VM', 'database', names).remedy).toBe(
      'there is web10, web11, web12, web13, web14 and 15 more',
    );
    expect(whatThereIs('VM', 'a', []).remedy).toBe('there is no VM at all yet');
  });
});

describe('the id of an operation', () => {
  const request = { method: 'POST', path: '/api/v1/vms', body: { a: 1, b: [1, 2] } };

  test('is new each time without a key', () => {
    expect(operationId(undefined, request)).not.toBe(operationId(undefined, request));
  });

  test('is derived from the key and the request, whatever the order of its fields', () => {
    const id = operationId('key', request);
    expect(operationId('key', { ...request, body: { b: [1, 2], a: 1 } })).toBe(id);
    expect(operationId('key', { ...request, body: { b: [2, 1], a: 1 } })).not.toBe(id);
    expect(operationId('key', { ...request, path: '/api/v1/vms/a' })).not.toBe(id);
    expect(operationId('other', request)).not.toBe(id);
  });

  test('a key that cannot be is refused', () => {
    expect(() => operationId('x'.repeat(201), request)).toThrow('Idempotency-Key');
  });
});

test('filters for events are short for people and whole for the stream', () => {
  expect(eventFilter(undefined)).toBe('evt.v1.>');
  expect(eventFilter('vm')).toBe('evt.v1.vm.>');
  expect(eventFilter('vm.web1')).toBe('evt.v1.vm.web1.>');
  expect(eventFilter('vm.*.started')).toBe('evt.v1.vm.*.started');
  expect(eventFilter('evt.v1.host.h1.>')).toBe('evt.v1.host.h1.>');
});

describe('single points of failure', () => {
  const redundant = {
    natsServers: { total: 3, alive: 3 },
    apiReplicas: 2,
    replicas: { scheduler: 2, failover: 2 },
    storageNodes: ['san1', 'san2'],
    onlineHosts: 3,
  };

  test('none are named where everything is there twice', () => {
    expect(singlePoints(redundant)).toEqual([]);
  });

  test('what is there once or not at all is named, each in a sentence', () => {
    const points = singlePoints({
      natsServers: { total: 1, alive: 1 },
      apiReplicas: 1,
      replicas: { scheduler: 0, failover: 1 },
      storageNodes: ['san1'],
      onlineHosts: 1,
    });
    expect(points).toHaveLength(6);
    for (const point of points) expect(point).toMatch(/^[A-Z].*: .*\.$/);
  });
});

describe('what there is several times', () => {
  const heard = (replica: string, agoMs: number, service = 'failover') => ({
    service, replica, startedAtMs: 1, heardAtMs: 100_000 - agoMs,
  });

  test('servers too few to lose one more are a single point, and those too few to decide are named', () => {
    const points = (alive: number): string[] =>
      singlePoints({
        natsServers: { total: 3, alive },
        apiReplicas: 2,
        replicas: { scheduler: 2, failover: 2 },
        storageNodes: ['san1', 'san2'],
        onlineHosts: 3,
      });
    expect(points(3)).toEqual([]);
    expect(points(2)).toEqual(['Only 2 of 3 NATS servers live: while one more is down, no host is failed over.']);
    expect(points(1).join()).toMatch(/^No majority .* \(1 of 3\)/);
  });

  test('a replica has the rank it takes itself: by name, among those of its service that are heard', () => {
    const views = replicaViews(
      [heard('c2', 100), heard('c1', 2000), heard('c3', 200), heard('c0', 9000), heard('c1', 0, 'scheduler')],
      ['c1', 'c4'],
      100_000,
    );
    const texts = views.map(({ service, replica, alive, rank }) => `${service} ${replica} ${alive} ${rank}`);
    expect(texts).toEqual([
      'failover c0 false null',
      'failover c1 true null',
      'failover c2 true 0',
      'failover c3 true 1',
      'failover c4 false null',
      'scheduler c1 true 0',
      'scheduler c4 false null',
    ]);
  });

  test('a configured server that nobody speaks of is shown as dead, one under another name only once', () => {
    const seen = [{ name: 'c1', alive: true, leads: ['vms'] }, { name: 'c2', alive: false, leads: [] }];
    const urls = ['tls://c1:4222', 'tls://c2:4222', 'tls://c3:4222'];
    expect(serverViews(seen, urls).map(({ server, alive }) => `${server} ${alive}`)).toEqual([
      'c1 true',
      'c2 false',
      'c3 false',
    ]);
    expect(serverViews(seen.slice(0, 1), ['tls://localhost:4222'])).toHaveLength(1);
  });
});

test('a timeline counts everything of the incident from when the host was last heard', () => {
  const ledger = incidentLedger('i', 'h1');
  const moved = {
    subject: 'db1',
    data: {
      atMs: ledger.lastHeardAtMs + 1500,
      text: 'db1 starts on h2',
      operation: null,
      incident: 'i',
    },
  } as CloudEvent;
  const lines = timelineOf(ledger, [moved]).map(
    ({ sinceHeardMs, text }) => `${sinceHeardMs} ${text}`,
  );
  expect(lines).toEqual([
    '0 last heard',
    '600 suspected',
    '700 not heard for 700 ms',
    '900 fencing, epoch 2',
    '901 proof storage-revoked asked for',
    '1100 proof storage-revoked obtained: 2 targets are gone',
    '1100 proven: its VMs cannot write any more',
    '1500 db1 starts on h2',
  ]);
});

describe('the token file', () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'holdfast-token-'));
  });
  afterAll(() => rm(directory, { recursive: true }));

  test('is read when only its owner may', async () => {
    const file = join(directory, 'good');
    await writeFile(file, `${'t'.repeat(40)}\n`, { mode: 0o600 });
    expect(await readToken(file)).toBe('t'.repeat(40));
    await chmod(file, 0o640);
    await expect(readToken(file)).rejects.toThrow(`chmod 600 ${file}`);
  });

  test('a short token or none is refused, without telling it', async () => {
    const file = join(directory, 'short');
    await writeFile(file, 'hunter2', { mode: 0o600 });
    const error = await readToken(file).catch((reason: unknown) => reason as Error);
    expect(String(error)).toContain('too short');
    expect(String(error)).not.toContain('hunter2');
    await expect(readToken(join(directory, 'none'))).rejects.toThrow('cannot be read');
  });
});

/** A client that reads nothing: whatever is written stays. */
class StuckResponse extends EventEmitter {
  writableLength = 0;
  destroyed = false;
  status(): this {
    return this;
  }
  set(): this {
    return this;
  }
  write(text: string): boolean {
    this.writableLength += text.length;
    return false;
  }
  destroy(): void {
    this.destroyed = true;
    this.emit('close');
  }
}

test('a client that does not read is cut off before it fills the memory', () => {
  const response = new StuckResponse();
  let closed = 0;
  const stream = new EventStream(response as unknown as Response, () => Promise.resolve(true));
  stream.open({ close: () => Promise.resolve(void (closed += 1)) });
  const frame = Buffer.from(`id: 1\ndata: ${'x'.repeat(1000)}\n\n`);
  for (let sent = 0; !response.destroyed && sent < 10_000; sent += 1) stream.send(frame);
  expect(response.destroyed).toBe(true);
  expect(response.writableLength).toBeLessThanOrEqual(maxUnreadBytes);
  expect(closed).toBe(1);
});

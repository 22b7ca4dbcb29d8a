import { describe, expect, it, vi } from 'vitest';
import type { Bus } from './bus.js';
import {
  beat,
  counts,
  double,
  noteEvent,
  notes,
  oldNotes,
  recordChanges,
  sealed,
  seen,
  places,
  serveDouble,
  serveTouch,
  touch,
  type BusFixture,
} from './bus-contract.js';

const until = <T>(check: () => T | Promise<T>): Promise<T> =>
  vi.waitFor(check, { timeout: 20_000, interval: 10 });
const timeoutMs = 10_000;
const note = (text: string, size = 1): { text: string; size: number } => ({ text, size });

/** What a bus leaves out, and why; its tests are shown as left out. */
export interface OutsideOfBus {
  schemas?: string;
  permissions?: string;
  streams?: string;
  servers?: string;
}

/** Every key its own, so that the tests can share one server. */
let count = 0;
const newKey = (): string => `k${(count += 1)}`;

async function readsOf(bus: Bus): Promise<{ log: string[]; close: () => Promise<void> }> {
  const { log, watch } = recordChanges();
  const subscription = await bus.bucket(notes).watch(watch);
  await until(() => expect(log).toContain('ready'));
  return { log, close: () => subscription.close() };
}

function bucketTests(fixture: () => BusFixture, outside: OutsideOfBus): void {
  const itChecks = it.runIf(outside.schemas === undefined);
  describe('a bucket', () => {
    it('creates a record once', async () => {
      const bucket = fixture().scheduler.bucket(notes);
      const key = newKey();
      expect(await bucket.create(key, note('a'))).toBeGreaterThan(0);
      expect(await bucket.create(key, note('b'))).toBeNull();
      expect((await bucket.get(key))?.value.text).toBe('a');
      expect(await bucket.get(newKey())).toBeNull();
    });

    it('updates only at the revision that was read', async () => {
      const bucket = fixture().scheduler.bucket(notes);
      const key = newKey();
      const first = (await bucket.create(key, note('a'))) ?? 0;
      const second = (await bucket.update(key, note('b'), first)) ?? 0;
      expect(second).toBeGreaterThan(first);
      expect(await bucket.update(key, note('c'), first)).toBeNull();
      expect(await bucket.get(key)).toEqual({ key, value: note('b'), revision: second });
    });

    it('removes only at the revision that was read, and creates again over what was removed', async () => {
      const bucket = fixture().scheduler.bucket(notes);
      const key = newKey();
      const first = (await bucket.create(key, note('a'))) ?? 0;
      expect(await bucket.remove(key, first + 1000)).toBe(false);
      expect(await bucket.remove(key, first)).toBe(true);
      expect(await bucket.get(key)).toBeNull();
      expect(await bucket.create(key, note('b'))).toBeGreaterThan(first);
    });

    itChecks('refuses a value against its schema, naming the field, and a key that is none', async () => {
      const bucket = fixture().scheduler.bucket(notes);
      await expect(bucket.create(newKey(), note('a', -1))).rejects.toMatchObject({
        code: 'invalid',
        message: expect.stringContaining('size') as string,
      });
      await expect(bucket.create('a.b', note('a'))).rejects.toMatchObject({ code: 'invalid' });
    });

    itChecks('reports a record that does not fit on reading, and does not deliver it', async () => {
      const { scheduler, problems } = fixture();
      const { log, close } = await readsOf(fixture().api);
      const [bad, good] = [newKey(), newKey()];
      await scheduler.bucket(oldNotes).create(bad, { title: 'x' });
      await scheduler.bucket(notes).create(good, note('a'));
      await until(() => expect(log).toContain(`${good}=a`));
      expect(log.filter((line) => line.startsWith(`${bad}=`))).toEqual([]);
      expect(problems.join()).toContain(`invalid-record notes/${bad}`);
      await expect(scheduler.bucket(notes).get(bad)).rejects.toMatchObject({ code: 'invalid' });
      await close();
    });

    it('lets only one of many racing writers win', async () => {
      const bucket = fixture().scheduler.bucket(notes);
      const key = newKey();
      const revision = (await bucket.create(key, note('start'))) ?? 0;
      const writers = Array.from({ length: 8 }, (_, i) => bucket.update(key, note(`w${i}`), revision));
      expect((await Promise.all(writers)).filter((result) => result !== null)).toHaveLength(1);
    });
  });

  describe('a watch', () => {
    it('gives what is there, then says ready, then gives every change in order', async () => {
      const { scheduler, api } = fixture();
      const bucket = scheduler.bucket(notes);
      const [a, b] = [newKey(), newKey()];
      await bucket.put(a, note('old'));
      await bucket.put(a, note('a1'));
      const { log, close } = await readsOf(api);
      const before = log.indexOf('ready');
      expect(log.slice(0, before)).toContain(`${a}=a1`);
      for (let i = 0; i < 20; i += 1) await bucket.put(b, note(`b${i}`));
      const last = await bucket.put(a, note('a2'));
      await bucket.remove(a, last);
      await until(() => expect(log).toContain(`${a} removed`));
      expect(log.slice(before + 1)).toEqual([
        ...Array.from({ length: 20 }, (_, i) => `${b}=b${i}`),
        `${a}=a2`,
        `${a} removed`,
      ]);
      await close();
    });

    it('does not give what was removed before it began', async () => {
      const { scheduler, api } = fixture();
      const bucket = scheduler.bucket(notes);
      const key = newKey();
      await bucket.remove(key, await bucket.put(key, note('gone')));
      const { log, close } = await readsOf(api);
      expect(log.join()).not.toContain(`${key}`.concat('='));
      await close();
    });

    it('of one key gives that key only', async () => {
      const { scheduler, h1 } = fixture();
      const { log, watch } = recordChanges();
      const subscription = await h1.bucket(notes).watch({ key: 'h1', ...watch });
      await until(() => expect(log).toContain('ready'));
      await scheduler.bucket(notes).put('h2', note('for h2'));
      await scheduler.bucket(notes).put('h1', note('for h1'));
      await until(() => expect(log).toContain('h1=for h1'));
      expect(log.join()).not.toContain('h2');
      await subscription.close();
    });

    it('of a whole bucket works for an agent that may read it', async () => {
      const { storage, h1 } = fixture();
      await storage.bucket(places).put('san1', { address: 'a' });
      const addresses: string[] = [];
      const subscription = await h1.bucket(places).watch({
        onChange: (change) => addresses.push(change.value?.address ?? ''),
        onReady: () => addresses.push('ready'),
      });
      await until(() => expect(addresses).toEqual(['a', 'ready']));
      await storage.bucket(places).put('san1', { address: 'b' });
      await until(() => expect(addresses).toEqual(['a', 'ready', 'b']));
      await subscription.close();
    });
  });
}

function requestTests(fixture: () => BusFixture, outside: OutsideOfBus): void {
  describe('a request', () => {
    it('is answered with a value or a refusal', async () => {
      const { scheduler, api } = fixture();
      await serveDouble(scheduler);
      expect(await api.request(double, null, { number: 4 }, { timeoutMs })).toEqual({
        ok: true,
        value: { number: 8 },
      });
      expect(await api.request(double, null, { number: -1 }, { timeoutMs })).toEqual({
        ok: false,
        refusal: { code: 'conflict', message: 'not below zero', field: 'number' },
      });
    });

    it.runIf(outside.schemas === undefined)('that does not fit is refused with its field', async () => {
      const reply = await fixture().api.request(double, null, { number: 5000 }, { timeoutMs });
      expect(reply).toMatchObject({ ok: false, refusal: { code: 'invalid', field: 'number' } });
      const extra = { number: 1, extra: true } as { number: number };
      const second = await fixture().api.request(double, null, extra, { timeoutMs });
      expect(second).toMatchObject({ ok: false, refusal: { code: 'invalid', field: 'extra' } });
    });

    it('to a node reaches that node, with the ids of what caused it', async () => {
      const { scheduler, h1 } = fixture();
      await serveTouch(h1);
      const context = { requestId: 'r-1', traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` };
      expect(await scheduler.request(touch, 'h1', {}, { timeoutMs, context })).toEqual({
        ok: true,
        value: { node: 'h1', ...context },
      });
    });

    it('that nobody serves says so', async () => {
      await expect(fixture().scheduler.request(touch, 'h9', {}, { timeoutMs })).rejects.toMatchObject({
        code: 'no-responder',
      });
    });

    it('that is not answered in time says so', async () => {
      const { scheduler, h2 } = fixture();
      const serving = await h2.serve(touch, () => new Promise(() => undefined));
      await expect(
        scheduler.request(touch, 'h2', {}, { timeoutMs: 100 }),
      ).rejects.toMatchObject({ code: 'timeout' });
      await serving.close();
    });

    it('whose handler fails says so to the caller and reports why', async () => {
      const { scheduler, h2, problems } = fixture();
      const serving = await h2.serve(touch, () => Promise.reject(new Error('broken')));
      await expect(scheduler.request(touch, 'h2', {}, { timeoutMs })).rejects.toMatchObject({
        code: 'internal',
      });
      expect(problems.join()).toContain('handler-failed touch');
      await serving.close();
    });
  });
}

function messageTests(fixture: () => BusFixture, outside: OutsideOfBus): void {
  it('a broadcast arrives with its sender', async () => {
    const { scheduler, h1, h2 } = fixture();
    const heard: string[] = [];
    const listening = await scheduler.listen(beat, (message, sender) => {
      heard.push(`${sender.service}@${sender.node} ${message.sequence}`);
    });
    h1.broadcast(beat, { sequence: 1 });
    h2.broadcast(beat, { sequence: 2 });
    await until(() => expect(heard).toHaveLength(2));
    expect(heard.sort()).toEqual(['host-agent@h1 1', 'host-agent@h2 2']);
    await listening.close();
  });

  it('an event is stored once for each id and is replayed from a sequence', async () => {
    const { scheduler, api } = fixture();
    for (const id of ['e1', 'e2', 'e1', 'e3']) {
      await scheduler.publishEvent('evt.v1.note.n1.written', noteEvent(id));
    }
    const all: [string, number][] = [];
    const following = await api.followEvents({
      since: 1,
      onEvent: (event, sequence) => all.push([event.id, sequence]),
    });
    await until(() => expect(all.map(([id]) => id)).toEqual(['e1', 'e2', 'e3']));
    const late: string[] = [];
    const fresh: string[] = [];
    const more = [
      await api.followEvents({ since: all[1]?.[1] ?? 0, onEvent: (event) => late.push(event.id) }),
      await api.followEvents({ since: 'new', onEvent: (event) => fresh.push(event.id) }),
      await api.followEvents({
        since: 1,
        filter: 'evt.v1.note.other.>',
        onEvent: () => expect.fail('does not pass the filter'),
      }),
    ];
    await scheduler.publishEvent('evt.v1.note.n1.written', noteEvent('e4'));
    await until(() => expect(late).toEqual(['e2', 'e3', 'e4']));
    await until(() => expect(fresh).toEqual(['e4']));
    await Promise.all([following, ...more].map((one) => one.close()));
  });

  const itStreams = it.runIf(outside.streams === undefined);
  itStreams('a message of another stream, too, and those without a part in it are refused', async () => {
    const { scheduler, api, h1 } = fixture();
    for (const count of [1, 2, 1, 3]) await scheduler.append(counts, `n${count}`, `id-${count}`, { count });
    const all: [number, number][] = [];
    const late: number[] = [];
    const following = await api.follow(counts, {
      since: 1, onMessage: ({ count }, sequence) => all.push([count, sequence]),
    });
    await until(() => expect(all.map(([count]) => count)).toEqual([1, 2, 3]));
    const more = await api.follow(counts, { since: all[1]?.[1] ?? 0, onMessage: ({ count }) => late.push(count) });
    await scheduler.append(counts, 'n4', 'id-4', { count: 4 });
    await until(() => expect(all).toHaveLength(4));
    await until(() => expect(late).toEqual([2, 3, 4]));
    await expect(api.append(counts, 'n5', 'id-5', { count: 5 })).rejects.toMatchObject({ code: 'forbidden' });
    await expect(h1.append(counts, 'n5', 'id-5', { count: 5 })).rejects.toMatchObject({ code: 'forbidden' });
    await following.close();
    await more.close();
  });

  it.runIf(outside.servers === undefined)('names the servers that keep a record, and who leads', async () => {
    const servers = await fixture().api.servers([notes, places], timeoutMs);
    expect(servers).toHaveLength(1);
    expect(servers[0]).toMatchObject({ alive: true, leads: ['notes', 'places'] });
  });

  it('a round trip takes a time', async () => {
    expect(await fixture().api.roundTrip(timeoutMs)).toBeGreaterThanOrEqual(0);
  });
}

function permissionTests(fixture: () => BusFixture, outside: OutsideOfBus): void {
  it.runIf(outside.permissions === undefined)('everyone is held to what is theirs', async () => {
    const { api, h1, storage } = fixture();
    const forbidden = { code: 'forbidden' };
    expect(await h1.bucket(seen).put('h1', { count: 1 })).toBeGreaterThan(0);
    expect((await h1.bucket(seen).get('h1'))?.value).toEqual({ count: 1 });
    await expect(h1.bucket(seen).put('h2', { count: 1 })).rejects.toMatchObject(forbidden);
    await expect(h1.bucket(notes).put('h1', note('x'))).rejects.toMatchObject(forbidden);
    await expect(api.bucket(notes).put('h1', note('x'))).rejects.toMatchObject(forbidden);
    await storage.bucket(sealed).put('h1', { secret: 'one' });
    await storage.bucket(sealed).put('h2', { secret: 'two' });
    expect((await h1.bucket(sealed).get('h1'))?.value.secret).toBe('one');
    await expect(h1.bucket(sealed).get('h2')).rejects.toMatchObject(forbidden);
    await expect(
      h1.bucket(sealed).watch({ key: 'h2', ...recordChangesOfAnything() }),
    ).rejects.toMatchObject(forbidden);
    await expect(h1.request(double, null, { number: 1 }, { timeoutMs })).rejects.toMatchObject(forbidden);
  });
}

const recordChangesOfAnything = (): { onChange(): void; onReady(): void } => ({
  onChange: () => expect.fail('must not be delivered'),
  onReady: () => undefined,
});

/** What every bus must do, in memory and on the real server alike. */
export function busContractSuite(fixture: () => BusFixture, outside: OutsideOfBus = {}): void {
  bucketTests(fixture, outside);
  requestTests(fixture, outside);
  messageTests(fixture, outside);
  permissionTests(fixture, outside);
}

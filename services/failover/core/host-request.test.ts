import { expect, test } from 'vitest';
import { admitHostAdmin } from './host-request.js';
import { envAt, hostRecord, startMs } from './testing/hosts.js';

const say = (host: ReturnType<typeof hostRecord>, admin: 'active' | 'maintenance', after: number) =>
  admitHostAdmin(host, { host: host.host, admin, after, reason: 'a new fan' }, envAt(startMs));

test('a host comes into maintenance and back, each time after what was known of it', () => {
  const { change: away } = say(hostRecord(), 'maintenance', 0);
  expect(away).toMatchObject({ admin: 'maintenance', adminChanges: 1 });
  expect(away?.transitions.at(-1)?.event).toBe('host.maintenance');
  const { change: back } = say(away ?? hostRecord(), 'active', 1);
  expect(back).toMatchObject({ admin: 'active', adminChanges: 2 });
});

test('a request that comes late changes nothing, and is told so unless it is as it wants', () => {
  const later = hostRecord({ admin: 'active', adminChanges: 2 });
  expect(say(later, 'maintenance', 0)).toMatchObject({ change: null, reply: { refusal: { code: 'stale' } } });
  expect(say(later, 'active', 1)).toMatchObject({ change: null, reply: { ok: true } });
});

test('what is so already is noted all the same: whoever was asked before that has lost', () => {
  const host = hostRecord();
  const { change } = say(host, 'active', 0);
  expect(change).toEqual({ ...host, adminChanges: 1 });
  expect(say(change ?? host, 'maintenance', 0).change).toBeNull();
});

import { afterEach, expect, it, vi } from 'vitest';
import { wholeReader } from './nats-bucket.js';
import type { NatsLink } from './nats-link.js';

afterEach(() => vi.useRealTimers());

it('reading over a connection that is closed fails, and leaves nothing that fails later', async () => {
  vi.useFakeTimers();
  const closed = new Error('closed connection');
  const nc = {
    subscribe: () => {
      throw closed;
    },
  };
  const link = { nc, inboxPrefix: '_INBOX.failover' } as unknown as NatsLink;
  await expect(wholeReader(link, 'KV_hosts', 'kv.hosts.>').readAfter(0)).rejects.toBe(closed);
  expect(vi.getTimerCount()).toBe(0);
});

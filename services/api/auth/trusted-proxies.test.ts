import { expect, test } from 'vitest';
import { startFakeCluster } from '../testing/fake-cluster.js';

const one = { perSecond: 0.001, burst: 1 };

/** What each of these requests is answered, where an address may ask once. */
async function statusesOf(trustedProxies: string[] | undefined, forwarded: readonly string[]): Promise<number[]> {
  const cluster = await startFakeCluster({
    limits: { address: one, token: { perSecond: 100, burst: 100 } }, ...(trustedProxies && { trustedProxies }),
  });
  try {
    const statuses: number[] = [];
    for (const address of forwarded) {
      const headers = { authorization: `Bearer ${cluster.token}`, 'x-forwarded-for': address };
      statuses.push((await fetch(`${cluster.api.url}/api/v1/status`, { headers })).status);
    }
    return statuses;
  } finally {
    await cluster.close();
  }
}

test('nobody is believed whom they forward for, unless it is a trusted proxy', async () => {
  const forwarded = ['192.0.2.1', '192.0.2.2'];
  expect(await statusesOf(undefined, forwarded)).toEqual([200, 429]);
  expect(await statusesOf(['10.0.0.0/8'], forwarded)).toEqual([200, 429]);
  expect(await statusesOf(['127.0.0.0/8'], forwarded)).toEqual([200, 200]);
});

test('of a trusted proxy only the address that it adds itself counts', async () => {
  const forwarded = ['192.0.2.1, 192.0.2.9', '192.0.2.2, 192.0.2.9', '192.0.2.9'];
  expect(await statusesOf(['127.0.0.0/8'], forwarded)).toEqual([200, 429, 429]);
});

test('what is no address is as if nothing were forwarded', async () => {
  expect(await statusesOf(['127.0.0.0/8'], ['<b>', 'unknown'])).toEqual([200, 429]);
});

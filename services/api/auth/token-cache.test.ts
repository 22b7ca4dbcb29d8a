import { describe, expect, test } from 'vitest';
import { Problem } from '../http/problem.js';
import { localPrincipal } from './principal.js';
import { newSecret } from './secrets.js';
import { freshMs, staleMs, TokenCache, type VerifiedToken } from './token-cache.js';

const { secret } = newSecret('token');
const away = new Problem('unavailable', 'away');

interface Remembering {
  cache: TokenCache;
  looks: () => number;
  at: (ms: number) => void;
  answer: (next: unknown) => void;
}

function remembering(): Remembering {
  let nowMs = 0;
  let looks = 0;
  let answer: unknown = { principal: localPrincipal, tokenId: 't', endsAtMs: 10 * staleMs };
  const look = (): Promise<VerifiedToken | null> => {
    looks += 1;
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer as VerifiedToken | null);
  };
  const cache = new TokenCache(look, () => nowMs);
  return { cache, looks: () => looks, at: (ms) => (nowMs = ms), answer: (next) => (answer = next) };
}

describe('the memory of tokens', () => {
  test('looks a token up once in a while, and many requests at once as one', async () => {
    const { cache, looks, at } = remembering();
    await Promise.all(Array.from({ length: 50 }, () => cache.verify(secret)));
    at(freshMs - 1);
    await cache.verify(secret);
    expect(looks()).toBe(1);
    at(freshMs);
    await cache.verify(secret);
    expect(looks()).toBe(2);
  });

  test('lets a good one go on for minutes while the database is away, and no longer', async () => {
    const { cache, at, answer } = remembering();
    await cache.verify(secret);
    answer(away);
    at(staleMs - 1);
    expect(await cache.verify(secret)).toBe(localPrincipal);
    at(staleMs);
    await expect(cache.verify(secret)).rejects.toBe(away);
  });

  test('looks a token up again, and lets none go on, after the clock was set back', async () => {
    const { cache, looks, at, answer } = remembering();
    at(staleMs);
    await cache.verify(secret);
    at(0);
    answer(away);
    await expect(cache.verify(secret)).rejects.toBe(away);
    expect(looks()).toBe(2);
  });

  test('does not let one go on past its end', async () => {
    const { cache, at, answer } = remembering();
    answer({ principal: localPrincipal, tokenId: 't', endsAtMs: freshMs / 2 });
    await cache.verify(secret);
    answer(away);
    at(freshMs / 2);
    await expect(cache.verify(secret)).rejects.toBe(away);
  });

  test('heeds a revocation within the fresh time, and at once where it was done', async () => {
    const { cache, at, answer } = remembering();
    await cache.verify(secret);
    answer(null);
    at(freshMs);
    expect(await cache.verify(secret)).toBeNull();
    answer(away);
    await expect(cache.verify(secret)).rejects.toBe(away);
  });

  test('does not remember an answer from before something changed', async () => {
    const { cache, looks } = remembering();
    const early = cache.verify(secret);
    cache.forgetAll();
    await early;
    await cache.verify(secret);
    expect(looks()).toBe(2);
  });

  test('looks up nothing that has not the form of a token', async () => {
    const { cache, looks } = remembering();
    for (const text of ['', 'x', 'eyJhbGciOiJub25lIn0.e30.', `${secret}x`, newSecret('setup').secret]) {
      expect(await cache.verify(text)).toBeNull();
    }
    expect(looks()).toBe(0);
  });
});

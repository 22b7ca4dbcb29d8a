import { expect, test } from 'vitest';
import { Problem } from '../http/problem.js';
import { Passwords } from './passwords.js';

test('no address takes the places of others, and each place comes back', async () => {
  const passwords = new Passwords();
  const ends: (() => void)[] = [];
  const enter = (address: string): Promise<void> =>
    passwords.admit(address, () => new Promise<void>((resolve) => ends.push(resolve)));
  const refusal = async (address: string): Promise<Problem | null> =>
    await passwords.admit(address, () => Promise.resolve(null)).catch((error: unknown) =>
      error instanceof Problem ? error : null);
  const inside = Array.from({ length: 16 }, () => enter('a'));
  expect(await refusal('a')).toMatchObject({ status: 429, headers: { 'Retry-After': '1' } });
  expect(await refusal('b')).toBeNull();
  for (const address of ['b', 'c', 'd']) inside.push(...Array.from({ length: 16 }, () => enter(address)));
  expect(await refusal('e')).toMatchObject({ status: 503, headers: { 'Retry-After': '1' } });
  for (const end of ends) end();
  await Promise.all(inside);
  expect(await refusal('a')).toBeNull();
  expect(await refusal('e')).toBeNull();
});

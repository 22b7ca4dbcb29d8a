import { nkeys } from '@nats-io/transport-node';
import { describe, expect, test } from 'vitest';
import { nkeyProof } from './nkey.js';

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

describe('the proof of an nkey', () => {
  test('is what the holder of the public key accepts, for any key', () => {
    for (let round = 0; round < 5; round += 1) {
      const pair = nkeys.createUser();
      const nonce = `nonce-${round}`;
      const { nkey, sig } = nkeyProof(`${text(pair.getSeed())}\n`)(nonce) as { nkey: string; sig: string };
      expect(nkey).toBe(pair.getPublicKey());
      const known = nkeys.fromPublic(nkey);
      const signature = new Uint8Array(Buffer.from(sig, 'base64'));
      expect(known.verify(new TextEncoder().encode(nonce), signature)).toBe(true);
      expect(known.verify(new TextEncoder().encode('another'), signature)).toBe(false);
    }
  });

  test('is not made from what is no seed', () => {
    expect(() => nkeyProof('SUNOSEED')).toThrow();
    expect(() => nkeyProof(nkeys.createUser().getPublicKey())).toThrow();
  });
});

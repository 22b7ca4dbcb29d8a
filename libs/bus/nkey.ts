import { nkeys, type Authenticator } from '@nats-io/transport-node';
import { createPrivateKey, sign, type KeyObject } from 'node:crypto';

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const seedBytes = 32;
/** Before the seed stand two bytes that say whose it is; after it, a checksum. */
const prefixBytes = 2;
/** An Ed25519 private key as PKCS #8, up to its seed (RFC 8410). */
const pkcs8Header = Buffer.from('302e020100300506032b657004220420', 'hex');

/**
 * Proves who we are with an nkey seed (`SU...`). The NATS client would sign in JavaScript: hundreds of milliseconds at
 * every reconnect in a process without compilers, in which a host's agent says nothing and looks frozen.
 * @throws when it is no seed.
 */
export function nkeyProof(seed: string): Authenticator {
  const text = seed.trim();
  const nkey = nkeys.fromSeed(new TextEncoder().encode(text)).getPublicKey();
  const key = privateKeyOf(text);
  return (nonce) => ({ nkey, sig: sign(null, Buffer.from(nonce ?? ''), key).toString('base64') });
}

function privateKeyOf(seed: string): KeyObject {
  const raw = decodeBase32(seed).subarray(prefixBytes, prefixBytes + seedBytes);
  return createPrivateKey({ key: Buffer.concat([pkcs8Header, raw]), format: 'der', type: 'pkcs8' });
}

function decodeBase32(text: string): Buffer {
  const bytes: number[] = [];
  let bits = 0;
  let value = 0;
  for (const letter of text) {
    value = ((value << 5) | alphabet.indexOf(letter)) & 0xffff;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push((value >> bits) & 0xff);
  }
  return Buffer.from(bytes);
}

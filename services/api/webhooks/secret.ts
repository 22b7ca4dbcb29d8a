import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import { readToken } from '../http/token.js';

const nonceBytes = 12;
const tagBytes = 16;
const keyBytes = 32;

/** The key that webhooks' secrets are encrypted with, from its file of mode 600: 32 bytes as base64url. */
export async function readWebhookKey(file: string): Promise<Buffer> {
  const key = Buffer.from(await readToken(file), 'base64url');
  if (key.length === keyBytes) return key;
  throw new Error(`webhookKeyFile: ${file} does not hold 32 bytes as base64url`);
}

export function newSecret(): Buffer {
  return randomBytes(32);
}

/** @param webhook whose it is: a secret put in another's place is not accepted by `unsealed`. */
export function sealed(secret: Buffer, key: Buffer, webhook: string): Buffer {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(webhook));
  const text = Buffer.concat([cipher.update(secret), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), text]);
}

/** @throws Error for another key, another webhook, or anything changed. */
export function unsealed(stored: Buffer, key: Buffer, webhook: string): Buffer {
  const nonce = stored.subarray(0, nonceBytes);
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes })
    .setAAD(Buffer.from(webhook))
    .setAuthTag(stored.subarray(nonceBytes, nonceBytes + tagBytes));
  return Buffer.concat([decipher.update(stored.subarray(nonceBytes + tagBytes)), decipher.final()]);
}

/** The header `Holdfast-Signature`. */
export function signatureOf(body: string, secret: Buffer, atMs: number): string {
  const seconds = Math.floor(atMs / 1000);
  return `t=${seconds},v1=${createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')}`;
}

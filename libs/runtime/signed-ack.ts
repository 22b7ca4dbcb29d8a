import { createHmac, timingSafeEqual } from 'node:crypto';
import { heartbeatAckSchema, signedAckSchema, type HeartbeatAck } from '@holdfast/contracts';

/** A storage node's acknowledgement of a heartbeat, as a datagram that only who has the host's key can make. */
export function signedAck(ack: HeartbeatAck, key: string): Buffer {
  const text = JSON.stringify(ack);
  return Buffer.from(JSON.stringify({ ack: text, mac: macOf(text, key) }));
}

/** The node that a datagram claims to be from; null when it is no acknowledgement. Nothing is proven by it. */
export function claimedAck(datagram: Buffer): HeartbeatAck | null {
  const signed = signedAckSchema.safeParse(parsed(datagram.toString('utf8')));
  if (!signed.success) return null;
  const ack = heartbeatAckSchema.safeParse(parsed(signed.data.ack));
  return ack.success ? ack.data : null;
}

/** Whether it was made with this key. */
export function isSignedBy(datagram: Buffer, key: string): boolean {
  const signed = signedAckSchema.safeParse(parsed(datagram.toString('utf8')));
  if (!signed.success) return false;
  const expected = Buffer.from(macOf(signed.data.ack, key));
  const given = Buffer.from(signed.data.mac);
  return given.length === expected.length && timingSafeEqual(given, expected);
}

function macOf(text: string, key: string): string {
  return createHmac('sha256', key).update(text).digest('base64url');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

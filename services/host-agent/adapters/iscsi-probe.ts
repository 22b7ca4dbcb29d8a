/**
 * Asks an iSCSI portal whether it would let an initiator log in to a target: the first request of a login, which offers
 * CHAP, and hangs up at the answer. It carries no secret, opens no session, and ends none (its ISID is its own).
 * Format: RFC 7143, 11.12 and 11.13.
 */
import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import type { Portal } from '../ports.js';

const headerBytes = 48;
const loginRequest = 0x43;
const loginResponse = 0x23;
/** From the security stage on to the operational one. */
const stages = 0x81;
/** The ISID is a random number. */
const randomIsid = 0x80;
const statusClassAt = 36;

export type LoginAnswer = 'welcome' | 'refused' | 'silent';

export interface ProbeOptions {
  /** Address of this host on the storage network: another way there would prove nothing. */
  localAddress: string;
  timeoutMs: number;
}

/** Never throws; `silent` is also a connection that is refused, or an answer that is no login's. */
export function askForLogin(
  portal: Portal,
  names: { initiatorName: string; iqn: string },
  { localAddress, timeoutMs }: ProbeOptions,
): Promise<LoginAnswer> {
  return new Promise((resolve) => {
    const socket = connect({ host: portal.address, port: portal.port, localAddress, noDelay: true });
    const timer = setTimeout(() => end('silent'), timeoutMs);
    let received = Buffer.alloc(0);
    const end = (answer: LoginAnswer): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    let isConnected = false;
    // tgtd hangs up on everybody as long as it has no target at all: it is there, and lets nobody in.
    const hungUp = (): void => end(isConnected ? 'refused' : 'silent');
    socket.on('connect', () => {
      isConnected = true;
      socket.write(loginPdu(names));
    });
    socket.on('end', hungUp);
    socket.on('error', (error: NodeJS.ErrnoException) => (error.code === 'ECONNRESET' ? hungUp() : end('silent')));
    socket.on('close', () => end('silent'));
    socket.on('data', (bytes: Buffer) => {
      received = Buffer.concat([received, bytes]);
      if (received.length < headerBytes) return;
      if ((received.readUInt8(0) & 0x3f) !== loginResponse) end('silent');
      else end(received.readUInt8(statusClassAt) === 0 ? 'welcome' : 'refused');
    });
  });
}

function loginPdu({ initiatorName, iqn }: { initiatorName: string; iqn: string }): Buffer {
  const keys = { InitiatorName: initiatorName, TargetName: iqn, SessionType: 'Normal', AuthMethod: 'CHAP' };
  const text = Object.entries(keys)
    .map(([key, value]) => `${key}=${value}\0`)
    .join('');
  const header = Buffer.alloc(headerBytes);
  header.writeUInt8(loginRequest, 0);
  header.writeUInt8(stages, 1);
  header.writeUIntBE(Buffer.byteLength(text), 5, 3);
  header.writeUInt8(randomIsid, 8);
  randomBytes(5).copy(header, 9);
  const padding = Buffer.alloc((4 - (Buffer.byteLength(text) % 4)) % 4);
  return Buffer.concat([header, Buffer.from(text), padding]);
}

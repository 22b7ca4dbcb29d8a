/** Just enough of an iSCSI initiator (RFC 7143) to stop a login where no well-behaved one does. */
import { createHash } from 'node:crypto';
import type { Readable, Writable } from 'node:stream';

const HEADER_BYTES = 48;
const SECURITY = 0;
const OPERATIONAL = 1;
const FULL_FEATURE = 3;
const TRANSIT = 0x80;
const BLOCK_BYTES = 4096;

export interface IscsiLogin {
  iqn: string;
  chapUser: string;
  chapPassword: string;
}

export class IscsiDialog {
  private received = Buffer.alloc(0);
  private ended = false;
  private wake: () => void = () => undefined;
  private tag = 1;

  constructor(
    private readonly input: Writable,
    output: Readable,
  ) {
    input.on('error', () => this.end());
    output.on('data', (chunk: Buffer) => {
      this.received = Buffer.concat([this.received, chunk]);
      this.wake();
    });
    output.on('end', () => this.end());
  }

  /** Everything up to and with CHAP; true when the target accepted the secret. */
  async proveSecret(login: IscsiLogin): Promise<boolean> {
    const names = {
      InitiatorName: 'iqn.2026-01.io.holdfast:frozen',
      TargetName: login.iqn,
      SessionType: 'Normal',
      AuthMethod: 'CHAP',
    };
    if (!(await this.loginStep(SECURITY, names))) return false;
    const challenge = await this.loginStep(SECURITY, { CHAP_A: '5' });
    if (!challenge?.CHAP_C || !challenge.CHAP_I) return false;
    const response = createHash('md5')
      .update(Buffer.from([Number(challenge.CHAP_I)]))
      .update(login.chapPassword)
      .update(Buffer.from(challenge.CHAP_C.replace(/^0x/i, ''), 'hex'))
      .digest('hex');
    const proof = { CHAP_N: login.chapUser, CHAP_R: `0x${response}` };
    return (await this.loginStep(TRANSIT | OPERATIONAL, proof)) !== null;
  }

  /** The rest of the login; true when the target opened the full feature phase. */
  async finish(): Promise<boolean> {
    const keys = { HeaderDigest: 'None', DataDigest: 'None', ImmediateData: 'Yes' };
    return (await this.loginStep(TRANSIT | (OPERATIONAL << 2) | FULL_FEATURE, keys)) !== null;
  }

  /** WRITE (10) of one block with immediate data; true when the target answered GOOD. */
  async write(block: number, mark: number): Promise<boolean> {
    // The first command of a session is answered with a unit attention.
    for (let attempt = 1; attempt <= 2; attempt += 1) {
      const header = this.header(0x01, 0xa1, BLOCK_BYTES);
      header.writeUInt8(1, 9);
      header.writeUInt32BE(BLOCK_BYTES, 20);
      header.writeUInt32BE(attempt, 24);
      header.writeUInt8(0x2a, 32);
      header.writeUInt32BE(block * (BLOCK_BYTES / 512), 34);
      header.writeUInt16BE(BLOCK_BYTES / 512, 39);
      this.input.write(Buffer.concat([header, Buffer.alloc(BLOCK_BYTES, mark)]));
      const answer = await this.answer();
      if (answer === null) return false;
      if ((answer.header.readUInt8(0) & 0x3f) === 0x21 && answer.header.readUInt8(3) === 0)
        return true;
    }
    return false;
  }

  private async loginStep(
    flags: number,
    keys: Record<string, string>,
  ): Promise<Record<string, string> | null> {
    const text = Object.entries(keys)
      .map(([key, value]) => `${key}=${value}\0`)
      .join('');
    const header = this.header(0x43, flags, text.length);
    header.writeUIntBE(0x80_0000_000001, 8, 6);
    header.writeUInt32BE(1, 24);
    this.input.write(
      Buffer.concat([header, Buffer.from(text), Buffer.alloc((4 - (text.length % 4)) % 4)]),
    );
    const answer = await this.answer();
    const accepted =
      answer && (answer.header.readUInt8(0) & 0x3f) === 0x23 && answer.header.readUInt8(36) === 0;
    if (!accepted) return null;
    const pairs = answer.data
      .toString()
      .split('\0')
      .filter((pair) => pair !== '');
    return Object.fromEntries(
      pairs.map((pair) => [pair.split('=', 1)[0], pair.slice(pair.indexOf('=') + 1)]),
    );
  }

  private header(opcode: number, flags: number, dataBytes: number): Buffer {
    const header = Buffer.alloc(HEADER_BYTES);
    header.writeUInt8(opcode, 0);
    header.writeUInt8(flags, 1);
    header.writeUIntBE(dataBytes, 5, 3);
    header.writeUInt32BE(this.tag, 16);
    if (opcode === 0x01) this.tag += 1;
    return header;
  }

  /** The next PDU, or null when the target has hung up. */
  private async answer(): Promise<{ header: Buffer; data: Buffer } | null> {
    for (;;) {
      if (this.received.length >= HEADER_BYTES) {
        const dataBytes = this.received.readUIntBE(5, 3);
        const totalBytes = HEADER_BYTES + Math.ceil(dataBytes / 4) * 4;
        if (this.received.length >= totalBytes) {
          const header = this.received.subarray(0, HEADER_BYTES);
          const data = this.received.subarray(HEADER_BYTES, HEADER_BYTES + dataBytes);
          this.received = this.received.subarray(totalBytes);
          return { header, data };
        }
      }
      if (this.ended) return null;
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
  }

  private end(): void {
    this.ended = true;
    this.wake();
  }
}

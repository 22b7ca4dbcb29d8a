/**
 * A client of tgtd's management socket, so that no secret ever stands in a command line.
 *
 * The protocol is `struct tgtadm_req` / `struct tgtadm_rsp` of tgt's `usr/tgtadm.h` (1.0.85): one
 * request per connection, native byte order (here: little endian), an optional NUL-terminated text
 * after the header.
 */
import { createConnection } from 'node:net';

const REQUEST_BYTES = 120;
const RESPONSE_BYTES = 8;
const LLD_OFFSET = 8;
const LLD = 'iscsi';
/** tgtd refuses request texts above 8 KiB; every text here is far shorter. */
const MAX_TEXT_BYTES = 4096;
const NONE_U64 = 0xffff_ffff_ffff_ffffn;

const MODES = { target: 1, logicalUnit: 2, connection: 6, account: 7 } as const;
const OPERATIONS = { new: 0, delete: 1, show: 2, bind: 3, unbind: 4 } as const;

/** `enum tgtadm_errno`; a number that is not here is reported as it is. */
const ERROR_NAMES = [
  'success',
  'unknown-error',
  'no-memory',
  'no-driver',
  'no-target',
  'no-lun',
  'no-session',
  'no-connection',
  'no-binding',
  'target-exists',
  'binding-exists',
  'lun-exists',
  'acl-exists',
  'no-acl',
  'account-exists',
  'no-account',
  'too-many-accounts',
  'invalid-request',
  'outgoing-account-exists',
  'target-active',
  'lun-active',
  'driver-active',
  'unsupported',
  'unknown-parameter',
  'removal-prevented',
] as const;

export type TgtRefusal = (typeof ERROR_NAMES)[number];

/**
 * `refused`: tgtd answered with an error (`refusal`). Otherwise nothing is known about what tgtd
 * did.
 */
export class TgtError extends Error {
  constructor(
    readonly code: 'refused' | 'timeout' | 'unavailable' | 'protocol',
    readonly refusal: TgtRefusal | null,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
    this.name = 'TgtError';
  }
}

export interface TgtRequest {
  mode: keyof typeof MODES;
  operation: keyof typeof OPERATIONS;
  /** Target number, or -1 for all of them. */
  tid?: number;
  /** Session number, for `connection` only. */
  session?: bigint;
  connection?: number;
  lun?: bigint;
  force?: boolean;
  /** `name=value,...`; may hold a secret, and is therefore never part of an error. */
  text?: string;
}

export interface TgtSocketOptions {
  /** tgtd's socket, usually `/run/tgtd/socket.0`. */
  path: string;
  timeoutMs: number;
  maxResponseBytes?: number;
}

/** Encodes one request as tgtd reads it. */
export function encodeRequest(request: TgtRequest): Buffer {
  const text =
    request.text === undefined ? Buffer.alloc(0) : Buffer.from(`${request.text}\0`, 'latin1');
  if (text.length > MAX_TEXT_BYTES)
    throw new TgtError('protocol', null, 'request text is too long');
  const header = Buffer.alloc(REQUEST_BYTES);
  header.writeUInt32LE(MODES[request.mode], 0);
  header.writeUInt32LE(OPERATIONS[request.operation], 4);
  header.write(LLD, LLD_OFFSET, 'latin1');
  header.writeUInt32LE(REQUEST_BYTES + text.length, 72);
  header.writeInt32LE(request.tid ?? -1, 76);
  header.writeBigUInt64LE(request.session ?? 0n, 80);
  header.writeBigUInt64LE(request.lun ?? NONE_U64, 88);
  header.writeUInt32LE(request.connection ?? 0, 96);
  header.writeUInt32LE(request.force === true ? 1 : 0, 116);
  return Buffer.concat([header, text]);
}

export class TgtSocket {
  constructor(private readonly options: TgtSocketOptions) {}

  /** Sends one request and returns the text of the answer. Throws `TgtError`. */
  call(request: TgtRequest): Promise<string> {
    const message = encodeRequest(request);
    const what = `${request.operation} ${request.mode}`;
    const maxBytes = this.options.maxResponseBytes ?? 8 * 1024 * 1024;
    return new Promise((resolve, reject) => {
      const socket = createConnection({ path: this.options.path });
      const answer = new AnswerReader(what, maxBytes);
      const finish = (settle: () => void): void => {
        clearTimeout(timer);
        socket.destroy();
        settle();
      };
      const fail = (
        code: 'timeout' | 'unavailable' | 'protocol',
        message: string,
        cause?: unknown,
      ): void => finish(() => reject(new TgtError(code, null, `${what}: ${message}`, { cause })));
      const timer = setTimeout(
        () => fail('timeout', `tgtd did not answer in ${this.options.timeoutMs} ms`),
        this.options.timeoutMs,
      );
      socket.on('error', (cause) => fail('unavailable', 'tgtd cannot be reached', cause));
      socket.on('close', () =>
        fail('unavailable', 'tgtd closed the connection before it had answered'),
      );
      socket.on('connect', () => socket.write(message));
      socket.on('data', (chunk: Buffer) => {
        try {
          const text = answer.read(chunk);
          if (text !== null) finish(() => resolve(text));
        } catch (error) {
          finish(() => reject(error));
        }
      });
    });
  }
}

/** Collects one answer: error number, length, text. */
class AnswerReader {
  private chunks: Buffer[] = [];
  private receivedBytes = 0;

  constructor(
    private readonly what: string,
    private readonly maxBytes: number,
  ) {}

  /** The text once it is complete, else null. */
  read(chunk: Buffer): string | null {
    this.chunks.push(chunk);
    this.receivedBytes += chunk.length;
    if (this.receivedBytes < RESPONSE_BYTES) return null;
    const joined = this.chunks.length === 1 ? chunk : Buffer.concat(this.chunks);
    this.chunks = [joined];
    const errorNumber = joined.readUInt32LE(0);
    const totalBytes = joined.readUInt32LE(4);
    if (errorNumber !== 0) {
      const refusal = ERROR_NAMES[errorNumber] ?? 'unknown-error';
      throw new TgtError(
        'refused',
        refusal,
        `${this.what}: tgtd refused: ${refusal} (${errorNumber})`,
      );
    }
    if (totalBytes < RESPONSE_BYTES || totalBytes > this.maxBytes) {
      throw new TgtError(
        'protocol',
        null,
        `${this.what}: tgtd announced an answer of ${totalBytes} bytes`,
      );
    }
    if (joined.length < totalBytes) return null;
    return joined.toString('utf8', RESPONSE_BYTES, totalBytes).replace(/\0+$/, '');
  }
}

/**
 * XDR (RFC 4506), as much of it as libvirt's RPC uses: big-endian, everything padded to four bytes.
 * A reader trusts nothing: every length is checked against what is there before it is used.
 */

export class XdrError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'XdrError';
  }
}

/** Value of a libvirt typed parameter. Integers beyond 2^53 stay bigint. */
export type TypedValue =
  | { type: 'int' | 'uint' | 'llong' | 'ullong'; value: number | bigint }
  | { type: 'double'; value: number }
  | { type: 'boolean'; value: boolean }
  | { type: 'string'; value: string };

export interface TypedParameter {
  field: string;
  value: TypedValue;
}

/** `virTypedParameterType`, libvirt-common.h. */
const typedCodes = {
  int: 1,
  uint: 2,
  llong: 3,
  ullong: 4,
  double: 5,
  boolean: 6,
  string: 7,
} as const;

const paddingLength = (length: number): number => (4 - (length % 4)) % 4;

export class XdrWriter {
  private readonly chunks: Buffer[] = [];

  int(value: number): this {
    const chunk = Buffer.alloc(4);
    chunk.writeInt32BE(value);
    this.chunks.push(chunk);
    return this;
  }

  uint(value: number): this {
    const chunk = Buffer.alloc(4);
    chunk.writeUInt32BE(value);
    this.chunks.push(chunk);
    return this;
  }

  hyper(value: bigint): this {
    const chunk = Buffer.alloc(8);
    chunk.writeBigInt64BE(value);
    this.chunks.push(chunk);
    return this;
  }

  uhyper(value: bigint): this {
    const chunk = Buffer.alloc(8);
    chunk.writeBigUInt64BE(value);
    this.chunks.push(chunk);
    return this;
  }

  double(value: number): this {
    const chunk = Buffer.alloc(8);
    chunk.writeDoubleBE(value);
    this.chunks.push(chunk);
    return this;
  }

  /** Bytes of a length both sides know (a UUID). */
  fixedOpaque(value: Buffer): this {
    this.chunks.push(value, Buffer.alloc(paddingLength(value.length)));
    return this;
  }

  opaque(value: Buffer): this {
    return this.uint(value.length).fixedOpaque(value);
  }

  string(value: string): this {
    return this.opaque(Buffer.from(value, 'utf8'));
  }

  optional<T>(value: T | null, write: (value: T) => void): this {
    this.int(value === null ? 0 : 1);
    if (value !== null) write(value);
    return this;
  }

  array<T>(values: readonly T[], write: (value: T) => void): this {
    this.uint(values.length);
    values.forEach(write);
    return this;
  }

  typedParameters(parameters: readonly TypedParameter[]): this {
    return this.array(parameters, ({ field, value }) => {
      this.string(field).int(typedCodes[value.type]);
      switch (value.type) {
        case 'int':
          return this.int(Number(value.value));
        case 'uint':
          return this.uint(Number(value.value));
        case 'llong':
          return this.hyper(BigInt(value.value));
        case 'ullong':
          return this.uhyper(BigInt(value.value));
        case 'double':
          return this.double(value.value);
        case 'boolean':
          return this.int(value.value ? 1 : 0);
        case 'string':
          return this.string(value.value);
      }
    });
  }

  finish(): Buffer {
    return Buffer.concat(this.chunks);
  }
}

export class XdrReader {
  private offset = 0;

  constructor(private readonly bytes: Buffer) {}

  get remaining(): number {
    return this.bytes.length - this.offset;
  }

  private take(length: number): Buffer {
    if (length > this.remaining) {
      throw new XdrError(`message ends early: ${length} bytes wanted, ${this.remaining} left`);
    }
    const slice = this.bytes.subarray(this.offset, this.offset + length);
    this.offset += length;
    return slice;
  }

  /** All that is left of the message. */
  rest(): Buffer {
    return this.take(this.remaining);
  }

  int(): number {
    return this.take(4).readInt32BE();
  }

  uint(): number {
    return this.take(4).readUInt32BE();
  }

  hyper(): number | bigint {
    return narrow(this.take(8).readBigInt64BE());
  }

  uhyper(): number | bigint {
    return narrow(this.take(8).readBigUInt64BE());
  }

  double(): number {
    return this.take(8).readDoubleBE();
  }

  fixedOpaque(length: number): Buffer {
    const value = this.take(length);
    this.take(paddingLength(length));
    return value;
  }

  opaque(): Buffer {
    return this.fixedOpaque(this.uint());
  }

  string(): string {
    return this.opaque().toString('utf8');
  }

  optional<T>(read: () => T): T | null {
    return this.int() === 0 ? null : read();
  }

  /**
   * Every element takes at least four bytes, so a lying count is found before anything is
   * allocated.
   */
  array<T>(read: () => T): T[] {
    const count = this.uint();
    if (count * 4 > this.remaining) throw new XdrError(`array of ${count} cannot fit`);
    return Array.from({ length: count }, read);
  }

  typedParameters(): TypedParameter[] {
    return this.array(() => ({ field: this.string(), value: this.typedValue() }));
  }

  private typedValue(): TypedValue {
    const code = this.int();
    switch (code) {
      case typedCodes.int:
        return { type: 'int', value: this.int() };
      case typedCodes.uint:
        return { type: 'uint', value: this.uint() };
      case typedCodes.llong:
        return { type: 'llong', value: this.hyper() };
      case typedCodes.ullong:
        return { type: 'ullong', value: this.uhyper() };
      case typedCodes.double:
        return { type: 'double', value: this.double() };
      case typedCodes.boolean:
        return { type: 'boolean', value: this.int() !== 0 };
      case typedCodes.string:
        return { type: 'string', value: this.string() };
      default:
        throw new XdrError(`unknown typed parameter type ${code}`);
    }
  }
}

function narrow(value: bigint): number | bigint {
  const short = Number(value);
  return Number.isSafeInteger(short) ? short : value;
}

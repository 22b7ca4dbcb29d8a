import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { XdrError, XdrReader, XdrWriter, type TypedParameter, type TypedValue } from './xdr.js';

describe('XDR', () => {
  test('pads strings to four bytes and counts their bytes, not their characters', () => {
    expect(new XdrWriter().string('höst').finish().toString('hex')).toBe(
      '0000000568c3b67374000000',
    );
    expect(new XdrWriter().string('').finish().toString('hex')).toBe('00000000');
  });

  test('reads back whatever was written', () => {
    const value: fc.Arbitrary<TypedValue> = fc.oneof(
      fc.integer().map((number) => ({ type: 'int' as const, value: number })),
      fc.nat().map((number) => ({ type: 'uint' as const, value: number })),
      fc.maxSafeInteger().map((number) => ({ type: 'llong' as const, value: number })),
      fc
        .bigInt(2n ** 53n, 2n ** 64n - 1n)
        .map((number) => ({ type: 'ullong' as const, value: number })),
      fc.double({ noNaN: true }).map((number) => ({ type: 'double' as const, value: number })),
      fc.boolean().map((boolean) => ({ type: 'boolean' as const, value: boolean })),
      fc.string({ unit: 'grapheme' }).map((string) => ({ type: 'string' as const, value: string })),
    );
    const parameters = fc.array(fc.record({ field: fc.string(), value }), { maxLength: 8 });
    fc.assert(
      fc.property(parameters, fc.option(fc.string()), fc.uint8Array(), (written, text, bytes) => {
        const encoded = new XdrWriter()
          .typedParameters(written as TypedParameter[])
          .optional(text, () => undefined)
          .opaque(Buffer.from(bytes))
          .finish();
        const reader = new XdrReader(encoded);
        expect(reader.typedParameters()).toEqual(written);
        expect(reader.optional(() => true)).toBe(text === null ? null : true);
        expect(reader.opaque()).toEqual(Buffer.from(bytes));
        expect(reader.remaining).toBe(0);
      }),
    );
  });

  test('refuses lengths and counts that the message cannot hold, before it allocates', () => {
    const lying = new XdrWriter().uint(0xffffffff).finish();
    expect(() => new XdrReader(lying).string()).toThrow(XdrError);
    expect(() => new XdrReader(lying).array(() => 0)).toThrow(XdrError);
    expect(() => new XdrReader(Buffer.alloc(3)).int()).toThrow(XdrError);
    const unknownType = new XdrWriter().uint(1).string('field').int(99).int(0).finish();
    expect(() => new XdrReader(unknownType).typedParameters()).toThrow(
      'unknown typed parameter type 99',
    );
  });
});

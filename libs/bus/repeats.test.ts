import { heartbeat, type Heartbeat } from '@holdfast/contracts';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { checked } from './codec.js';
import { Repeats } from './repeats.js';

const id = '00000000-0000-4000-8000-000000000001';
const beat: Heartbeat = { host: 'h1', uuid: id, bootId: id, epoch: 2, sequence: 1, sentAtMs: 1000, life: 'a' };

function outcome(check: () => unknown): unknown {
  try {
    return check();
  } catch (error) {
    return String(error);
  }
}

describe('messages that repeat themselves', () => {
  it('are taken without their schema when only their counters differ', () => {
    const parse = vi.spyOn(heartbeat.schema, 'safeParse');
    const repeats = new Repeats(heartbeat);
    repeats.checked(beat, 'h1', 'here');
    expect(repeats.checked({ ...beat, sequence: 2, sentAtMs: 1250 }, 'h1', 'here')).toMatchObject({ sequence: 2 });
    expect(parse).toHaveBeenCalledOnce();
    repeats.checked({ ...beat, epoch: 3 }, 'h1', 'here');
    repeats.checked({ ...beat, epoch: 3 }, 'h2', 'here');
    expect(parse).toHaveBeenCalledTimes(3);
    parse.mockRestore();
  });

  it('are refused with the name of the field that is wrong', () => {
    const repeats = new Repeats(heartbeat);
    repeats.checked(beat, 'h1', 'here');
    expect(() => repeats.checked({ ...beat, sequence: -1 }, 'h1', 'here')).toThrow('sequence');
    expect(() => repeats.checked({ ...beat, sentAtMs: '1' }, 'h1', 'here')).toThrow('sentAtMs');
    expect(() => repeats.checked({ ...beat, sequence: undefined }, 'h1', 'here')).toThrow('sequence');
    expect(() => repeats.checked({ ...beat, bootId: 'b1' }, 'h1', 'here')).toThrow('bootId');
  });

  it('are always what their schema alone would have made of them', () => {
    const odd = fc.oneof(fc.constantFrom(id, 'h1', 'a', null, undefined, [], {}, NaN, 2 ** 53, -0, 1.5), fc.nat());
    const key = fc.constantFrom(...Object.keys(beat), 'more', '__proto__');
    const changes = fc.array(fc.tuple(key, odd), { maxLength: 2 });
    const message = fc.oneof(changes.map((list) => ({ ...beat, ...Object.fromEntries(list) })), odd);
    fc.assert(fc.property(fc.array(message, { maxLength: 6 }), (messages) => {
      const repeats = new Repeats(heartbeat);
      for (const each of messages) {
        const expected = outcome(() => checked(heartbeat.schema, each, 'here'));
        expect(outcome(() => repeats.checked(each, 'h1', 'here'))).toEqual(expected);
      }
    }), { numRuns: 500 });
  });
});

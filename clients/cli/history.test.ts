import { describe, expect, it } from 'vitest';
import { parseMoment } from './arguments.js';

describe('a moment of the command line', () => {
  it('is so long ago, a day or a moment', () => {
    const ago = Date.now() - Date.parse(parseMoment('2h'));
    expect(Math.round(ago / 60_000)).toBe(120);
    expect(parseMoment('2026-01-31')).toBe('2026-01-31T00:00:00.000Z');
    expect(parseMoment('2026-01-31T12:00:00+01:00')).toBe('2026-01-31T11:00:00.000Z');
  });

  it.each(['', 'yesterday', '3', '2 h', '2026-13-01', '31.1.2026'])('is not %j', (text) => {
    expect(() => parseMoment(text)).toThrow('90m, 2h or 3d');
  });
});

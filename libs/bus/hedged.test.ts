import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { hedged } from './hedged.js';

const limits = { everyMs: 400, most: 3 };
const never = new Promise<string>(() => undefined);

beforeEach(() => void vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

describe('a read that may meet a server that is gone', () => {
  it('is made once when it is answered in time', async () => {
    const ask = vi.fn(() => Promise.resolve('here'));
    expect(await hedged(ask, limits)).toBe('here');
    await vi.advanceTimersByTimeAsync(2000);
    expect(ask).toHaveBeenCalledTimes(1);
  });

  it('is answered by the one that was asked next', async () => {
    const ask = vi.fn().mockReturnValueOnce(never).mockResolvedValueOnce('from another');
    const answer = hedged(ask, limits);
    await vi.advanceTimersByTimeAsync(400);
    expect(await answer).toBe('from another');
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is made so often and no more, and takes an answer that is late', async () => {
    let answerFirst = (_text: string): void => undefined;
    const first = new Promise<string>((resolve) => (answerFirst = resolve));
    const ask = vi.fn().mockReturnValueOnce(first).mockReturnValue(never);
    const answer = hedged(ask, limits);
    await vi.advanceTimersByTimeAsync(5000);
    expect(ask).toHaveBeenCalledTimes(3);
    answerFirst('late');
    expect(await answer).toBe('late');
  });

  it('fails with the first error', async () => {
    const ask = vi.fn().mockReturnValueOnce(never).mockRejectedValueOnce(new Error('closed'));
    const answer = hedged(ask, limits);
    const failed = expect(answer).rejects.toThrow('closed');
    await vi.advanceTimersByTimeAsync(400);
    await failed;
  });
});

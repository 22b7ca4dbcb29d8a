import { describe, expect, it, vi } from 'vitest';
import { Follower, quietPolls, type Stored, type StreamReader } from './follow.js';

const stored = (sequence: number): Stored => ({ sequence, subject: 's', text: '', removed: false });
const until = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 20_000, interval: 5 });

/** A stream of which a reader sees only the part that its replica has. */
class FakeStream implements StreamReader {
  last = 0;
  replicated = 0;
  createdAt = 'first';
  failures = 0;
  reads = 0;
  batch = 2;

  store(count: number): void {
    this.last += count;
    this.replicated = this.last;
  }

  readAfter(sequence: number): Promise<{ messages: Stored[]; complete: boolean }> {
    this.reads += 1;
    if (this.failures > 0) {
      this.failures -= 1;
      return Promise.reject(new Error('no leader'));
    }
    const all = Array.from({ length: this.replicated }, (_, i) => stored(i + 1));
    const rest = all.filter((one) => one.sequence > sequence);
    return Promise.resolve({
      messages: rest.slice(0, this.batch),
      complete: rest.length <= this.batch,
    });
  }

  locate(): Promise<{ createdAt: string; lastSequence: number }> {
    return Promise.resolve({ createdAt: this.createdAt, lastSequence: this.last });
  }
}

function start(stream: FakeStream, pollMs = 60_000, isQuiet = () => false) {
  const seen: number[] = [];
  const problems: string[] = [];
  const ready = vi.fn();
  const follower = new Follower(stream, {
    where: 'test',
    after: 0,
    newestOnly: false,
    pollMs,
    isQuiet,
    onMessage: ({ sequence }) => seen.push(sequence),
    onCaughtUp: ready,
    report: ({ error }) => problems.push(String(error)),
  });
  return { follower, seen, ready, problems };
}

describe('a follower', () => {
  it('reads what is there in batches, is ready once, then takes what it hears', async () => {
    const stream = new FakeStream();
    stream.store(5);
    const { follower, seen, ready } = start(stream);
    await until(() => expect(ready).toHaveBeenCalledOnce());
    expect(seen).toEqual([1, 2, 3, 4, 5]);
    const { reads } = stream;
    stream.store(1);
    follower.heard(stored(6));
    follower.heard(stored(6));
    expect(seen).toEqual([1, 2, 3, 4, 5, 6]);
    expect(stream.reads).toBe(reads);
    follower.close();
  });

  it('reads the messages it did not hear before one that it heard', async () => {
    const stream = new FakeStream();
    const { follower, seen, ready } = start(stream);
    await until(() => expect(ready).toHaveBeenCalled());
    stream.store(3);
    follower.heard(stored(3));
    await until(() => expect(seen).toEqual([1, 2, 3]));
    follower.close();
  });

  it('asks a replica that lags again until it has what the leader has', async () => {
    const stream = new FakeStream();
    stream.store(2);
    stream.last = 4;
    const { follower, seen, ready } = start(stream);
    await until(() => expect(seen).toEqual([1, 2]));
    expect(ready).not.toHaveBeenCalled();
    stream.replicated = 4;
    await until(() => expect(ready).toHaveBeenCalled());
    expect(seen).toEqual([1, 2, 3, 4]);
    follower.close();
  });

  it('finds by its poll what was never repeated', async () => {
    const stream = new FakeStream();
    const { follower, seen, ready } = start(stream, 20);
    await until(() => expect(ready).toHaveBeenCalled());
    stream.store(2);
    await until(() => expect(seen).toEqual([1, 2]));
    follower.close();
  });

  it('keeps trying when reading fails, and reports it once', async () => {
    const stream = new FakeStream();
    stream.store(1);
    stream.failures = 2;
    const { follower, seen, problems } = start(stream);
    await until(() => expect(seen).toEqual([1]));
    expect(problems).toEqual(['Error: no leader']);
    follower.close();
  });

  it('starts anew, and says so, when the stream was made anew', async () => {
    const stream = new FakeStream();
    stream.store(3);
    const { follower, seen, ready, problems } = start(stream);
    await until(() => expect(ready).toHaveBeenCalled());
    Object.assign(stream, { createdAt: 'second', last: 1, replicated: 1 });
    follower.resume();
    await until(() => expect(seen).toEqual([1, 2, 3, 1]));
    expect(problems.join()).toContain('made anew');
    follower.close();
  });

  it('looks less often while nothing happens, and as often as ever when something does', async () => {
    vi.useFakeTimers();
    try {
      let quiet = true;
      const stream = new FakeStream();
      const { follower } = start(stream, 1000, () => quiet);
      await vi.advanceTimersByTimeAsync(0);
      const reads = stream.reads;
      await vi.advanceTimersByTimeAsync(1000 * 2 * quietPolls);
      expect(stream.reads - reads).toBe(2);
      quiet = false;
      await vi.advanceTimersByTimeAsync(1000);
      expect(stream.reads - reads).toBe(3);
      await vi.advanceTimersByTimeAsync(4000);
      expect(stream.reads - reads).toBe(7);
      follower.close();
    } finally {
      vi.useRealTimers();
    }
  });
});

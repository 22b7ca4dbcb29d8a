import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { afterTry, due, maxRetryMs, retryForMs, type Delivery } from './core.js';

function delivery(number: number, more: Partial<Delivery> = {}): Delivery {
  return { id: `d${number}`, webhook: 'w', subject: 'vm.web1', number, attempts: 0, firstAtMs: null, nextAtMs: 0,
    ...more };
}

describe('what is due', () => {
  it('is the oldest of each subject, and nothing behind one that waits or is under way', () => {
    const pending = [delivery(3), delivery(1, { nextAtMs: 100 }), delivery(2, { subject: 'vm.web2' })];
    expect(due(pending, [], 50).map(({ number }) => number)).toEqual([2]);
    expect(due(pending, [], 100).map(({ number }) => number)).toEqual([1, 2]);
    expect(due(pending, [delivery(1)], 100).map(({ number }) => number)).toEqual([2]);
  });

  it('is never two of one subject, nor more than one webhook may have under way', () => {
    const each = fc.record({ subject: fc.nat(20), webhook: fc.nat(3), nextAtMs: fc.nat(10) });
    const any = fc.array(each, { maxLength: 200 });
    fc.assert(fc.property(any, (all) => {
      const pending = all.map(({ subject, webhook, nextAtMs }, at) =>
        delivery(at, { subject: `vm.v${subject}`, webhook: `w${webhook}`, nextAtMs }));
      const chosen = due(pending, [], 5);
      for (const one of chosen) {
        const lane = pending.filter(({ webhook, subject }) => webhook === one.webhook && subject === one.subject);
        expect(one.number).toBe(Math.min(...lane.map(({ number }) => number)));
        expect(chosen.filter(({ webhook }) => webhook === one.webhook).length).toBeLessThanOrEqual(8);
      }
      expect(new Set(chosen.map(({ id }) => id)).size).toBe(chosen.length);
    }));
  });
});

describe('after a try', () => {
  it('that failed, the waits grow from one second to an hour, until 24 hours are over', () => {
    fc.assert(fc.property(fc.double({ min: 0, max: 0.999, noNaN: true }), (random) => {
      let nowMs = 1000;
      const waits: number[] = [];
      for (let attempts = 0; ; attempts += 1) {
        const next = afterTry(delivery(1, { attempts, firstAtMs: 1000 }), false, nowMs, () => random);
        if (next.state !== 'pending') {
          expect(next.state).toBe('dead');
          break;
        }
        waits.push(next.nextAtMs - nowMs);
        nowMs = next.nextAtMs;
      }
      expect(nowMs).toBe(1000 + retryForMs);
      expect(waits[0]).toBeLessThanOrEqual(1000);
      expect(Math.max(...waits)).toBeLessThanOrEqual(maxRetryMs);
      expect(waits.length).toBeLessThan(70);
    }));
  });

  it('that was taken, it is done, however late', () => {
    expect(afterTry(delivery(1, { firstAtMs: 0 }), true, 2 * retryForMs, () => 0)).toEqual({ state: 'done' });
  });
});

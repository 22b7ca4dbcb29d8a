import { describe, expect, it } from 'vitest';
import { lossRules } from './stress.js';
import { countOf, type HostEvent } from './suspicion.js';

const event = (host: string, name: string, atMs: number): HostEvent => ({ host, event: name, text: '', atMs });

describe('what was told of hosts that nothing had been done to', () => {
  it('counts suspicions, holds and fences, a fence once', () => {
    const events = [
      ...[event('h1', 'suspect', 10), event('h1', 'held', 20), event('h1', 'online', 30)],
      ...[event('h2', 'suspect', 40), event('h2', 'fencing', 50), event('h2', 'fenced', 60)],
    ];
    expect(countOf(events)).toEqual({ suspected: 2, held: 1, fences: [event('h2', 'fencing', 50)] });
  });

  it('counts one that was proven at once', () => {
    const events = [event('h2', 'fencing', 50), event('h2', 'fenced', 60), event('h1', 'fenced', 70)];
    expect(countOf(events).fences).toEqual([event('h2', 'fencing', 50), event('h1', 'fenced', 70)]);
  });
});

it('packets are lost at random, both those received and those sent, on management alone', () => {
  const rules = lossRules('10.1.0.11');
  expect(rules).toContain('ip daddr 10.1.0.11 numgen random mod 100 < 10 counter drop');
  expect(rules).toContain('ip saddr 10.1.0.11 numgen random mod 100 < 10 counter drop');
});

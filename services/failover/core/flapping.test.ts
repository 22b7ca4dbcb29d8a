import type { HostRecord } from '@holdfast/contracts';
import { describe, expect, test } from 'vitest';
import { admitClear, defaultTiming } from './index.js';
import { returnOf, withoutHoldOff, withReturn } from './flapping.js';
import { envAt, hostRecord, observed, startMs, Watched } from './testing/hosts.js';

const minuteMs = 60_000;

/** The record after returns from fences at these minutes. */
function back(minutes: number[], from: 'fence' | 'suspicion' = 'fence', host = hostRecord()): HostRecord {
  return minutes.reduce((record, minute) => withReturn(record, from, startMs + minute * minuteMs, defaultTiming), host);
}

const heldFor = (host: HostRecord, minute: number): number | null =>
  host.flapping?.heldOffUntilMs == null ? null : (host.flapping.heldOffUntilMs - startMs) / minuteMs - minute;

describe('a host that fails again and again', () => {
  test('is held off from the third fence within an hour on, each time for longer', () => {
    expect(heldFor(back([0, 10]), 10)).toBeNull();
    expect(heldFor(back([0, 10, 20]), 20)).toBe(1);
    expect(heldFor(back([0, 10, 20, 30]), 30)).toBe(5);
    expect(heldFor(back([0, 10, 20, 30, 40]), 40)).toBe(15);
    expect(heldFor(back([0, 10, 20, 30, 40, 50]), 50)).toBe(60);
    expect(heldFor(back([0, 10, 20, 30, 40, 50, 55]), 55)).toBe(60);
  });

  test('fences that are far apart do not count together, and a quiet hour begins anew', () => {
    expect(heldFor(back([0, 40, 80]), 80)).toBeNull();
    expect(heldFor(back([0, 10, 20, 30, 95, 96, 97]), 97)).toBe(1);
  });

  test('is told with the time until when, and let in when that is over', () => {
    const host = back([0, 10, 20]);
    const told = host.transitions.at(-1);
    expect(told).toMatchObject({ event: 'host.held-off', data: { untilMs: startMs + 21 * minuteMs, fences: 3 } });
    expect(told?.text).toBe(
      '3 fences and 0 suspicions in 60 min: held off for 1 min; takes VMs only if no other host can',
    );
    expect(withoutHoldOff(host, startMs + 21 * minuteMs - 1, defaultTiming)).toBe(host);
    const after = withoutHoldOff(host, startMs + 21 * minuteMs, defaultTiming);
    expect(after.flapping?.heldOffUntilMs).toBeNull();
    expect(after.transitions.at(-1)?.event).toBe('host.let-in');
  });

  test('suspicions count for less', () => {
    const every = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
    expect(heldFor(back(every(9), 'suspicion'), 8)).toBeNull();
    expect(heldFor(back(every(10), 'suspicion'), 9)).toBe(1);
  });

  test('what is kept of it is bounded', () => {
    const every = Array.from({ length: 100 }, (_, index) => index / 10);
    expect(back(every, 'suspicion').flapping?.returns).toHaveLength(16);
  });

  test('a clock that was set back does not hold it off for ever', () => {
    const host = back([0, 10, 20]);
    expect(withoutHoldOff(host, startMs - 100 * minuteMs, defaultTiming).flapping?.heldOffUntilMs).toBeNull();
  });

  test('a person clears it', () => {
    const asked = { host: 'h1', by: 'ann' };
    const { change, reply } = admitClear(back([0, 10, 20]), asked, envAt(startMs));
    expect(reply.ok).toBe(true);
    expect(change?.flapping).toBeNull();
    expect(admitClear(hostRecord(), asked, envAt(startMs)).change).toBeNull();
  });
});

describe('what counts as a failure of its own', () => {
  test('a return from a fence, as it joins, and from a suspicion that ends', () => {
    const watched = new Watched();
    watched.after(1000);
    expect(returnOf(watched.host)).toBe('suspicion');
    watched.hear();
    expect(watched.host.flapping?.returns).toMatchObject([{ from: 'suspicion' }]);
    const boot = '00000000-0000-4000-8000-0000000000c1';
    watched.storageNodes = [];
    watched.hear(boot);
    watched.hear(boot);
    watched.observed = observed({ bootId: boot, epoch: watched.host.epoch });
    watched.hear(boot);
    expect(watched.host.health).toBe('online');
    expect(watched.host.flapping?.returns).toMatchObject([{ from: 'suspicion' }, { from: 'fence' }]);
  });

  test('neither what people work on, nor what they ordered, nor what was ours', () => {
    const watched = new Watched();
    watched.after(1000);
    const { host } = watched;
    expect(returnOf({ ...host, admin: 'maintenance' })).toBeNull();
    expect(returnOf({ ...host, health: 'held' })).toBeNull();
    const { incident } = host;
    expect(returnOf({ ...host, incident: incident && { ...incident, verdict: 'bus-path' } })).toBeNull();
    const ordered = incident && { ...incident, verdict: 'by-person', state: 'fenced' as const };
    expect(returnOf({ ...host, health: 'joining', incident: ordered })).toBeNull();
  });
});

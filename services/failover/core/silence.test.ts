import { accepted } from '@holdfast/contracts';
import { describe, expect, test } from 'vitest';
import { countSilence, defaultTiming, noSilence, type Silence } from './index.js';
import { heartbeat, hostRecord, startMs, Watched } from './testing/hosts.js';

const listener = { nowMs: startMs, listeningSinceMs: 0, timing: defaultTiming };

/** Hosts by their labels; the first `silentCount` of them are silent. */
function counted(labels: Record<string, string>[], silentCount: number, before: Silence = noSilence): Silence {
  const hosts = labels.map((each, index) => hostRecord({ host: `h${index}`, labels: each }));
  const silent = new Set(hosts.slice(0, silentCount).map(({ host }) => host));
  const justNow = { heartbeat: heartbeat(), atMs: startMs, rhythm: null };
  return countSilence(hosts, (host) => (silent.has(host) ? null : justNow), before, listener);
}

const racks = (...sizes: number[]): Record<string, string>[] =>
  sizes.flatMap((size, rack) => Array.from({ length: size }, () => ({ rack: `r${rack + 1}`, site: 'x' })));

describe('hosts that are silent together', () => {
  test('share a label that others do not bear', () => {
    expect(counted(racks(2, 18), 2)).toMatchObject({ sharedLabel: 'rack=r1', manySilentAtMs: startMs });
    expect(counted(racks(3, 17), 2)).toMatchObject({ sharedLabel: 'rack=r1' });
  });

  test('do not when they are in different racks, or when one is alone', () => {
    const apart = { sharedLabel: null, manySilentAtMs: noSilence.manySilentAtMs };
    expect(counted(racks(1, 19), 2)).toMatchObject(apart);
    expect(counted(racks(2, 18), 1)).toMatchObject(apart);
  });

  test('are told by the label that fewest others bear', () => {
    const labels = racks(2, 18).map((each, index) => ({ ...each, room: index < 10 ? 'a' : 'b' }));
    expect(counted(labels, 2).sharedLabel).toBe('rack=r1');
  });

  test('are remembered while the others come back one after another', () => {
    const before = counted(racks(2, 18), 2);
    expect(counted(racks(2, 18), 1, before)).toMatchObject({ sharedLabel: 'rack=r1', silentCount: 1 });
  });
});

/** Two of twenty hosts, both in one rack, have been silent; what storage says of this one. */
function rackLost(storage: { heardAgoMs: number | null; hearsForMs: number }): Watched {
  const watched = new Watched();
  Object.assign(watched, { hostCount: 20, silentCount: 2 });
  watched.labels = { silent: { rack: 'r2' }, others: { rack: 'r1' } };
  watched.after(1000);
  watched.answer('view/', accepted({ ...storage, sessions: 0 }));
  watched.answer('probe/', accepted({ kind: 'silent' }));
  return watched;
}

describe('the brake for a rack', () => {
  test('holds while storage hears the hosts, and says which label they share', () => {
    const { host } = rackLost({ heardAgoMs: 100, hearsForMs: 60_000 });
    expect(host).toMatchObject({ health: 'held', incident: { verdict: 'rack=r2' } });
    expect(host.reason).toContain('2 of 20 hosts are silent at once and all are in rack=r2');
  });

  test('holds while storage is no witness', () => {
    expect(rackLost({ heardAgoMs: null, hearsForMs: 0 }).host.health).toBe('held');
  });

  test('lets go of a rack that storage does not hear either', () => {
    const { host } = rackLost({ heardAgoMs: 60_000, hearsForMs: 60_000 });
    expect(host).toMatchObject({ health: 'fencing', incident: { verdict: 'dead' } });
  });
});

import { describe, expect, test } from 'vitest';
import {
  adriftAfterMs,
  isInTrouble,
  looked,
  lookEveryMs,
  lossOf,
  lostAfterMs,
  lostPoolsOf,
  nothingLooked,
  type DiskLook,
  type StorageMemory,
} from './storage-watch.js';

const openDisk: DiskLook = 'open';

/** Looks once a second, and tells what came of it. */
class Watch {
  memory: StorageMemory = nothingLooked;
  nowMs = 1_000_000;

  look(disk: DiskLook | null, { isHalted = false, generation = 1 } = {}): { resume: string[]; reason: string | null } {
    this.nowMs += lookEveryMs;
    const disks = disk === null ? null : { disk, other: openDisk };
    const pools = { san: disk !== 'path' };
    const { memory, resume } = looked(
      this.memory,
      { pools, copies: { web1: { generation, isHalted, disks } } },
      this.nowMs,
    );
    this.memory = memory;
    return { resume, reason: lossOf(memory, 'web1', generation)?.reason ?? null };
  }

  looks(times: number, ...args: Parameters<Watch['look']>): ReturnType<Watch['look']>[] {
    return Array.from({ length: times }, () => this.look(...args));
  }
}

const looksUntilLost = lostAfterMs / lookEveryMs + 1;

describe('a path that is silent', () => {
  test('counts as lost only after a while, from its first silence on', () => {
    const watch = new Watch();
    watch.look('open');
    const reasons = watch.looks(looksUntilLost, 'path').map(({ reason }) => reason);
    expect(reasons).toEqual([null, null, 'path']);
    const sinceMs = watch.nowMs - lostAfterMs;
    expect(lossOf(watch.memory, 'web1', 1)).toEqual({ reason: 'path', volumes: ['disk'], sinceMs });
    expect(lostPoolsOf(watch.memory)).toEqual({ san: sinceMs });
  });

  test('is back at once', () => {
    const watch = new Watch();
    watch.looks(looksUntilLost, 'path');
    expect(watch.look('open').reason).toBeNull();
    expect(lostPoolsOf(watch.memory)).toBeNull();
  });

  test('is asked for with every look from the first silence on', () => {
    const watch = new Watch();
    watch.look('open');
    expect(isInTrouble(watch.memory, 'web1', 1)).toBe(false);
    watch.look('path');
    expect(isInTrouble(watch.memory, 'web1', 1)).toBe(true);
    expect(isInTrouble(watch.memory, 'web1', 2)).toBe(false);
  });

  test('one silence alone is nothing', () => {
    const watch = new Watch();
    for (const look of ['path', 'open', 'path', 'open', 'path'] as const) expect(watch.look(look).reason).toBeNull();
  });
});

test('a target that is gone is another loss than a silent path, from then on', () => {
  const watch = new Watch();
  watch.looks(looksUntilLost, 'path');
  expect(watch.look('target').reason).toBe('target');
  expect(lossOf(watch.memory, 'web1', 1)?.sinceMs).toBe(watch.nowMs);
});

test('what is known of one generation says nothing of the next', () => {
  const watch = new Watch();
  watch.looks(looksUntilLost, 'target');
  expect(watch.look('target', { generation: 2 }).reason).toBeNull();
});

describe('a copy that is paused for a disk error', () => {
  test('is lost at once, and goes on when all its disks let it log in', () => {
    const watch = new Watch();
    expect(watch.look(null, { isHalted: true })).toEqual({ reason: 'error', resume: [] });
    expect(watch.look('open', { isHalted: true })).toEqual({ reason: 'error', resume: ['web1'] });
  });

  test.each(['path', 'target'] as const)('does not go on while a disk of it is lost (%s)', (look) => {
    const watch = new Watch();
    for (const { resume } of watch.looks(100, look, { isHalted: true })) expect(resume).toEqual([]);
  });

  test('goes on ever more rarely when the error comes again', () => {
    const watch = new Watch();
    const resumed = watch.looks(100, 'open', { isHalted: true }).map(({ resume }) => resume.length);
    const at = resumed.flatMap((count, second) => (count > 0 ? [second] : []));
    expect(at).toEqual([0, 1, 3, 7, 15, 31, 61, 91]);
  });

  test('is well once it has run for a while without another', () => {
    const watch = new Watch();
    watch.look('open', { isHalted: true });
    const reasons = watch.looks(6, 'open').map(({ reason }) => reason);
    expect(reasons).toEqual(['error', 'error', 'error', 'error', null, null]);
  });
});

describe('a copy whose hypervisor has no connection where it would be let in', () => {
  const looksUntilAdrift = adriftAfterMs / lookEveryMs;

  test('may still be about to connect, and has given up after a while', () => {
    const watch = new Watch();
    expect(watch.looks(looksUntilAdrift, 'adrift').every(({ reason }) => reason === null)).toBe(true);
    expect(isInTrouble(watch.memory, 'web1', 1)).toBe(false);
    const reasons = watch.looks(looksUntilLost, 'adrift').map(({ reason }) => reason);
    expect(reasons).toEqual([null, null, 'session']);
    expect(lossOf(watch.memory, 'web1', 1)?.volumes).toEqual(['disk']);
    expect(watch.look('open').reason).toBeNull();
  });

  test('is not looked at each time, and that is no connection either', () => {
    const watch = new Watch();
    for (let looks = 0; looks <= looksUntilAdrift; looks += 5) {
      watch.look('adrift');
      watch.looks(4, null);
    }
    expect(watch.looks(looksUntilLost, 'adrift').at(-1)?.reason).toBe('session');
  });

  test.each(['open', 'path', 'target'] as const)('has as long again once it was otherwise (%s)', (look) => {
    const watch = new Watch();
    watch.looks(looksUntilAdrift, 'adrift');
    watch.looks(looksUntilLost, look);
    expect(watch.looks(looksUntilAdrift, 'adrift').every(({ reason }) => reason === null)).toBe(true);
  });

  test('goes on after a disk error like any other', () => {
    expect(new Watch().look('adrift', { isHalted: true }).resume).toEqual(['web1']);
  });
});

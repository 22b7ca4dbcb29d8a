import { describe, expect, it } from 'vitest';
import type { SeenRecord } from '../journal-watch.js';
import { badWrites, endsOfWriting, recoveriesMs, unprovoked, type VmEvent } from './judge.js';

/** A record of a guest that was looked for every 20 ms. */
const record = (bootId: string, n: number, seenAtMs: number): SeenRecord => ({
  bootId, n, seenAtMs, notBeforeMs: seenAtMs - 20, uptimeMs: 0, sector: 2047 + n,
});
const event = (name: string, atMs: number): VmEvent => ({
  specversion: '1.0', id: `${name}-${atMs}`, source: 'scheduler', type: `io.holdfast.vm.${name}.v1`, subject: 'a',
  time: '', datacontenttype: 'application/json', data: { text: '', atMs, operation: null, incident: null },
});
const moved = [record('old', 1, 1000), record('old', 2, 2000), record('new', 3, 9000), record('new', 4, 10_000)];

describe('the judge of a journal', () => {
  it('has nothing against one that a new boot goes on with', () => {
    expect(badWrites('a', moved, [3000])).toEqual([]);
  });

  it('has nothing against a record that may have been there before the proof', () => {
    expect(badWrites('a', moved, [1990])).toEqual([]);
  });

  it('finds a record of the old boot that came after the proof', () => {
    const records = [record('old', 1, 1000), record('old', 2, 2000), record('old', 3, 3500), record('new', 4, 9000)];
    expect(badWrites('a', records, [3000])).toEqual(['a: record 3, seen at 3500, is a stale write']);
  });

  it('finds an old boot that writes after a newer one, whatever was proven', () => {
    const records = [...moved, record('old', 5, 11_000)];
    expect(badWrites('a', records, [])).toEqual(['a: record 5, seen at 11000, is a stale write']);
  });

  it('finds a record that two have written', () => {
    const records = [...moved, record('new', 4, 10_500)];
    expect(badWrites('a', records, [3000])).toEqual(['a: its journal is not whole']);
  });

  it('finds a record that is missing', () => {
    expect(badWrites('a', [record('old', 1, 1000), record('old', 3, 2000)], [])).toEqual([
      'a: its journal is not whole',
    ]);
  });
});

describe('a fence', () => {
  const fence = { host: 'h1', fencingAtMs: 100_000 };

  it('of a host that was struck is none to complain of', () => {
    expect(unprovoked([fence], [{ host: 'h1', fromMs: 99_000, toMs: 99_100 }])).toEqual([]);
    expect(unprovoked([fence], [{ host: 'h1', fromMs: 20_000, toMs: 45_000 }])).toEqual([]);
  });

  it('of a host that nobody had touched is told', () => {
    const elsewhere = [{ host: 'h2', fromMs: 99_000, toMs: 99_100 }, { host: 'h1', fromMs: 1000, toMs: 30_000 }];
    expect(unprovoked([fence, { ...fence, fencingAtMs: null }], elsewhere)).toEqual([fence]);
  });
});

describe('the events of a VM tell', () => {
  const events = [
    event('placed', 500), event('started', 900), event('recovering', 3000), event('placed', 3400),
    event('started', 4000), event('migrating', 5000), event('migrated', 6000), event('crashed', 12_000),
    event('started', 12_500),
  ];

  it('from when on older copies must be still', () => {
    expect(endsOfWriting(events)).toEqual([500, 3400, 12_000]);
  });

  it('how long each recovery took, since the last write', () => {
    expect(recoveriesMs(moved, events)).toEqual([2000, 2500]);
  });
});

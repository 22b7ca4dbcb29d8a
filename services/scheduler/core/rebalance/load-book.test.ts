import { describe, expect, test } from 'vitest';
import { LoadBook } from './load-book.js';

describe('loads', () => {
  const hear = (book: LoadBook, atMs: number, used: number, waited = 0): void =>
    book.hear({ host: 'h1', machine: null, vms: { a: { generation: 1, used, waited } } }, atMs);

  test('count what was used and waited for, only after a while, and are smooth', () => {
    const book = new LoadBook();
    hear(book, 0, 0.5, 0.5);
    expect(book.loads(0).vms.has('a')).toBe(false);
    for (let atMs = 10_000; atMs <= 60_000; atMs += 10_000) hear(book, atMs, 0.5, 0.5);
    expect(book.loads(60_000).vms.get('a')?.cpus).toBeCloseTo(1);
    hear(book, 70_000, 0);
    expect(book.loads(70_000).vms.get('a')?.cpus).toBeCloseTo(Math.exp(-1 / 6));
    expect([...book.loads(200_000).hosts.keys()]).toEqual([]);
  });

  test('of a host are what its VMs do not use', () => {
    const book = new LoadBook();
    const machine = { busy: 3, cpuPressure: 0, memoryPressure: 0.1, ioPressure: 0.2 };
    book.hear({ host: 'h1', machine, vms: { a: { generation: 1, used: 2, waited: 1 } } }, 0);
    expect(book.loads(0).hosts.get('h1')).toEqual({ base: 1, memoryPressure: 0.1, ioPressure: 0.2 });
  });

  test('tell what is wanted in an hour, once two days were alike', () => {
    const book = new LoadBook();
    const [noon, until] = [2.5 * 86_400_000, 2.5 * 86_400_000 + 3_600_000];
    // Busy every other six hours.
    for (let atMs = 0; atMs <= until; atMs += 30_000) hear(book, atMs, Math.floor(atMs / 21_600_000) % 2 === 0 ? 1 : 3);
    expect(book.loads(until).vms.get('a')).toMatchObject({ soon: 1 });
    for (let atMs = until + 30_000; atMs <= noon + 19_800_000; atMs += 30_000) hear(book, atMs, 1);
    expect(book.loads(noon + 19_800_000).vms.get('a')).toMatchObject({ soon: 3 });
  });
});

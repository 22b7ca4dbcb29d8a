import { closeSync, mkdtempSync, openSync, rmSync, truncateSync, writeFileSync, writeSync } from
  'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  JOURNAL_FIRST_SECTOR, JournalReader, parseJournalSector, readJournal,
} from './journal.js';

const FIRST = JOURNAL_FIRST_SECTOR;
const BOOT_A = 'aaaaaaaa-0000-4000-8000-000000000001';
const BOOT_B = 'bbbbbbbb-0000-4000-8000-000000000002';
const line = (boot: string, n: number) => `holdfast-journal boot=${boot} n=${n} uptimeMs=${n * 1000}`;
const sectorOf = (text: string) => Buffer.from(`${text.padEnd(511)}\n`);

let directory: string;
let disk: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'holdfast-journal-'));
  disk = join(directory, 'disk.raw');
  writeFileSync(disk, '');
  truncateSync(disk, 4 * 2 ** 20);
});
afterEach(() => { rmSync(directory, { recursive: true }); });

/** Writes records `from` to `to` of one boot, each where its number belongs. */
function write(boot: string, from: number, to: number): void {
  const file = openSync(disk, 'r+');
  for (let n = from; n <= to; n += 1) {
    writeSync(file, sectorOf(line(boot, n)), 0, 512, (FIRST + n - 1) * 512);
  }
  closeSync(file);
}

describe('a sector of the journal', () => {
  test('is a record of boot, counter and time since boot', () => {
    expect(parseJournalSector(sectorOf(line(BOOT_A, 7)), 2054))
      .toEqual({ bootId: BOOT_A, n: 7, uptimeMs: 7000, sector: 2054 });
  });

  test.each([
    ['was never written', Buffer.alloc(512)],
    ['is only half there', Buffer.concat([sectorOf(line(BOOT_A, 1)).subarray(0, 60),
      Buffer.alloc(452)])],
    ['is of somebody else', sectorOf('hello')],
    ['goes on after the record', sectorOf(`${line(BOOT_A, 1)} more`)],
  ])('that %s is no record', (_what, bytes) => {
    expect(parseJournalSector(bytes, FIRST)).toBeUndefined();
  });
});

describe('reading a journal', () => {
  test('of an empty disk gives nothing, also of a disk too small for any', async () => {
    expect(await readJournal(disk)).toEqual([]);
    truncateSync(disk, 512);
    expect(await readJournal(disk)).toEqual([]);
  });

  test('gives all records over several chunks and boots, or those from a sector on', async () => {
    write(BOOT_A, 1, 600);
    write(BOOT_B, 601, 700);
    const records = await readJournal(disk);
    expect(records.map(({ n }) => n)).toEqual(Array.from({ length: 700 }, (_, i) => i + 1));
    expect(records[599]?.bootId).toBe(BOOT_A);
    expect(records[600]?.bootId).toBe(BOOT_B);
    expect(await readJournal(disk, FIRST + 690)).toHaveLength(10);
  });

  test('works up to a disk that is full', async () => {
    truncateSync(disk, (FIRST + 300) * 512);
    write(BOOT_A, 1, 300);
    expect(await readJournal(disk)).toHaveLength(300);
  });

  test('says why a file cannot be read', async () => {
    await expect(readJournal(join(directory, 'none'))).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('polling a journal', () => {
  const poll = async (reader: JournalReader) => (await reader.poll()).map(({ n }) => n);

  test('gives every record once', async () => {
    const reader = new JournalReader(disk);
    expect(await poll(reader)).toEqual([]);
    write(BOOT_A, 1, 2);
    expect(await poll(reader)).toEqual([1, 2]);
    expect(await poll(reader)).toEqual([]);
    write(BOOT_A, 3, 900);
    expect(await poll(reader)).toHaveLength(898);
    write(BOOT_A, 901, 901);
    expect(await poll(reader)).toEqual([901]);
  });

  test('starts at the sector it is told to', async () => {
    write(BOOT_A, 1, 10);
    expect(await poll(new JournalReader(disk, FIRST + 8))).toEqual([9, 10]);
  });

  test('reports a record again that another copy of the guest has overwritten', async () => {
    const reader = new JournalReader(disk);
    write(BOOT_A, 1, 5);
    write(BOOT_B, 6, 7);
    await reader.poll();
    write(BOOT_A, 6, 6);
    expect(await reader.poll()).toMatchObject([{ bootId: BOOT_A, n: 6 }]);
    expect(await reader.poll()).toEqual([]);
  });
});

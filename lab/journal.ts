import { open, type FileHandle } from 'node:fs/promises';

/** One record of the journal that the guest image `tiny` keeps on its disk. */
export interface JournalRecord {
  /** New at every boot of the guest. */
  readonly bootId: string;
  /** Grows by one with every record, over all boots; the first is 1. */
  readonly n: number;
  /** Since that boot. */
  readonly uptimeMs: number;
  /** Where on the disk it lies, in sectors of 512 bytes. */
  readonly sector: number;
}

export const JOURNAL_FIRST_SECTOR = 2048;
const SECTOR_BYTES = 512;
const CHUNK_SECTORS = 256;
const RECORD = /^holdfast-journal boot=([0-9a-f-]{36}) n=(\d+) uptimeMs=(\d+) *\n?$/;

/** Reads one sector, or undefined if it holds no record (never written, or torn). */
export function parseJournalSector(bytes: Buffer, sector: number): JournalRecord | undefined {
  const match = RECORD.exec(bytes.toString('latin1'));
  if (match === null) return undefined;
  const [, bootId = '', n, uptimeMs] = match;
  return { bootId, n: Number(n), uptimeMs: Number(uptimeMs), sector };
}

/**
 * All records from `sinceSector` to the journal's end, straight from the disk's raw backing file.
 * @throws the file system's error if the file cannot be read.
 */
export async function readJournal(
  path: string, sinceSector: number = JOURNAL_FIRST_SECTOR,
): Promise<JournalRecord[]> {
  const file = await open(path, 'r');
  try {
    return await readFrom(file, Math.max(sinceSector, JOURNAL_FIRST_SECTOR));
  } finally {
    await file.close();
  }
}

/**
 * Reads a growing journal bit by bit: made to be polled several times a second.
 *
 * Two copies of one guest would each go on where the journal ended, and overwrite each other's
 * records. So every poll looks again at the last records it knows, and a sector whose record has
 * changed is reported again.
 */
export class JournalReader {
  readonly #path: string;
  readonly #known = new Map<number, string>();
  #nextSector: number;

  constructor(path: string, sinceSector: number = JOURNAL_FIRST_SECTOR) {
    this.#path = path;
    this.#nextSector = Math.max(sinceSector, JOURNAL_FIRST_SECTOR);
  }

  /** Records that are new or changed since the last poll, in the order of their sectors. */
  async poll(): Promise<JournalRecord[]> {
    const [oldest] = this.#known.keys();
    const records = await readJournal(this.#path, oldest ?? this.#nextSector);
    const news = records.filter((record) => this.#known.get(record.sector) !== textOf(record));
    for (const record of news) {
      this.#known.set(record.sector, textOf(record));
      this.#nextSector = Math.max(this.#nextSector, record.sector + 1);
    }
    for (const sector of this.#known.keys()) {
      if (sector < this.#nextSector - CHUNK_SECTORS) this.#known.delete(sector);
    }
    return news;
  }
}

function textOf(record: JournalRecord): string {
  return `${record.bootId} ${record.n} ${record.uptimeMs}`;
}

async function readFrom(file: FileHandle, firstSector: number): Promise<JournalRecord[]> {
  const records: JournalRecord[] = [];
  const chunk = Buffer.alloc(CHUNK_SECTORS * SECTOR_BYTES);
  for (let sector = firstSector; ; sector += CHUNK_SECTORS) {
    const { bytesRead } = await file.read(chunk, 0, chunk.length, sector * SECTOR_BYTES);
    for (let offset = 0; offset + SECTOR_BYTES <= bytesRead; offset += SECTOR_BYTES) {
      const bytes = chunk.subarray(offset, offset + SECTOR_BYTES);
      const record = parseJournalSector(bytes, sector + offset / SECTOR_BYTES);
      if (record === undefined) return records;
      records.push(record);
    }
    if (bytesRead < chunk.length) return records;
  }
}

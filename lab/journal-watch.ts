import { setTimeout as sleep } from 'node:timers/promises';
import { JournalReader, type JournalRecord } from './journal.js';
import { LabError } from './errors.js';

const defaultPollEveryMs = 10;

/** A record, and between which two moments it came to the disk. */
export interface SeenRecord extends JournalRecord {
  /** Start of the last look that did not show it yet. */
  notBeforeMs: number;
  seenAtMs: number;
}

/** Counts on from record to record over all boots, each on the sector after the one before. */
export function isWhole(records: readonly JournalRecord[]): boolean {
  return records.every((record, index) => {
    const before = records[index - 1];
    return !before || (record.n === before.n + 1 && record.sector === before.sector + 1);
  });
}

/**
 * Records of a boot that cannot have been on the disk at that moment, because a look begun after it did not show
 * them; and any that came after a newer boot had written.
 */
export function staleWrites(
  records: readonly SeenRecord[],
  oldBootId: string,
  provenAtMs: number,
): readonly SeenRecord[] {
  const firstNew = records.findIndex(
    ({ bootId, seenAtMs }) => bootId !== oldBootId && seenAtMs >= provenAtMs,
  );
  return records.filter(
    ({ bootId, notBeforeMs }, index) =>
      bootId === oldBootId && (notBeforeMs >= provenAtMs || (firstNew >= 0 && index > firstNew)),
  );
}

/** Follows one guest's journal on the SAN and remembers when each record came. */
export class JournalWatch {
  readonly records: SeenRecord[] = [];
  private readonly reader: JournalReader;
  private lastLookAtMs = Date.now();
  private readonly following: Promise<void>;
  private failure: Error | null = null;
  private closed = false;

  constructor(
    path: string,
    private readonly pollEveryMs = defaultPollEveryMs,
  ) {
    this.reader = new JournalReader(path);
    this.following = this.follow().catch((error: unknown) => {
      this.failure = new LabError('failed', 'the journal cannot be read any more', { cause: error });
    });
  }

  /** Number of the newest record; 0 before the first. */
  count(): number {
    if (this.failure !== null) throw this.failure;
    return this.records.at(-1)?.n ?? 0;
  }

  newest(): SeenRecord {
    if (this.failure !== null) throw this.failure;
    const record = this.records.at(-1);
    if (!record) throw new LabError('failed', 'the journal is still empty');
    return record;
  }

  firstOf(bootId: string): SeenRecord {
    return this.records.find((record) => record.bootId === bootId) ?? this.newest();
  }

  /** Counts on from record to record over all boots, each on the sector after the one before. */
  isWhole(): boolean {
    return isWhole(this.records);
  }

  /** See `staleWrites`, below. */
  staleWrites(oldBootId: string, provenAtMs: number): number {
    return staleWrites(this.records, oldBootId, provenAtMs).length;
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.following;
  }

  private async follow(): Promise<void> {
    while (!this.closed) {
      await this.look();
      await sleep(this.pollEveryMs);
    }
  }

  private async look(): Promise<void> {
    const lookAtMs = Date.now();
    const news = await this.reader.poll();
    const seenAtMs = Date.now();
    for (const record of news) {
      this.records.push({ ...record, notBeforeMs: this.lastLookAtMs, seenAtMs });
    }
    this.lastLookAtMs = lookAtMs;
  }
}

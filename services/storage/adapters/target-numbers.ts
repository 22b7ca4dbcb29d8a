/**
 * The numbers (tid) under which tgtd knows its targets. A login that was frozen half-way holds on
 * to the number of its target, and so does a request that reaches a hanging tgtd late: a number
 * used twice would let both reach another volume (safety rule 1). So they only grow, also over
 * restarts and crashes of this service.
 */
import { readSealed, SealedFileError, SerialQueue, writeSealed } from '@holdfast/runtime';

/**
 * Numbers are reserved in blocks, so that most openings wait for no disk; a crash wastes at most
 * one block.
 */
const BLOCK = 64;
/** tgtd keeps a target's number in a signed 32-bit integer. */
const LARGEST = 0x7fff_ffff;
const BEGIN_MS = Date.UTC(2026, 0, 1);

export class TargetNumbers {
  private next = 0;
  private reserved = 0;
  private readonly queue = new SerialQueue();

  constructor(
    private readonly path: string,
    private readonly nowMs: () => number = Date.now,
  ) {}

  /** A number never returned before and larger than `inUse`. Throws `SealedFileError`. */
  take(inUse: readonly number[]): Promise<number> {
    return this.queue.run('numbers', async () => {
      if (this.reserved === 0) this.next = this.reserved = await this.stored();
      const number = Math.max(this.next, ...inUse.map((tid) => tid + 1));
      if (number > LARGEST)
        throw new SealedFileError(`${this.path}: the numbers of targets are used up`);
      if (number >= this.reserved) {
        await writeSealed(this.path, { reserved: number + BLOCK });
        this.reserved = number + BLOCK;
      }
      this.next = number + 1;
      return number;
    });
  }

  private async stored(): Promise<number> {
    const value = await readSealed(this.path);
    // A lost file must not begin again at numbers that a running tgtd has seen: seconds outrun
    // them.
    if (value === null) return Math.max(1, Math.floor((this.nowMs() - BEGIN_MS) / 1000));
    const reserved = typeof value === 'object' && 'reserved' in value ? value.reserved : null;
    if (typeof reserved !== 'number' || !Number.isSafeInteger(reserved) || reserved < 1) {
      throw new SealedFileError(`${this.path} is damaged: it holds no number`);
    }
    return reserved;
  }
}
